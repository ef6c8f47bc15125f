//! What another process does between two steps. The clock is read between hashing and writing: there it happens.

use std::sync::Arc;
use std::time::Duration;

use super::{Directory, SetClock, place};
use crate::backends::practice::{Change, INITIAL_PASSWORD, Practice, SignIn};
use crate::domain::Kind;

/// Another process's agent issues a temporary password to Ada and ends her sessions.
fn issued_elsewhere(house: &Directory) -> impl FnOnce() + Send + 'static {
    let other = house.again();
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
    let house = place();
    house.clock.meanwhile(issued_elsewhere(&house));
    let told = house.signs_in("ada.lovelace", INITIAL_PASSWORD);
    assert_eq!(told, "Wrong name or password.", "neither in nor asked for a new password");
    assert_eq!(house.number("SELECT change_required FROM user WHERE customer = 1"), 1, "a control: it happened");
    assert_eq!(house.number("SELECT count(*) FROM customer_session"), 0);
}

#[test]
fn a_right_guess_under_way_when_the_user_is_locked_does_not_get_in() {
    let house = place();
    let other = house.again();
    house.clock.meanwhile(move || {
        other.connection().execute("UPDATE user SET locked_until = 9999999999999 WHERE customer = 1", []).unwrap();
    });
    assert!(house.signs_in("ada.lovelace", INITIAL_PASSWORD).contains("Too many"));
    assert_eq!(house.number("SELECT count(*) FROM customer_session"), 0);
}

#[test]
fn a_temporary_password_replaced_while_a_new_one_is_chosen_changes_nothing() {
    let house = place();
    house.practice.connection().execute("UPDATE user SET change_required = 1 WHERE customer = 1", []).unwrap();
    let SignIn::ChangeRequired(ticket) = house.practice.sign_in("ada.lovelace", INITIAL_PASSWORD).unwrap() else {
        panic!("a change is required")
    };
    house.clock.meanwhile(|| {}); // the page is opened
    house.clock.meanwhile(issued_elsewhere(&house)); // the new password was hashed
    let answer = house.practice.change_password(&ticket, "Chosen-by-me-1").unwrap();
    assert!(matches!(answer, Change::Refused(_)), "{answer:?}");
    assert_eq!(house.number("SELECT change_required FROM user WHERE customer = 1"), 1);
    assert_eq!(house.number("SELECT hash = 'another' FROM user WHERE customer = 1"), 1, "a control: it happened");
}

#[test]
fn while_another_process_writes_a_call_waits_and_then_says_so() {
    let house = place();
    let short = Practice::open(&house.path(), Duration::from_millis(20), Arc::<SetClock>::default()).unwrap();
    house
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
    house.practice.connection().execute_batch("ROLLBACK").unwrap();
    assert!(short.forgot_password("ada@example.com").is_ok());
}
