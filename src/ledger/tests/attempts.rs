//! What the records say of a customer's attempts, and of those whose end is missing.

use super::*;
use crate::domain::{Changed, End, Finding, Reason};
use crate::ledger::attempts::history_with;
use crate::ledger::open_attempts;

fn ends(history: &History) -> Vec<Option<End>> {
    history.attempts.iter().map(|attempt| attempt.end).collect()
}

#[test]
fn every_way_an_attempt_ends_is_read_as_it_was_written() {
    let home = home();
    let mut log = home.log();
    let outcomes = [
        AttemptOutcome::Delivered(Delivery::Shown),
        AttemptOutcome::Delivered(Delivery::TimedOut),
        AttemptOutcome::Delivered(Delivery::NotDelivered),
        AttemptOutcome::Failed { reason: Reason::Superseded, changed: Changed::Unknown, stamp: Some(stamp(4)) },
        AttemptOutcome::Failed { reason: Reason::BackendUnavailable, changed: Changed::No, stamp: None },
        AttemptOutcome::Withdrawn { sessions: crate::domain::SessionsEnded::All },
        AttemptOutcome::Unlocked,
    ];
    for outcome in outcomes {
        let intent = intend(&mut log, "C-1001").unwrap();
        log.outcome(&intent, outcome).unwrap();
    }
    let history = home.history("C-1001");
    assert_eq!(
        ends(&history),
        [
            Some(End::Delivered(Delivery::Shown)),
            Some(End::Delivered(Delivery::TimedOut)),
            Some(End::Delivered(Delivery::NotDelivered)),
            Some(End::Failed(Changed::Unknown)),
            Some(End::Failed(Changed::No)),
            Some(End::Withdrawn),
            Some(End::Unlocked),
        ]
    );
    assert_eq!(history.recent_resets(NOW.parse().unwrap()).len(), 6, "one of them changed nothing");
    assert_eq!(home.records()[7].failure.as_deref(), Some("superseded"));
}

#[test]
fn the_stamp_of_a_set_names_who_issued_it() {
    let home = home();
    reset(&mut home.log(), "C-1001");
    let history = home.history("C-1001");
    assert_eq!(history.attempts[0].set, Some(Some(stamp(2))));
    assert_eq!(history.issued_by(Some(&stamp(2))), Some("sam"));
    assert_eq!(history.issued_by(Some(&stamp(3))), None);
}

#[test]
fn another_customer_or_profile_is_another_history() {
    let home = home();
    let mut log = home.log();
    reset(&mut log, "C-1001");
    reset(&mut log, "C-100");
    reset(&mut log, "odd \"quoted\\ é\u{202e}");
    assert_eq!(home.history("C-100").attempts.len(), 1);
    assert_eq!(home.history("odd \"quoted\\ é\u{202e}").attempts.len(), 1);
    assert!(home.history("C-1002").attempts.is_empty());
    let elsewhere = stub::session("sam", "acme");
    assert!(log.history(&elsewhere, &customer_called("C-1001")).unwrap().attempts.is_empty());
    assert!(log.histories(&elsewhere).unwrap().is_empty());
    assert_eq!(log.histories(&session()).unwrap().len(), 3);
}

#[test]
fn an_attempt_that_a_process_is_at_is_not_open_and_one_it_left_is() {
    let home = home();
    let mut log = home.log();
    let intent = intend(&mut log, "C-1001").unwrap();
    let history = home.history("C-1001");
    assert!(history.attempts[0].in_progress && history.open().count() == 0);
    assert!(open_attempts(&home.folders(), &home.records()).unwrap().is_empty());

    drop(log); // as a process that ends without a word
    let history = home.history("C-1001");
    assert!(!history.attempts[0].in_progress && history.open().count() == 1);
    assert_eq!(open_attempts(&home.folders(), &home.records()).unwrap(), [intent.as_str()]);
}

#[test]
fn a_lock_that_a_crash_left_behind_is_removed_and_does_not_count() {
    let home = home();
    let mut log = home.log();
    let intent = intend(&mut log, "C-1001").unwrap();
    drop(log);
    let left = home.folders().attempts().join(format!("{intent}.lock"));
    std::fs::write(&left, "").unwrap();
    assert_eq!(home.history("C-1001").open().count(), 1);
    assert!(!left.exists());
}

#[test]
fn what_was_found_out_closes_the_attempt() {
    let home = home();
    let mut log = home.log();
    let plan = plan("C-1001", Action::CreateAndSet);
    let intent = log.intend(&session(), &plan, &asked(&plan)).unwrap().attempt().clone();
    drop(log);
    let attempt = intent.clone();
    let finding = Finding { attempt, changed: Changed::Yes, stamp: Some(stamp(2)) };
    home.log().recovered(&stub::session("kim", "practice"), &customer_called("C-1001").id, &finding).unwrap();
    let history = home.history("C-1001");
    assert_eq!(ends(&history), [Some(End::Recovered(Changed::Yes))]);
    assert_eq!(history.issued_by(Some(&stamp(2))), Some("sam"), "who issued it, not who found out");
    let record = home.records().remove(1);
    assert_eq!((record.agent.as_str(), record.action.as_str()), ("kim", "create_and_set"));
    assert!(open_attempts(&home.folders(), &home.records()).unwrap().is_empty());
}

#[test]
fn what_was_found_out_too_late_does_not_change_how_it_ended() {
    let home = home();
    reset(&mut home.log(), "C-1001");
    let attempt = home.history("C-1001").attempts[0].id.clone();
    let finding = Finding { attempt, changed: Changed::Unknown, stamp: None };
    home.log().recovered(&session(), &customer_called("C-1001").id, &finding).unwrap();
    assert_eq!(ends(&home.history("C-1001")), [Some(End::Delivered(Delivery::Shown))]);
}

#[test]
fn an_attempt_that_ends_while_the_log_is_being_read_is_not_open() {
    let home = home();
    let log = std::cell::RefCell::new(home.log());
    let intent = intend(&mut log.borrow_mut(), "C-1001").unwrap();
    let ends_just_now = |_: &str| {
        let _ = log.borrow_mut().outcome(&intent, AttemptOutcome::Delivered(Delivery::Shown));
        false
    };
    let history =
        history_with(&home.path(), session().profile_ref(), &customer_called("C-1001"), &ends_just_now).unwrap();
    assert_eq!(ends(&history), [Some(End::Delivered(Delivery::Shown))]);
    assert_eq!(history.open().count(), 0);
}

#[test]
fn a_customer_who_was_new_is_known_by_the_address_that_they_were_entered_with() {
    let home = home();
    intend(&mut home.log(), "ada@example.com").unwrap();
    assert_eq!(home.log().history(&session(), &customer_called("7f3e")).unwrap().attempts.len(), 1);
    let other = Customer { email: Some("grace@example.com".into()), ..customer_called("7f3e") };
    assert!(home.log().history(&session(), &other).unwrap().attempts.is_empty());
}
