//! What imported records say of a customer: found under the old id of the backend, counted, recovered.

use super::old_log::{OldLog, two_resets};
use super::*;
use crate::domain::{End, Finding};
use crate::ledger::abandoned_attempts;

#[test]
fn a_customer_is_found_under_the_id_that_the_backend_had() {
    let home = home();
    two_resets().write(&home);
    let history = home.history("C-1001");
    assert_eq!(history.attempts.len(), 1);
    assert_eq!(history.attempts[0].end, Some(End::Delivered(Delivery::Shown)));
    assert_eq!(history.attempts[0].id.as_str(), "aa01");
    let stamp = Stamp { at: None, version: Some(2) };
    assert_eq!(history.issued_by(Some(&stamp)), Some("sam"));
    let elsewhere = stub::session("sam", "acme");
    let other = wait_for(home.ledger().history(&elsewhere, &customer_called("C-1001"), None)).unwrap();
    assert!(other.attempts.is_empty(), "the old id of a backend is that of one profile");
}

#[test]
fn imported_resets_count_for_the_limits() {
    let home = home();
    two_resets().write(&home);
    let plan = plan("C-1001", Action::Set);
    let intend = |limits| wait_for(home.ledger().intend(&session(), &plan, &asked(&plan), limits)).unwrap();
    let limits = ResetLimits { per_customer_24h: Some(1), per_agent_1h: None };
    assert_eq!(intend(limits).unwrap_err(), LimitReached::Customer { count: 1, most: 1 });
    let limits = ResetLimits { per_customer_24h: Some(2), per_agent_1h: Some(1) };
    intend(limits).unwrap();
}

#[test]
fn a_line_that_cannot_be_read_may_hide_an_attempt_and_the_history_says_so() {
    let home = home();
    let mut log = two_resets();
    assert!(!home.history("C-1001").damaged);
    log.lines[4] = r#"{"v":1,"event":"intent"}"#.into();
    log.write(&home);
    for customer in ["C-1001", "C-1002", "C-none"] {
        assert!(home.history(customer).damaged, "{customer}");
    }
    let findings = wait_for(home.ledger().status()).unwrap().findings;
    assert!(findings.iter().any(|finding| finding.starts_with("Record 5 cannot be read")), "{findings:?}");
}

#[test]
fn an_imported_attempt_without_an_end_is_open_until_it_is_recovered() {
    let home = home();
    let mut log = OldLog::new();
    log.add("2026-02-28T13:00:00Z", ("aa01", "intent"), "ada@example.com", r#","consent":"flag""#);
    log.write(&home);
    assert_eq!(home.history("7f3e").open().count(), 1);
    assert_eq!(wait_for(abandoned_attempts(&home.store())).unwrap().len(), 1);
    let finding = Finding { attempt: AttemptId::known("aa01".into()), changed: Changed::No, stamp: None };
    wait_for(home.ledger().recovered(&session(), &CustomerId::new("7f3e"), &finding)).unwrap();
    assert_eq!(home.history("7f3e").attempts[0].end, Some(End::Recovered(Changed::No)));
    assert!(wait_for(abandoned_attempts(&home.store())).unwrap().is_empty());
    let record = home.records().remove(2);
    assert_eq!((record.draft.action.as_deref(), record.draft.user.as_deref()), (Some("set"), Some("1")));
    let customer = record.draft.customer.unwrap();
    assert!(customer.starts_with("a***@example.com#"), "a new record has no address: {customer}");
    home.verify(None).unwrap();
}

#[test]
fn an_imported_attempt_whose_intent_is_there_twice_is_one_attempt() {
    let home = home();
    let mut log = OldLog::new();
    log.add_reset("2026-02-28T13:00:00Z", "aa01", "C-1001");
    log.lines.push(log.lines[0].clone()); // the intent once more, after the end
    log.write(&home);
    let history = home.history("C-1001");
    assert_eq!((history.attempts.len(), history.open().count()), (1, 0));
    assert!(wait_for(abandoned_attempts(&home.store())).unwrap().is_empty());
    assert_eq!(home.verify(None).unwrap().records, 5);
}

#[test]
fn the_digest_of_an_imported_run_is_found() {
    let home = home();
    let mut log = OldLog::new();
    log.add("2026-02-28T13:00:00Z", ("aa01", "bulk_started"), "", r#","run":"r1","digest":"d1""#);
    log.write(&home);
    assert_eq!(wait_for(home.ledger().digest_of_run("r1")).unwrap().as_deref(), Some("d1"));
    assert_eq!(home.records()[0].draft.customer, None);
}

#[test]
fn every_event_of_an_earlier_version_is_read() {
    let home = home();
    let mut log = OldLog::new();
    let events = [
        ("intent", r#","consent":"asked""#, None),
        ("set", "", Some(Changed::Yes)),
        ("delivery", r#","delivery":"timed_out""#, Some(Changed::Yes)),
        ("withdrawn", r#","sessions_left":{"all_but":2}"#, Some(Changed::Yes)),
        ("failed", r#","failure":"superseded","changed":"unknown""#, Some(Changed::Unknown)),
        ("recovered", r#","changed":"no""#, Some(Changed::No)),
        ("bulk_ended", "", None),
        ("unsealed", "", None),
    ];
    for (number, (event, more, _)) in events.iter().enumerate() {
        log.add("2026-02-28T13:00:00Z", (&format!("aa0{number}"), event), "C-1001", more);
    }
    log.add("2026-02-28T13:00:00Z", ("aa09", "from_another_version"), "C-1001", "");
    log.write(&home);
    let stored = home.stored();
    for (stored, (name, _, changed)) in stored.iter().zip(events) {
        let event = stored.record().map(|record| record.draft.event).map_err(|why| format!("{name}: {why}")).unwrap();
        assert_eq!((event.name(), event.changed()), (name, changed));
    }
    assert_eq!(stored[8].record().unwrap_err(), "its event is unknown");
    assert_eq!(home.verify(None).unwrap().records, 10);
}
