//! Agents: sessions, throttling, rights.

use std::time::Duration;

use super::{directory, wait_for};
use crate::domain::{Reason, ResetTarget, Right, UserId};

#[test]
fn a_session_lasts_8_hours_and_no_longer() {
    let directory = directory();
    let session = directory.session();
    directory.clock.move_by(8 * 3600 - 60);
    assert!(wait_for(session.backend().keep_alive(Duration::ZERO)).is_ok());
    assert_eq!(
        wait_for(session.backend().keep_alive(Duration::from_mins(2))).err().map(|error| error.reason),
        Some(Reason::SessionOver)
    );
    directory.clock.move_by(61);
    let over = wait_for(session.directory().find("ada", 5)).err().map(|error| error.reason);
    assert_eq!(over, Some(Reason::SessionOver));
}

#[test]
fn wrong_passwords_are_throttled_longer_and_longer_and_a_right_one_forgives() {
    let directory = directory();
    let reason = |password| directory.try_sign_in("sam", password).err().map(|error| error.reason);
    for _ in 0..5 {
        assert_eq!(reason("wrong"), Some(Reason::SignInRefused));
    }
    assert_eq!(reason("practice"), Some(Reason::Throttled), "also the right one has to wait");
    directory.clock.move_by(11);
    assert_eq!(reason("wrong"), Some(Reason::SignInRefused));
    directory.clock.move_by(11);
    assert_eq!(reason("practice"), Some(Reason::Throttled), "the second wait is longer");
    directory.clock.move_by(10);
    assert_eq!(reason("practice"), None);
    assert_eq!(reason("wrong"), Some(Reason::SignInRefused), "counted from the start again");
    assert_eq!(reason("practice"), None);
}

#[test]
fn a_clock_that_was_set_back_does_not_lock_agents_out() {
    let directory = directory();
    for _ in 0..5 {
        assert!(directory.try_sign_in("sam", "wrong").is_err());
    }
    directory.clock.move_by(-365 * 24 * 3600);
    assert!(directory.try_sign_in("sam", "practice").is_ok());
}

#[test]
fn each_role_has_its_rights() {
    let directory = directory();
    let rights = |agent| wait_for(directory.try_sign_in(agent, "practice").unwrap().backend().rights()).unwrap();
    assert!(rights("sam").contains(&Right::IssueTemporaryPasswords) && !rights("sam").contains(&Right::Sweep));
    assert!(rights("kim").contains(&Right::Sweep));
    assert_eq!(rights("lee"), [Right::FindCustomers]);
}

#[test]
fn the_backend_itself_refuses_who_may_not() {
    let directory = directory();
    let session = directory.try_sign_in("lee", "practice").unwrap();
    let target = ResetTarget::User(UserId::new("1"));
    let intent = directory.intent_for(&session, &target, None);
    let withdrawal = directory.intent_for(&session, &target, None);
    let unlocking = directory.intent_for(&session, &target, None);
    let backend = session.backend();
    let missing = Some(Reason::MissingRight);
    assert_eq!(wait_for(backend.end_sessions(&intent)).err().map(|error| error.reason), missing);
    assert_eq!(wait_for(backend.unlock(&intent)).err().map(|error| error.reason), missing);
    assert_eq!(wait_for(backend.unlock_alone(&unlocking)).err().map(|error| error.reason), missing);
    assert_eq!(wait_for(backend.withdraw(&withdrawal)).err().map(|error| error.reason), missing);
    assert_eq!(wait_for(backend.pending()).err().map(|error| error.reason), missing);
}
