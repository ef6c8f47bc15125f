//! The customer's side: signing in, choosing a new password, self-service.

use super::{Directory, place, stands, wait_for};
use crate::backends::practice::{Change, ChangeTicket, INITIAL_PASSWORD, Redeem, SignIn};
use crate::domain::Rule;

fn ticket(house: &Directory, name: &str, password: &str) -> ChangeTicket {
    match house.practice.sign_in(name, password).unwrap() {
        SignIn::ChangeRequired(ticket) => ticket,
        SignIn::SignedIn => panic!("no change was asked for"),
        SignIn::Refused(words) => panic!("{words}"),
    }
}

/// The rules that the new password broke; none: it holds.
fn choose(house: &Directory, ticket: &ChangeTicket, new: &str) -> Vec<Rule> {
    match house.practice.change_password(ticket, new).unwrap() {
        Change::Done => Vec::new(),
        Change::Broken(rules) => rules,
        Change::Refused(words) => panic!("{words}"),
    }
}

fn token(house: &Directory, email: &str) -> Option<String> {
    let before = house.practice.outbox().unwrap().len();
    house.practice.forgot_password(email).unwrap();
    house.practice.outbox().unwrap()[before..].iter().find_map(|mail| mail.token().map(str::to_owned))
}

fn redeems(house: &Directory, token: &str, new: &str) -> bool {
    matches!(house.practice.redeem(token, new).unwrap(), Redeem::Done)
}

#[test]
fn who_is_unknown_and_who_mistypes_are_told_the_same() {
    let house = place();
    let unknown = house.signs_in("nobody@example.com", INITIAL_PASSWORD);
    assert_eq!(house.signs_in("ada@example.com", "wrong"), unknown);
    assert_eq!(house.signs_in("grace@example.com", INITIAL_PASSWORD), unknown, "no user yet");
    assert_eq!(house.signs_in("hedy@example.com", INITIAL_PASSWORD), unknown, "kept by another system");
    assert_eq!(house.signs_in("ada@example.com", &INITIAL_PASSWORD.to_lowercase()), unknown, "the case matters");
    for name in ["C-1001", "Ada.Lovelace", "ADA@example.com"] {
        assert_eq!(house.signs_in(name, INITIAL_PASSWORD), "in", "{name}");
    }
    assert!(house.signs_in("mary@example.com", INITIAL_PASSWORD).contains("username"));
    assert_eq!(house.signs_in("mary.somerville", INITIAL_PASSWORD), "in");
    assert!(house.signs_in("alan.turing", INITIAL_PASSWORD).contains("disabled"));
}

#[test]
fn every_broken_rule_is_named_and_the_temporary_password_goes_on_working() {
    let house = place();
    let session = house.agent("sam");
    let temporary = house.issue(&session, "C-1001");
    let ticket = ticket(&house, "ada.lovelace", &temporary);
    let all = [Rule::MinLength(12), Rule::Upper(1), Rule::Lower(1), Rule::Digits(1), Rule::Special(1)];
    let mut broken = choose(&house, &ticket, "");
    broken.sort_by_key(|rule| all.iter().position(|one| one == rule));
    assert_eq!(broken, all);
    let both = [Rule::NotContainsUsername, Rule::NotContainsEmail]; // the address begins as the username does
    assert_eq!(choose(&house, &ticket, "Ada.Lovelace-2026"), both);
    assert_eq!(choose(&house, &ticket, "My-ADA@example.com-1"), [Rule::NotContainsEmail]);
    assert_eq!(choose(&house, &ticket, &temporary), [Rule::History(3)]);
    assert_eq!(choose(&house, &ticket, INITIAL_PASSWORD), [Rule::History(3)]);
    assert_eq!(choose(&house, &ticket, &"Aa1-".repeat(1000)).len(), 1, "too long to hash");
    assert_eq!(choose(&house, &ticket, "Chosen-by-me-1"), []);
    assert_eq!(house.number("SELECT count(*) FROM customer_session"), 1, "and is in");
    assert!(stands(&session, "C-1001").changed_by_customer_at.is_some());
    assert_ne!(house.signs_in("ada.lovelace", &temporary), "change", "it works once");
    assert_eq!(house.signs_in("ada.lovelace", "Chosen-by-me-1"), "in");
}

#[test]
fn an_open_page_is_good_for_the_newest_temporary_password_only() {
    let house = place();
    let session = house.agent("sam");
    let refused = |ticket: &ChangeTicket| {
        matches!(house.practice.change_password(ticket, "Chosen-by-me-1").unwrap(), Change::Refused(_))
    };
    let first = ticket(&house, "ada.lovelace", &house.issue(&session, "C-1001"));
    let second = ticket(&house, "ada.lovelace", &house.issue(&session, "C-1001"));
    assert!(refused(&first), "another was issued");
    wait_for(session.backend().withdraw(&house.intent(&session, "C-1001"))).unwrap();
    assert!(refused(&second), "it was withdrawn");
    let third = ticket(&house, "ada.lovelace", &house.issue(&session, "C-1001"));
    house.clock.move_by(25 * 3600);
    assert!(refused(&third), "it ran out");
    let fourth = ticket(&house, "ada.lovelace", &house.issue(&house.agent("sam"), "C-1001"));
    assert_eq!(choose(&house, &fourth, "Chosen-by-me-1"), []);
    assert!(refused(&fourth), "it was used");
}

#[test]
fn a_link_works_once_for_an_hour_and_ends_the_others() {
    let house = place();
    let (first, second) = (token(&house, "ada@example.com").unwrap(), token(&house, "ADA@example.com").unwrap());
    assert!(!redeems(&house, &first, "short"), "the rules hold here too");
    assert!(redeems(&house, &first, "Chosen-by-mail-1"));
    assert!(!redeems(&house, &first, "Chosen-by-mail-2"), "once");
    assert!(!redeems(&house, &second, "Chosen-by-mail-3"), "what was mailed before the change is void");
    assert_eq!(house.signs_in("ada.lovelace", "Chosen-by-mail-1"), "in");
    let late = token(&house, "ada@example.com").unwrap();
    house.clock.move_by(61 * 60);
    assert!(!redeems(&house, &late, "Chosen-by-mail-4"));
    assert!(!redeems(&house, "no such token", "Chosen-by-mail-5"));
    assert_eq!(house.number("SELECT count(*) FROM reset_token WHERE typeof(token_hash) <> 'blob'"), 0);
}

#[test]
fn no_link_is_mailed_to_whom_it_would_not_help_and_none_works_while_one_is_pending() {
    let house = place();
    for email in
        ["nobody@example.com", "grace@example.com", "alan@example.com", "hedy@example.com", "katherine@example.com"]
    {
        assert_eq!(token(&house, email), None, "{email}");
    }
    let session = house.agent("sam");
    let early = token(&house, "ada@example.com").unwrap();
    let temporary = house.issue(&session, "C-1001");
    assert!(!redeems(&house, &early, "Chosen-by-mail-1"), "mailed before");
    assert_eq!(token(&house, "ada@example.com"), None);
    assert!(house.practice.outbox().unwrap().iter().all(|mail| !mail.body.contains(&temporary)));
    assert_eq!(choose(&house, &ticket(&house, "ada.lovelace", &temporary), "Chosen-by-me-1"), []);
    assert!(!redeems(&house, &early, "Chosen-by-mail-1"), "and it does not come back to life");
    assert!(redeems(&house, &token(&house, "ada@example.com").unwrap(), "Chosen-by-mail-2"));
}
