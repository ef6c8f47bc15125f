//! The age that a sweep measures: by the server's clock, and by this machine's only where the server's cannot be read.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use tellonce::domain::{ClockSource, Customer, CustomerId, Due, Pending, Services, UserId, due};

use super::scripted::{Script, Scripted};
use crate::support::conformance::{MovedClock, Player, SharedClock, guards, wait_for, with_services_of};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// One that this tool issued, at this time of the server.
fn issued_at(id: &str, at: Timestamp) -> Pending {
    Pending {
        customer: Customer::known_by(CustomerId::new(id)),
        user: UserId::new(id),
        immutable_id: None,
        stamp: None,
        issued_at: Some(at),
        marked: true,
        withdrawn: false,
        unreadable: None,
    }
}

/// What is older than two hours where this machine's clock is so far ahead of the true time.
fn due_after_two_hours(local_ahead: Duration, server_time: Option<Timestamp>, pending: Vec<Pending>) -> Due {
    let folder = tempfile::tempdir().unwrap();
    let clock = MovedClock::default();
    clock.move_on(local_ahead);
    let clock: SharedClock = Arc::new(clock);
    let session = Scripted::new(Script { pending, server_time, ..Script::default() }).session();
    let (guards, mut player) = (guards(), Player::confirming(""));
    let found = with_services_of(folder.path(), clock, &guards, &mut player, async |services: &mut Services<'_>| {
        due(services, &session, Duration::from_hours(2)).await
    });
    wait_for(found).unwrap()
}

#[test]
fn a_clock_that_is_ahead_makes_no_fresh_password_old() {
    let now = Timestamp::now();
    let ids = |due: &Due| due.pending.iter().map(|item| item.customer.id.to_string()).collect::<Vec<_>>();
    let pending = || vec![issued_at("fresh", now - HOUR), issued_at("old", now - 3 * HOUR)];
    let three_hours = Duration::from_hours(3);
    let found = due_after_two_hours(three_hours, Some(now), pending());
    assert_eq!((ids(&found), found.clock), (vec!["old".to_owned()], ClockSource::Server));
    // A clock that is behind hides none that is old.
    let found = due_after_two_hours(Duration::ZERO, Some(now + 3 * HOUR), vec![issued_at("old", now)]);
    assert_eq!((ids(&found), found.clock), (vec!["old".to_owned()], ClockSource::Server));
    // Without the server's clock there is only this machine's, and the result says so.
    let found = due_after_two_hours(three_hours, None, pending());
    assert_eq!((ids(&found), found.clock), (vec!["fresh".to_owned(), "old".to_owned()], ClockSource::Local));
    let found = due_after_two_hours(Duration::ZERO, None, pending());
    assert_eq!((ids(&found), found.clock), (vec!["old".to_owned()], ClockSource::Local));
}
