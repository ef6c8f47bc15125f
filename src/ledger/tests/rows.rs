//! The ledger of a bulk run: rows share a thread that writes, and the lease of their process.

use super::*;

/// What the run is called here.
const RUN: &str = "20260301-120000-0000";

/// The ledger of a run, whose rows append their records together.
fn run_in(home: &Home) -> Ledger {
    home.ledger_on(Rc::new(home.store().grouped()))
}

/// Writes the intent of a row whose line is its customer's number.
fn intend_row(ledger: &Ledger, line: u64) -> AttemptId {
    let plan = plan(&format!("C-{line}"), Action::Set);
    intend_plan(&mut ledger.of_row(RUN, line), &session(), &plan, &not_asked(&plan)).unwrap()
}

fn end_row(ledger: &Ledger, line: u64, attempt: &AttemptId) -> Result<()> {
    end(&mut ledger.of_row(RUN, line), attempt, SHOWN)
}

/// Whether somebody is at the customer's last attempt, as another process sees it.
fn in_progress(home: &Home, customer: &str) -> bool {
    home.history(customer).attempts.last().unwrap().in_progress
}

#[test]
fn rows_share_one_lease_and_each_is_in_progress_until_its_own_end() {
    let home = home();
    let ledger = run_in(&home);
    let (first, second) = (intend_row(&ledger, 1), intend_row(&ledger, 2));
    assert!(in_progress(&home, "C-1") && in_progress(&home, "C-2"));
    end_row(&ledger, 1, &first).unwrap();
    assert!(!in_progress(&home, "C-1") && in_progress(&home, "C-2"));
    intend_row(&ledger, 3);
    assert!(in_progress(&home, "C-2") && in_progress(&home, "C-3"));
    assert_eq!(Home::names_in(home.folders().leases()).len(), 1, "a process has one lease, whatever it works at");
    end_row(&ledger, 2, &second).unwrap();
    drop(ledger); // as a process that ends without a word on the third row
    assert!(!in_progress(&home, "C-3") && home.history("C-3").open().count() == 1);
    assert!(Home::names_in(home.folders().leases()).is_empty());
}

#[test]
fn a_record_of_a_row_names_run_and_row() {
    let home = home();
    let ledger = run_in(&home);
    let attempt = intend_row(&ledger, 7);
    end_row(&ledger, 7, &attempt).unwrap();
    for record in home.records() {
        assert_eq!((record.draft.run.as_deref(), record.draft.row), (Some(RUN), Some(7)));
    }
}

#[test]
fn rows_that_are_written_at_once_keep_one_chain() {
    let home = home();
    let ledger = run_in(&home);
    let session = session();
    wait_for(ledger.run_started(&session, RUN, "started", "d1".into())).unwrap();
    ledger.gather(true);
    let write = |line: u64| {
        let (mut row, session) = (ledger.of_row(RUN, line), &session);
        async move {
            let plan = plan(&format!("C-{line}"), Action::Set);
            let intent = row.intend(session, &plan, &not_asked(&plan), ResetLimits::default()).await?.unwrap();
            row.outcome(intent.attempt(), SHOWN).await
        }
    };
    let written = wait_for(futures_util::future::join_all((1..=40).map(write)));
    assert!(written.iter().all(Result::is_ok));
    assert_eq!(home.verify(None).unwrap().records, 1 + 80);
}

#[test]
fn a_row_whose_end_cannot_be_written_does_not_look_as_if_somebody_were_at_it() {
    let home = home();
    let ledger = run_in(&home);
    let first = intend_row(&ledger, 1);
    home.refuse_records();
    assert!(cannot_be_used(&end_row(&ledger, 1, &first).unwrap_err()));
    home.accept_records();
    let own = wait_for(ledger.history(&session(), &customer_called("C-1"), None)).unwrap();
    assert!(!own.attempts[0].in_progress && own.open().count() == 1);
    drop(ledger);
    assert!(!in_progress(&home, "C-1"));
    assert!(Home::names_in(home.folders().leases()).is_empty());
}

