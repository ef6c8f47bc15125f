//! A ledger whose end was cut off, or that is an old copy: the next command says so, and `doctor` until it is pruned.

use std::fs;

use super::fixture::{doctor, doctor_finds, fold, home_with_resets, ledger, open, run, verify_finds};
use crate::support::TestEnvironment;

const WARNING: &str = "Record 6 of the ledger, which this machine wrote, is missing or was replaced";

/// Asserts that every command says that record 6 is missing, and that a reset writes it down.
#[track_caller]
fn is_noticed(env: &TestEnvironment) {
    verify_finds(env, "record 6, which this machine wrote, is missing or was replaced");
    doctor_finds(env, "record 6, which this machine wrote");
    for command in [&["audit", "list"][..], &["audit", "export"], &["ledger", "status"]] {
        let output = run(env, command).must(0);
        assert!(output.stderr.contains(WARNING), "{command:?}: {output:#?}");
    }
    let reset = run(env, &["reset", "C-1005", "--yes", "--reveal", "stdout"]).must(0);
    assert!(reset.stderr.contains(WARNING), "{reset:#?}");
    let noted = env.records().into_iter().find(|record| record["event"] == "receipt_missing").unwrap();
    assert_eq!(noted["missing_number"], 6, "{noted}");
    doctor_finds(env, "Record 6 was missing or replaced when record");
    let later = run(env, &["audit", "list"]).must(0);
    assert!(!later.stderr.contains(WARNING), "the receipt is that of the newest record again: {later:#?}");
}

#[test]
fn an_end_that_was_cut_off_is_noticed_at_the_next_command() {
    let env = home_with_resets(&["C-1001", "C-1004"]);
    assert_eq!(doctor(&env).0, "ok");
    let connection = open(&env);
    let sql: String = connection
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'record_stays'", [], |row| row.get(0))
        .unwrap();
    connection.execute_batch("DROP TRIGGER record_stays; DELETE FROM record WHERE number > 3").unwrap();
    connection.execute_batch(&sql).unwrap();
    drop(connection);
    is_noticed(&env);
}

#[test]
fn an_old_copy_is_noticed_at_the_next_command() {
    let env = home_with_resets(&["C-1001"]);
    let old = fs::read(ledger(&env)).unwrap();
    run(&env, &["audit", "verify"]).must(0);
    env.issue("C-1004");
    fold(&env);
    fs::write(ledger(&env), old).unwrap();
    is_noticed(&env);
}

#[test]
fn a_ledger_that_is_gone_is_noticed() {
    let env = home_with_resets(&["C-1001", "C-1004"]);
    fs::remove_file(ledger(&env)).unwrap();
    is_noticed(&env);
}

#[test]
fn another_ledger_with_as_many_records_is_noticed() {
    let (env, other) = (home_with_resets(&["C-1001", "C-1004"]), home_with_resets(&["C-1001", "C-1004", "C-1005"]));
    fs::copy(ledger(&other), ledger(&env)).unwrap();
    is_noticed(&env);
}

#[test]
fn a_receipt_that_cannot_be_read_is_said() {
    let env = home_with_resets(&["C-1001"]);
    for content in ["", "{}", "{\"number\":3,\"hash\":\"x\"}", "\u{0}"] {
        env.write("ledger-receipt.json", content);
        let output = run(&env, &["audit", "list"]).must(0);
        assert!(output.stderr.contains("The receipt of the newest record cannot be read"), "{content:?}: {output:#?}");
    }
    env.issue("C-1004");
    let output = run(&env, &["audit", "list"]).must(0);
    assert!(!output.stderr.contains("receipt"), "a reset left a receipt again: {output:#?}");
}
