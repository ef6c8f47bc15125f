//! Records that go off the machine as well, and what happens where they cannot.

use super::*;
use crate::config::Forward;
use crate::domain::{Changed, ExitCode, Proof, Reason};
use crate::ledger::record::Event;
use crate::ledger::verify;

fn to(script: &str, required: bool) -> AuditSettings {
    let words = ["sh", "-c", script].map(str::to_owned).to_vec();
    AuditSettings { forward: Some(Forward::Command(words)), forward_required: required }
}

#[test]
fn each_record_is_forwarded_as_it_stands_in_the_log() {
    let home = home();
    let copy = home.folder.path().join("copy");
    let mut log = home.log_with(to(&format!("cat >> '{}'", copy.display()), true));
    reset(&mut log, "C-1001");
    assert_eq!(std::fs::read(&copy).unwrap(), std::fs::read(home.path()).unwrap());
    assert!(log.warnings().take().is_empty());
}

#[test]
fn one_that_is_not_taken_is_reported_once_and_stops_nothing() {
    let home = home();
    let mut log = home.log_with(to("exit 3", false));
    reset(&mut log, "C-1001");
    assert_eq!(home.records().len(), 3);
    let warnings = log.warnings().take();
    assert!(warnings.len() == 1 && warnings[0].contains("forwarded"), "{warnings:?}");
}

#[test]
fn where_it_is_required_an_intent_that_is_not_taken_stops_the_reset_and_is_closed() {
    let home = home();
    let failure = intend(&mut home.log_with(to("exit 3", true)), "C-1001").unwrap_err();
    assert_eq!((failure.reason, failure.exit_code()), (Reason::AuditUnavailable, ExitCode::UNAVAILABLE));
    assert_eq!(failure.changed, Changed::No);
    let events: Vec<(Event, Option<Changed>)> =
        home.records().iter().map(|record| (record.event, record.changed)).collect();
    assert_eq!(events, [(Event::Intent, None), (Event::Failed, Some(Changed::No))]);
    assert_eq!(home.history("C-1001").open().count(), 0);
    assert!(home.history("C-1001").recent_resets(NOW.parse().unwrap()).is_empty());
    verify(&home.path(), None).unwrap();
}

#[test]
fn where_it_is_required_a_later_record_that_is_not_taken_is_only_reported() {
    let home = home();
    let stop = home.folder.path().join("stop");
    let mut log = home.log_with(to(&format!("! test -e '{}'", stop.display()), true));
    let intent = intend(&mut log, "C-1001").unwrap();
    std::fs::write(&stop, "").unwrap();
    log.outcome(
        &intent,
        AttemptOutcome::Set {
            stamp: Some(stamp(2)),
            proof: Proof::Proved,
            sessions: crate::domain::SessionsEnded::All,
        },
    )
    .unwrap();
    log.outcome(&intent, AttemptOutcome::Delivered(Delivery::Shown)).unwrap();
    assert_eq!(home.records().len(), 3);
    assert_eq!(log.warnings().take().len(), 1);
}

#[test]
fn an_intent_counts_as_written_also_where_a_longer_torn_end_was_set_aside() {
    let home = home();
    reset(&mut home.log(), "C-1001");
    let whole = std::fs::read(home.path()).unwrap();
    std::fs::write(home.path(), [whole, vec![b'x'; 9_000]].concat()).unwrap();
    let mut log = home.log_with(to("exit 3", false));
    intend(&mut log, "C-1002").unwrap();
    assert_eq!(home.records().len(), 4);
}
