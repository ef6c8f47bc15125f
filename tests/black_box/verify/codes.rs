//! A code is good in the process that sent it, for its customer, and only with a ledger that can be written.

use rusqlite::Connection;

use crate::support::TestEnvironment;
use crate::support::verification::{STRICT, Verifying, desk, mails, refused, reset, verify};

fn start(env: &TestEnvironment, customer: &str) -> Verifying {
    Verifying::start(env, &["-o", "json", "verify", customer, "--to", "1"])
}

fn count(env: &TestEnvironment, event: &str) -> usize {
    env.records().iter().filter(|record| record["event"] == event).count()
}

#[test]
fn a_code_of_another_customer_or_of_another_process_is_wrong() {
    let env = desk("sam", STRICT);
    let (mut ada, mut mary, mut ada_again) = (start(&env, "C-1001"), None, None);
    let of_ada = ada.code(&env);
    let of_mary = mary.insert(start(&env, "C-1004")).code(&env);
    let newer_of_ada = ada_again.insert(start(&env, "C-1001")).code(&env);
    for other in [&of_mary, &newer_of_ada, &of_mary] {
        ada.type_(other);
    }
    assert_eq!(ada.end().must(7).error()["reason"], "code_wrong");
    let mut ada_again = ada_again.unwrap();
    ada_again.type_(&of_ada);
    ada_again.type_(&newer_of_ada);
    ada_again.end().must(0);
    let mut mary = mary.unwrap();
    mary.type_(&of_mary);
    mary.end().must(0);
    assert_eq!((count(&env, "code_tried"), count(&env, "verified")), (6, 2));
}

#[test]
fn a_code_is_gone_with_the_process_that_sent_it() {
    let env = desk("sam", STRICT);
    let mut killed = start(&env, "C-1001");
    let code = killed.code(&env);
    killed.kill();
    let mut next = start(&env, "C-1001");
    next.code(&env);
    next.type_(&code);
    assert_eq!(next.end().must(7).error()["reason"], "not_verified");
    refused(&env, "C-1001", &[], "not_verified");
    env.run(&["audit", "verify"]).must(0);
}

#[test]
fn a_used_code_is_wrong_the_next_time() {
    let env = desk("sam", STRICT);
    let mut first = start(&env, "C-1001");
    let code = first.code(&env);
    first.type_(&code);
    first.end().must(0);
    reset(&env, "C-1001", &[]).must(0);
    let mut second = start(&env, "C-1001");
    second.code(&env);
    second.type_(&code);
    assert_eq!(second.end().must(7).error()["reason"], "not_verified");
    refused(&env, "C-1001", &[], "not_verified");
}

/// Has the ledger refuse records of an event.
fn refuse(env: &TestEnvironment, event: &str) {
    let trigger = format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON record WHEN NEW.event = '{event}'
        BEGIN SELECT raise(ABORT, 'refused by the test'); END"
    );
    Connection::open(env.ledger()).unwrap().execute_batch(&trigger).unwrap();
}

#[test]
fn nobody_is_verified_where_the_ledger_takes_no_record_of_it() {
    for (event, codes) in [("code_sent", 0), ("code_tried", 1), ("verified", 1)] {
        let env = desk("sam", STRICT);
        verify(&env, "C-1002", "reset");
        let before = mails(&env, "code").len();
        refuse(&env, event);
        let mut verifying = start(&env, "C-1001");
        if codes > 0 {
            let code = verifying.code(&env);
            verifying.type_(&code);
            verifying.type_(&code);
        }
        let error = verifying.end().must(8).error();
        assert_eq!(error["changed"], "no", "{event}: {error}");
        assert_eq!(mails(&env, "code").len() - before, codes, "{event}");
        Connection::open(env.ledger()).unwrap().execute_batch("DROP TRIGGER refuse").unwrap();
        refused(&env, "C-1001", &[], "not_verified");
        env.run(&["audit", "verify"]).must(0);
    }
}

#[test]
fn who_is_not_signed_in_or_may_change_nobody_sends_no_code() {
    let env = desk("lee", STRICT);
    let verify = ["-o", "json", "verify", "C-1001", "--by", "code", "--to", "1", "--code-stdin"];
    assert_eq!(env.run(&verify).must(4).error()["reason"], "missing_right");
    env.run(&["logout"]).must(0);
    assert_eq!(env.run(&verify).must(4).error()["reason"], "not_signed_in");
    assert!(mails(&env, "code").is_empty() && env.records().is_empty());
}
