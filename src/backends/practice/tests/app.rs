//! The customer's side: signing in, choosing a new password, self-service.

use super::{Directory, directory, snapshot_of, wait_for};
use crate::backends::practice::{Change, ChangeTicket, INITIAL_PASSWORD, Redeem, SignIn};
use crate::domain::Rule;

fn ticket(directory: &Directory, name: &str, password: &str) -> ChangeTicket {
    match directory.practice.sign_in(name, password).unwrap() {
        SignIn::ChangeRequired(ticket) => ticket,
        SignIn::SignedIn(_) => panic!("no change was asked for"),
        SignIn::Refused(words) => panic!("{words}"),
    }
}

/// The rules that the new password broke; none: it holds.
fn choose(directory: &Directory, ticket: &ChangeTicket, new: &str) -> Vec<Rule> {
    match directory.practice.change_password(ticket, new).unwrap() {
        Change::Done(_) => Vec::new(),
        Change::Broken(rules) => rules,
        Change::Refused(words) => panic!("{words}"),
    }
}

fn token(directory: &Directory, email: &str) -> Option<String> {
    let before = directory.practice.outbox().unwrap().len();
    directory.practice.forgot_password(email).unwrap();
    directory.practice.outbox().unwrap()[before..].iter().find_map(|mail| mail.token().map(str::to_owned))
}

fn redeems(directory: &Directory, token: &str, new: &str) -> bool {
    matches!(directory.practice.redeem(token, new).unwrap(), Redeem::Done)
}

#[test]
fn who_is_unknown_and_who_mistypes_are_told_the_same() {
    let directory = directory();
    let unknown = directory.signs_in("nobody@example.com", INITIAL_PASSWORD);
    assert_eq!(directory.signs_in("ada@example.com", "wrong"), unknown);
    assert_eq!(directory.signs_in("grace@example.com", INITIAL_PASSWORD), unknown, "no user yet");
    assert_eq!(directory.signs_in("hedy@example.com", INITIAL_PASSWORD), unknown, "kept by another system");
    assert_eq!(directory.signs_in("ada@example.com", &INITIAL_PASSWORD.to_lowercase()), unknown, "the case matters");
    for name in ["C-1001", "Ada.Lovelace", "ADA@example.com"] {
        assert_eq!(directory.signs_in(name, INITIAL_PASSWORD), "in", "{name}");
    }
    assert!(directory.signs_in("mary@example.com", INITIAL_PASSWORD).contains("username"));
    assert_eq!(directory.signs_in("mary.somerville", INITIAL_PASSWORD), "in");
    assert!(directory.signs_in("alan.turing", INITIAL_PASSWORD).contains("disabled"));
}

#[test]
fn every_broken_rule_is_named_and_the_temporary_password_goes_on_working() {
    let directory = directory();
    let session = directory.agent("sam");
    let temporary = directory.issue(&session, "C-1001");
    let ticket = ticket(&directory, "ada.lovelace", &temporary);
    let all = [Rule::MinLength(12), Rule::Upper(1), Rule::Lower(1), Rule::Digits(1), Rule::Special(1)];
    let mut broken = choose(&directory, &ticket, "");
    broken.sort_by_key(|rule| all.iter().position(|one| one == rule));
    assert_eq!(broken, all);
    let both = [Rule::NotContainsUsername, Rule::NotContainsEmail]; // the address begins as the username does
    assert_eq!(choose(&directory, &ticket, "Ada.Lovelace-2026"), both);
    assert_eq!(choose(&directory, &ticket, "My-ADA@example.com-1"), [Rule::NotContainsEmail]);
    assert_eq!(choose(&directory, &ticket, &temporary), [Rule::History(3)]);
    assert_eq!(choose(&directory, &ticket, INITIAL_PASSWORD), [Rule::History(3)]);
    assert_eq!(choose(&directory, &ticket, &"Aa1-".repeat(1000)).len(), 1, "too long to hash");
    assert_eq!(choose(&directory, &ticket, "Chosen-by-me-1"), []);
    assert_eq!(directory.number("SELECT count(*) FROM customer_session"), 1, "and is in");
    assert!(snapshot_of(&session, "C-1001").changed_by_customer_at.is_some());
    assert_ne!(directory.signs_in("ada.lovelace", &temporary), "change", "it works once");
    assert_eq!(directory.signs_in("ada.lovelace", "Chosen-by-me-1"), "in");
}