#[test]
fn the_attempts_of_the_row_that_is_going_on_do_not_count_and_those_of_another_count_once() {
    let home = home();
    let ledger = run_in(&home);
    let mut attempts = 0;
    for outcome in [failed(Changed::Unknown), SHOWN] {
        let attempt = intend_row(&ledger, 1);
        end(&mut ledger.of_row(RUN, 1), &attempt, outcome).unwrap();
        attempts += 1;
    }
    let recent = |ledger: &Ledger| {
        let history = wait_for(ledger.history(&session(), &customer_called("C-1"), None)).unwrap();
        assert_eq!(history.attempts.len(), attempts);
        history.recent_resets(time(NOW)).len()
    };
    assert_eq!(recent(&ledger.of_row(RUN, 1)), 0);
    assert_eq!(recent(&ledger.of_row(RUN, 2)), 1);
    assert_eq!(recent(&ledger.of_row("another run", 1)), 1);
    assert_eq!(recent(&ledger), 1);
}

#[test]
fn a_run_is_written_with_the_digest_of_its_first_start() {
    let home = home();
    let ledger = run_in(&home);
    let session = session();
    wait_for(async {
        assert_eq!(ledger.digest_of_run(RUN).await.unwrap(), None);
        ledger.run_started(&session, RUN, "started", "d1".into()).await.unwrap();
        ledger.run_started(&session, RUN, "resumed", "d2".into()).await.unwrap();
        ledger.run_started(&session, "another run", "started", "d3".into()).await.unwrap();
        ledger.run_ended(&session, RUN, "ended").await.unwrap();
        assert_eq!(ledger.digest_of_run(RUN).await.unwrap().as_deref(), Some("d1"));
    });
    assert_eq!(home.events(), ["bulk_started", "bulk_started", "bulk_started", "bulk_ended"]);
    assert!(home.history("C-1001").attempts.is_empty());
}

#[test]
fn a_delivery_that_only_the_output_of_the_run_shows_is_written_after_all() {
    let home = home();
    let ledger = run_in(&home);
    let attempt = intend_row(&ledger, 1);
    drop(ledger);
    assert_eq!(home.history("C-1").open().count(), 1);
    wait_for(home.ledger().delivered_after_all(&session(), &attempt)).unwrap();
    assert_eq!(home.history("C-1").open().count(), 0);
    let draft = home.records().remove(1).draft;
    assert_eq!((draft.run.as_deref(), draft.row, draft.customer.as_deref()), (Some(RUN), Some(1), Some("C-1")));
    wait_for(home.ledger().delivered_after_all(&session(), &attempt)).unwrap();
    assert_eq!(home.records().len(), 2, "a second time writes nothing");
}

#[test]
fn an_unsealed_password_is_written_with_the_attempt_that_had_issued_it() {
    let home = home();
    let attempt = reset(&mut home.ledger(), "C-1001");
    let profile_ref = session().profile_ref().clone();
    wait_for(home.ledger().unsealed(&profile_ref, &CustomerId::new("C-1001"), &attempt)).unwrap();
    let record = home.records().remove(3);
    assert_eq!(record.draft.event, Event::Unsealed { of_attempt: attempt.to_string() });
    assert_eq!(record.draft.agent, record.writer.system_user());
    assert_eq!(home.history("C-1001").attempts.len(), 1);
}

#[test]
fn a_row_that_a_limit_refuses_is_recorded_once_and_is_no_attempt() {
    let home = home();
    let ledger = run_in(&home);
    let (plan, reached) = (plan("C-1001", Action::Set), LimitReached::Customer { count: 2, most: 2 });
    for _ in 0..3 {
        wait_for(ledger.of_row(RUN, 7).refused(&session(), &plan, reached)).unwrap();
    }
    wait_for(ledger.of_row(RUN, 8).refused(&session(), &plan, reached)).unwrap();
    for _ in 0..2 {
        wait_for(home.ledger().refused(&session(), &plan, reached)).unwrap();
    }
    let records = home.records();
    let rows: Vec<Option<u64>> = records.iter().map(|record| record.draft.row).collect();
    assert_eq!(rows, [Some(7), Some(8), None, None], "a single reset is another each time");
    assert!(records.iter().all(|record| record.draft.event == Event::of_refusal(reached)));
    assert_eq!((records[0].draft.action.as_deref(), records[0].draft.ticket.as_deref()), (Some("set"), Some("T-7")));
    assert!(home.history("C-1001").attempts.is_empty());
    home.verify(None).unwrap();
}
