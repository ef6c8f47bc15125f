//! Customers: the lock-out, the time that runs out, the last passwords, one page open too long.

use super::{Directory, customer, directory, state, wait_for};
use crate::backends::practice::{Change, INITIAL_PASSWORD, Redeem, SignIn};
use crate::domain::{Rule, Status};

fn is_in(directory: &Directory, name: &str, password: &str) -> bool {
    matches!(directory.practice.sign_in(name, password).unwrap(), SignIn::SignedIn(_))
}

fn ticket(directory: &Directory, name: &str, password: &str) -> crate::backends::practice::ChangeTicket {
    match directory.practice.sign_in(name, password).unwrap() {
        SignIn::ChangeRequired(ticket) => ticket,
        _ => panic!("no change is asked for"),
    }
}

#[test]
fn five_failed_attempts_lock_out_for_15_minutes() {
    let directory = directory();
    let session = directory.session();
    for _ in 0..4 {
        assert!(!is_in(&directory, "ada.lovelace", "wrong"));
    }
    assert!(is_in(&directory, "ada.lovelace", INITIAL_PASSWORD), "four are forgiven");
    for _ in 0..5 {
        assert!(!is_in(&directory, "ada.lovelace", "wrong"));
    }
    assert!(!is_in(&directory, "ada.lovelace", INITIAL_PASSWORD));
    assert_eq!(state(&session, "C-1001").status(), Status::Locked);
    let temporary = directory.issue(&session, "C-1001");
    assert!(
        matches!(directory.practice.sign_in("ada.lovelace", &temporary).unwrap(), SignIn::Refused(_)),
        "a set does not lift it"
    );
    directory.clock.move_by(15 * 60 + 1);
    ticket(&directory, "ada.lovelace", &temporary);
}

#[test]
fn a_temporary_password_runs_out_after_its_time_also_with_the_page_open() {
    let directory = directory();
    let session = directory.session();
    let temporary = directory.issue(&session, "C-1001");
    directory.clock.move_by(24 * 3600 - 1);
    let open = ticket(&directory, "ada.lovelace", &temporary);
    directory.clock.move_by(2);
    assert!(matches!(directory.practice.change_password(&open, "My-own-choice-7").unwrap(), Change::Refused(_)));
    assert!(matches!(directory.practice.sign_in("ada.lovelace", &temporary).unwrap(), SignIn::Refused(_)));
    let session = directory.session();
    let now = state(&session, "C-1001");
    assert_eq!((now.expired, now.change_required), (Some(true), true));
}

#[test]
fn a_page_opened_with_an_earlier_temporary_password_is_dead() {
    let directory = directory();
    let session = directory.session();
    let first = directory.issue(&session, "C-1001");
    let open = ticket(&directory, "ada.lovelace", &first);
    let second = directory.issue(&session, "C-1001");
    assert!(matches!(directory.practice.change_password(&open, "My-own-choice-7").unwrap(), Change::Refused(_)));
    ticket(&directory, "ada.lovelace", &second);
}

#[test]
fn none_of_the_last_three_is_taken_again_and_the_fourth_is() {
    let directory = directory();
    let session = directory.session();
    let change = |new: &str| {
        let temporary = directory.issue(&session, "C-1001");
        let open = ticket(&directory, "ada.lovelace", &temporary);
        directory.practice.change_password(&open, new).unwrap()
    };
    assert!(matches!(change("First-choice-1111"), Change::Done(_)));
    let Change::Broken(rules) = change("First-choice-1111") else { panic!("it was just used") };
    assert_eq!(rules, [Rule::History(3)]);
    assert!(matches!(change("Second-choice-222"), Change::Done(_)));
    assert!(matches!(change("Third-choice-3333"), Change::Done(_)));
    assert!(matches!(change("First-choice-1111"), Change::Broken(_)), "temporary ones do not displace it");
    assert!(matches!(change("Fourth-choice-444"), Change::Done(_)));
    assert!(matches!(change("First-choice-1111"), Change::Done(_)));
}

#[test]
fn a_mailed_link_works_for_an_hour() {
    let directory = directory();
    directory.practice.forgot_password("ada@example.com").unwrap();
    let token = directory.practice.outbox().unwrap()[0].token().unwrap().to_owned();
    directory.clock.move_by(3601);
    assert!(matches!(directory.practice.redeem(&token, "My-own-choice-7").unwrap(), Redeem::Refused(_)));
}

#[test]
fn a_clock_that_jumps_back_does_not_confuse_what_is_newest() {
    let directory = directory();
    let session = directory.session();
    let first = directory.issue(&session, "C-1001");
    directory.clock.move_by(-3600);
    let before = wait_for(session.backend().user_snapshot(&customer(&session, "C-1001"))).unwrap().stamp;
    let second = directory.issue(&session, "C-1001");
    let after = wait_for(session.backend().user_snapshot(&customer(&session, "C-1001"))).unwrap().stamp.unwrap();
    assert!(after.is_newer_than(before.as_ref()));
    assert!(matches!(directory.practice.sign_in("ada.lovelace", &first).unwrap(), SignIn::Refused(_)));
    ticket(&directory, "ada.lovelace", &second);
}

#[test]
fn many_temporary_passwords_do_not_bring_an_old_one_back() {
    let directory = directory();
    let session = directory.session();
    let mut temporary = String::new();
    for _ in 0..5 {
        temporary = directory.issue(&session, "C-1001");
    }
    let open = ticket(&directory, "ada.lovelace", &temporary);
    let Change::Broken(rules) = directory.practice.change_password(&open, INITIAL_PASSWORD).unwrap() else {
        panic!("it was the customer's own until now")
    };
    assert_eq!(rules, [Rule::History(3)]);
}
