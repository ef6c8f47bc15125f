//! The end of an attempt that cannot be written waits for the next command.

use std::os::unix::fs::MetadataExt;

use super::double::Double;
use super::*;
use crate::domain::{End, Finding};

fn waiting(home: &Home) -> Vec<PathBuf> {
    let folder = home.folders().ledger_spool();
    Home::names_in(folder.clone()).into_iter().map(|name| folder.join(name)).collect()
}

/// Leaves an attempt whose end with this outcome waits.
fn left(home: &Home, outcome: AttemptOutcome) -> AttemptId {
    let mut ledger = home.ledger();
    let attempt = intend(&mut ledger, "C-1001").unwrap();
    home.refuse_records();
    assert!(cannot_be_used(&end(&mut ledger, &attempt, outcome).unwrap_err()));
    home.accept_records();
    attempt
}

fn only_end(home: &Home) -> Option<End> {
    let history = home.history("C-1001");
    assert_eq!(history.attempts.len(), 1);
    history.attempts[0].end
}

#[test]
fn an_end_that_cannot_be_written_is_kept_for_its_owner_alone_and_sent_by_the_next_command() {
    for (outcome, found) in [
        (SHOWN, End::Delivered(Delivery::Shown)),
        (AttemptOutcome::Delivered(Delivery::NotDelivered), End::Delivered(Delivery::NotDelivered)),
        (failed(Changed::Yes), End::Failed(Changed::Yes)),
    ] {
        let home = home();
        let attempt = left(&home, outcome);
        let files = waiting(&home);
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(home.folders().ledger_spool().metadata().unwrap().mode() & 0o777, 0o700);
        assert_eq!(home.events(), ["intent"]);

        assert_eq!(only_end(&home), Some(found), "reading sends it as well");
        assert!(waiting(&home).is_empty());
        let record = home.records().remove(1);
        assert_eq!(
            (record.draft.attempt.as_str(), record.draft.customer.as_deref()),
            (attempt.as_str(), Some("C-1001"))
        );
        assert_eq!(record.draft.user.as_deref(), Some("1"));
        home.verify(None).unwrap();
    }
}

#[test]
fn an_end_that_a_store_which_is_away_does_not_take_is_kept_as_well() {
    let home = home();
    let double = Rc::new(Double::of(home.store()));
    let mut ledger = home.ledger_on(Rc::clone(&double) as Rc<dyn RecordStore>);
    let attempt = intend(&mut ledger, "C-1001").unwrap();
    end(&mut ledger, &attempt, was_set()).unwrap();
    double.fails.set(true);
    assert!(cannot_be_used(&end(&mut ledger, &attempt, SHOWN).unwrap_err()));
    assert!(intend(&mut ledger, "C-1002").is_err());
    assert_eq!(waiting(&home).len(), 1);
    assert_eq!(only_end(&home), Some(End::Delivered(Delivery::Shown)));
    assert_eq!(home.events(), ["intent", "set", "delivery"]);
}

#[test]
fn a_set_that_cannot_be_written_waits_for_nobody_and_the_failure_that_follows_does() {
    let home = home();
    let mut ledger = home.ledger();
    let attempt = intend(&mut ledger, "C-1001").unwrap();
    home.refuse_records();
    assert!(cannot_be_used(&end(&mut ledger, &attempt, was_set()).unwrap_err()));
    assert!(waiting(&home).is_empty());
    assert!(cannot_be_used(&end(&mut ledger, &attempt, failed(Changed::Yes)).unwrap_err()));
    assert_eq!(waiting(&home).len(), 1);
    home.accept_records();
    drop(ledger);
    assert_eq!(only_end(&home), Some(End::Failed(Changed::Yes)));
}

