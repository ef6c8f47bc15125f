//! What another process does between two steps. The clock is read between hashing and writing: there it happens.

use std::sync::Arc;
use std::time::Duration;

use super::{Directory, SetClock, directory};
use crate::backends::practice::{Change, INITIAL_PASSWORD, Practice, SignIn};
use crate::domain::Kind;

/// Another process's agent issues a temporary password to Ada and ends her sessions.
fn issued_elsewhere(directory: &Directory) -> impl FnOnce() + Send + 'static {
    let other = directory.again();
    move || {
        let statements =
            "UPDATE user SET hash = 'another', change_required = 1, version = version + 1 WHERE customer = 1;
                          DELETE FROM reset_token WHERE customer = 1;
                          DELETE FROM customer_session WHERE customer = 1;";
        other.connection().execute_batch(statements).unwrap();
    }
}

#[test]
fn an_old_password_under_way_when_one_is_issued_does_not_get_in() {
    let directory = directory();
    directory.clock.meanwhile(issued_elsewhere(&directory));
    let told = directory.signs_in("ada.lovelace", INITIAL_PASSWORD);
    assert_eq!(told, "Wrong name or password.", "neither in nor asked for a new password");
    assert_eq!(directory.number("SELECT change_required FROM user WHERE customer = 1"), 1, "a control: it happened");
    assert_eq!(directory.number("SELECT count(*) FROM customer_session"), 0);
}

#[test]
fn a_right_guess_under_way_when_the_user_is_locked_does_not_get_in() {
    let directory = directory();
    let other = directory.again();
    directory.clock.meanwhile(move || {
        other.connection().execute("UPDATE user SET locked_until = 9999999999999 WHERE customer = 1", []).unwrap();
    });
    assert!(directory.signs_in("ada.lovelace", INITIAL_PASSWORD).contains("Too many"));
    assert_eq!(directory.number("SELECT count(*) FROM customer_session"), 0);
}

#[test]
fn a_temporary_password_replaced_while_a_new_one_is_chosen_changes_nothing() {
    let directory = directory();
    directory.practice.connection().execute("UPDATE user SET change_required = 1 WHERE customer = 1", []).unwrap();
    let SignIn::ChangeRequired(ticket) = directory.practice.sign_in("ada.lovelace", INITIAL_PASSWORD).unwrap() else {
        panic!("a change is required")
    };
    directory.clock.meanwhile(|| {}); // the page is opened
    directory.clock.meanwhile(issued_elsewhere(&directory)); // the new password was hashed
    let answer = directory.practice.change_password(&ticket, "Chosen-by-me-1").unwrap();
    assert!(matches!(answer, Change::Refused(_)), "{answer:?}");
    assert_eq!(directory.number("SELECT change_required FROM user WHERE customer = 1"), 1);
    assert_eq!(directory.number("SELECT hash = 'another' FROM user WHERE customer = 1"), 1, "a control: it happened");
}

#[test]
fn while_another_process_writes_a_call_waits_and_then_says_so() {
    let directory = directory();
    let short = Practice::open(&directory.path(), Duration::from_millis(20), Arc::<SetClock>::default()).unwrap();
    directory
        .practice
        .connection()
        .execute_batch("BEGIN IMMEDIATE; UPDATE user SET failures = 1 WHERE customer = 1;")
        .unwrap();
    for email in ["ada@example.com", "nobody@example.com"] {
        let told = short.forgot_password(email).err().unwrap();
        assert_eq!(told.kind, Kind::Unavailable);
        assert!(told.is_passing(), "a bulk run tries it again");
        assert!(
            told.message.contains("busy") && told.hint.unwrap().contains("--timeout"),
            "{email}: the same for both"
        );
    }
    directory.practice.connection().execute_batch("ROLLBACK").unwrap();
    assert!(short.forgot_password("ada@example.com").is_ok());
}