#[test]
fn an_open_page_is_good_for_the_newest_temporary_password_only() {
    let directory = directory();
    let session = directory.agent("sam");
    let refused = |ticket: &ChangeTicket| {
        matches!(directory.practice.change_password(ticket, "Chosen-by-me-1").unwrap(), Change::Refused(_))
    };
    let first = ticket(&directory, "ada.lovelace", &directory.issue(&session, "C-1001"));
    let second = ticket(&directory, "ada.lovelace", &directory.issue(&session, "C-1001"));
    assert!(refused(&first), "another was issued");
    wait_for(session.backend().withdraw(&directory.intent(&session, "C-1001"))).unwrap();
    assert!(refused(&second), "it was withdrawn");
    let third = ticket(&directory, "ada.lovelace", &directory.issue(&session, "C-1001"));
    directory.clock.move_by(25 * 3600);
    assert!(refused(&third), "it ran out");
    let fourth = ticket(&directory, "ada.lovelace", &directory.issue(&directory.agent("sam"), "C-1001"));
    assert_eq!(choose(&directory, &fourth, "Chosen-by-me-1"), []);
    assert!(refused(&fourth), "it was used");
}

#[test]
fn a_link_works_once_for_an_hour_and_ends_the_others() {
    let directory = directory();
    let (first, second) =
        (token(&directory, "ada@example.com").unwrap(), token(&directory, "ADA@example.com").unwrap());
    assert!(!redeems(&directory, &first, "short"), "the rules hold here too");
    assert!(redeems(&directory, &first, "Chosen-by-mail-1"));
    assert!(!redeems(&directory, &first, "Chosen-by-mail-2"), "once");
    assert!(!redeems(&directory, &second, "Chosen-by-mail-3"), "what was mailed before the change is void");
    assert_eq!(directory.signs_in("ada.lovelace", "Chosen-by-mail-1"), "in");
    let late = token(&directory, "ada@example.com").unwrap();
    directory.clock.move_by(61 * 60);
    assert!(!redeems(&directory, &late, "Chosen-by-mail-4"));
    assert!(!redeems(&directory, "no such token", "Chosen-by-mail-5"));
    assert_eq!(directory.number("SELECT count(*) FROM reset_token WHERE typeof(token_hash) <> 'blob'"), 0);
}

#[test]
fn no_link_is_mailed_to_whom_it_would_not_help_and_none_works_while_one_is_pending() {
    let directory = directory();
    for email in
        ["nobody@example.com", "grace@example.com", "alan@example.com", "hedy@example.com", "katherine@example.com"]
    {
        assert_eq!(token(&directory, email), None, "{email}");
    }
    let session = directory.agent("sam");
    let early = token(&directory, "ada@example.com").unwrap();
    let temporary = directory.issue(&session, "C-1001");
    assert!(!redeems(&directory, &early, "Chosen-by-mail-1"), "mailed before");
    assert_eq!(token(&directory, "ada@example.com"), None);
    assert!(directory.practice.outbox().unwrap().iter().all(|mail| !mail.body.contains(&temporary)));
    assert_eq!(choose(&directory, &ticket(&directory, "ada.lovelace", &temporary), "Chosen-by-me-1"), []);
    assert!(!redeems(&directory, &early, "Chosen-by-mail-1"), "and it does not come back to life");
    assert!(redeems(&directory, &token(&directory, "ada@example.com").unwrap(), "Chosen-by-mail-2"));
}