#[test]
fn after_a_withdrawal_that_cannot_be_written_the_failure_that_follows_is_kept() {
    let home = home();
    let mut ledger = home.ledger();
    let plan = plan("C-1001", Action::Withdraw);
    let attempt = intend_plan(&mut ledger, &session(), &plan, &asked(&plan)).unwrap();
    home.refuse_records();
    let withdrawn = AttemptOutcome::Withdrawn { sessions: SessionsEnded::All };
    assert!(cannot_be_used(&end(&mut ledger, &attempt, withdrawn).unwrap_err()));
    assert!(cannot_be_used(&end(&mut ledger, &attempt, failed(Changed::Yes)).unwrap_err()));
    home.accept_records();
    drop(ledger);
    assert_eq!(only_end(&home), Some(End::Failed(Changed::Yes)));
}

#[test]
fn a_delivery_that_waited_wins_over_what_was_found_out_in_between() {
    let home = home();
    let attempt = left(&home, SHOWN);
    let finding = Finding { attempt: attempt.clone(), changed: Changed::No, stamp: None };
    let recovered = Event::Recovered { changed: finding.changed, stamp: None };
    append(&home.store(), draft(attempt.as_str(), recovered)); // another machine's, or of a version without a spool
    assert_eq!(only_end(&home), Some(End::Delivered(Delivery::Shown)));
    assert_eq!(home.events(), ["intent", "recovered", "delivery"]);
    assert_eq!(home.history("C-1001").recent_resets(time(NOW)).len(), 1);
}

#[test]
fn a_record_that_was_sent_before_the_process_ended_is_not_sent_twice() {
    let home = home();
    left(&home, SHOWN);
    let file = waiting(&home).remove(0);
    let text = std::fs::read(&file).unwrap();
    assert_eq!(only_end(&home), Some(End::Delivered(Delivery::Shown)));
    std::fs::write(&file, text).unwrap();
    assert_eq!(only_end(&home), Some(End::Delivered(Delivery::Shown)));
    assert_eq!(home.events(), ["intent", "delivery"]);
    assert!(waiting(&home).is_empty());
}

#[test]
fn a_ledger_that_is_away_at_first_gets_what_waits_when_it_is_back() {
    let home = home();
    left(&home, SHOWN);
    let double = Rc::new(Double::of(home.store()));
    double.fails.set(true);
    let ledger = home.ledger_on(Rc::clone(&double) as Rc<dyn RecordStore>);
    assert!(wait_for(ledger.check_receipt()).is_err());
    assert_eq!(waiting(&home).len(), 1);
    double.fails.set(false);
    wait_for(ledger.check_receipt()).unwrap();
    assert!(waiting(&home).is_empty());
}

#[test]
fn several_who_send_what_waits_at_once_send_it_once() {
    for _ in 0..10 {
        let home = home();
        for _ in 0..4 {
            left(&home, SHOWN);
        }
        let folders = home.folders();
        let barrier = std::sync::Barrier::new(4);
        std::thread::scope(|scope| {
            let open = || {
                let ledger = ledger_in(&folders, &AuditSettings::default(), NOW);
                barrier.wait();
                wait_for(ledger.check_receipt()).map(|()| ledger.warnings().take())
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
            for thread in threads {
                assert_eq!(thread.join().unwrap().unwrap(), [""; 0]);
            }
        });
        assert_eq!(home.events().iter().filter(|event| **event == "delivery").count(), 4);
        assert!(waiting(&home).is_empty());
    }
}

#[test]
fn a_record_that_waits_and_cannot_be_read_is_reported_and_hides_no_other() {
    let home = home();
    let folder = home.folders().ledger_spool();
    left(&home, SHOWN);
    let bad = folder.join("0-delivery.json");
    std::fs::write(&bad, "half a reco").unwrap();
    let link = folder.join("1-delivery.json");
    std::os::unix::fs::symlink(&waiting(&home)[0], &link).unwrap();
    std::fs::write(folder.join(".new"), "").unwrap();
    let ledger = home.ledger();
    wait_for(ledger.check_receipt()).unwrap();
    let warnings = ledger.warnings().take();
    assert!(warnings.len() == 2 && warnings.iter().all(|warning| warning.contains("-delivery.json")), "{warnings:?}");
    assert_eq!(home.events(), ["intent", "delivery"]);
    assert!(bad.exists());
}
