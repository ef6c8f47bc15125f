//! Many processes at one limit, and a reader that stays.

use std::process::Child;
use std::sync::Barrier;

use tellonce::ledger::{Append, Query, RecordStore as _, verify};

use super::fixture::{home_with_a_limit_of_one, open, run, store};
use crate::support::conformance::wait_for;
use crate::support::record_store::{customer_limit, intent};
use crate::support::{CommandOutput, TestEnvironment};

/// How many ask at once.
const AT_ONCE: usize = 16;

/// Asks for resets of a customer by many processes at once. Returns what each came to.
fn reset_at_once(env: &TestEnvironment, customer: &str) -> Vec<CommandOutput> {
    let reset = ["-o", "json", "reset", customer, "--yes", "--reveal", "stdout"];
    let children: Vec<Child> = (0..AT_ONCE).map(|_| env.command(&reset).spawn().unwrap()).collect();
    children.into_iter().map(|child| child.wait_with_output().unwrap().into()).collect()
}

#[test]
fn of_16_resets_at_once_one_gets_through_a_limit_of_one() {
    let env = home_with_a_limit_of_one();
    let customers = [
        ("C-1001", "ada.lovelace"),
        ("C-1002", "grace.hopper"), // has no user yet
        ("C-1004", "mary.jackson"),
        ("C-1005", "mary.somerville"),
    ];
    for (customer, username) in customers {
        let (through, refused): (Vec<_>, Vec<_>) =
            reset_at_once(&env, customer).into_iter().partition(CommandOutput::is_success);
        assert_eq!(through.len(), 1, "{customer}: {refused:#?}");
        for output in refused {
            let error = output.must(7).error();
            assert_eq!((&error["reason"], &error["changed"]), (&"too_many_resets".into(), &"no".into()), "{error}");
        }
        assert_eq!(env.sign_in(username, &through[0].password()), "change_required", "{customer}");
        let of_customer = run(&env, &["audit", "list", "--customer", customer, "-o", "json"]).must(0).json();
        let count = |event: &str| {
            of_customer["records"].as_array().unwrap().iter().filter(|record| record["event"] == event).count()
        };
        assert_eq!([count("intent"), count("set"), count("delivery")], [1, 1, 1], "{of_customer:#}");
        assert!(count("refused") < AT_ONCE, "{of_customer:#}");
    }
    run(&env, &["audit", "verify"]).must(0);
    let status = run(&env, &["ledger", "status", "-o", "json"]).must(0).json();
    assert_eq!(status["open_attempts"], serde_json::json!([]));
}

/// One round: handles in threads of their own, at once, on a ledger of their own.
fn round(round: usize) {
    let folder = tempfile::tempdir().unwrap();
    let start = Barrier::new(AT_ONCE);
    let ask = |index: usize| {
        let store = store(folder.path());
        start.wait();
        let append =
            Append { notices: Vec::new(), draft: intent(&format!("{index}")), limits: vec![customer_limit(1)] };
        wait_for(store.append(vec![append])).unwrap().remove(0).refused.is_none()
    };
    let ask = &ask;
    let through = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|index| scope.spawn(move || ask(index))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).filter(|through| *through).count()
    });
    assert_eq!(through, 1, "round {round}");
    let store = store(folder.path());
    let intents = wait_for(store.page(&Query { event: Some("intent"), ..Query::default() }, 0, 99)).unwrap();
    assert_eq!((intents.len(), wait_for(verify(&store, None)).unwrap().records), (1, AT_ONCE as u64), "round {round}");
}

#[test]
#[ignore = "needs minutes"]
fn in_60_rounds_of_16_handles_one_gets_through_each() {
    (0..60).for_each(round);
}

#[test]
fn a_reader_that_stays_at_its_snapshot_stops_no_reset() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    env.issue("C-1001");
    let reader = open(&env);
    let count = || reader.query_row("SELECT count(*) FROM record", [], |row| row.get::<_, u64>(0)).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(count(), 3);
    for customer in ["C-1004", "C-1005", "C-1001"] {
        run(&env, &["reset", customer, "--yes", "--reveal", "stdout"]).must(0);
    }
    assert_eq!(count(), 3, "the reader is still where it was");
    run(&env, &["audit", "verify"]).must(0);
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(count(), 12);
}
