//! Somebody changes the database, and puts the rules back that would have stopped them: `audit verify` finds it.

use std::fs;

use rusqlite::Connection;
use tellonce::ledger::{Hash, StoredRecord};

use super::fixture::{fold, home_with_resets, ledger, open, run, verify_finds};
use crate::support::TestEnvironment;

/// Changes the database without its triggers, which are put back word by word.
fn tamper(env: &TestEnvironment, change: impl FnOnce(&Connection)) {
    let connection = open(env);
    let triggers = "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'";
    let triggers: Vec<(String, String)> = connection
        .prepare(triggers)
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(triggers.len() > 3, "{triggers:?}");
    for (name, _) in &triggers {
        connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    change(&connection);
    for (_, sql) in &triggers {
        connection.execute_batch(sql).unwrap();
    }
}

/// Two resets: records 1 to 6.
fn home() -> TestEnvironment {
    home_with_resets(&["C-1001", "C-1004"])
}

/// Puts the database back as it was.
fn put_back(env: &TestEnvironment, whole: &[u8]) {
    fold(env);
    fs::write(ledger(env), whole).unwrap();
}

#[test]
fn the_rules_stop_whoever_does_not_remove_them() {
    let env = home();
    let connection = open(&env);
    for sql in [
        "UPDATE record SET body = 'x' WHERE number = 1",
        "DELETE FROM record WHERE number = 6",
        "DELETE FROM record",
        "INSERT INTO record SELECT 9, at, version, 'x', event, backend_id, user_id, customer, agent, action, run, line, changed, prev, hash, body FROM record WHERE number = 6",
        "INSERT OR REPLACE INTO record SELECT 6, at, version, 'x', event, backend_id, user_id, customer, agent, action, run, line, changed, prev, hash, body FROM record WHERE number = 5",
        "INSERT INTO checkpoint VALUES(99, zeroblob(32))",
    ] {
        let refused = connection.execute_batch(sql).unwrap_err();
        assert!(
            refused.to_string().contains("record") || refused.to_string().contains("checkpoint"),
            "{sql}: {refused}"
        );
    }
    drop(connection);
    run(&env, &["audit", "verify"]).must(0);
}

#[test]
fn every_change_is_named_though_the_rules_were_put_back() {
    let env = home();
    let whole = fs::read(ledger(&env)).unwrap();
    for (sql, words) in [
        (
            "UPDATE record SET body = replace(body, 'C-1001', 'C-1005') WHERE number = 2",
            "record 2: its content does not match its hash",
        ),
        ("UPDATE record SET hash = zeroblob(32) WHERE number = 2", "record 2: its content does not match its hash"),
        ("UPDATE record SET prev = zeroblob(32) WHERE number = 2", "record 2: it does not follow"),
        (
            "UPDATE record SET number = 99 WHERE number = 6",
            "record 99: it does not follow the record before: records are missing",
        ),
        (
            "UPDATE record SET number = 99 WHERE number = 2; UPDATE record SET number = 2 WHERE number = 3; UPDATE record SET number = 3 WHERE number = 99",
            "record 2: it does not follow",
        ),
        ("DELETE FROM record WHERE number = 3", "record 4: it does not follow the record before: records are missing"),
        ("DELETE FROM record WHERE number = 1", "record 2: it does not follow the record before: records are missing"),
        ("DELETE FROM record WHERE number > 5", "the list of attempts without an end"),
        ("DELETE FROM record WHERE number > 3", "the list of outstanding passwords"),
        ("DELETE FROM record", "the list of outstanding passwords"),
        ("UPDATE record SET at = at - 1000000 WHERE number = 1", "record 1 is filed under what it does not say"),
        ("UPDATE record SET at = at + 3600000000 WHERE number = 6", "record 6 is filed under what it does not say"),
        ("UPDATE record SET agent = 'kim' WHERE number = 4", "record 4 is filed under what it does not say"),
        (
            "UPDATE record SET user_id = NULL, customer = 'C-1005' WHERE number = 1",
            "record 1 is filed under what it does not say",
        ),
        (
            "UPDATE record SET event = 'failed', changed = 'no' WHERE number = 6",
            "record 6 is filed under what it does not say",
        ),
        ("INSERT INTO open_attempt VALUES('never', 3)", "the list of attempts without an end"),
        (
            "INSERT INTO checkpoint SELECT number, hash FROM record WHERE number = 3; DELETE FROM record WHERE number < 4",
            "no record says who removed the records up to 3",
        ),
    ] {
        put_back(&env, &whole);
        run(&env, &["audit", "verify"]).must(0);
        tamper(&env, |connection| connection.execute_batch(sql).unwrap());
        verify_finds(&env, words);
    }
}

#[test]
fn a_rule_that_was_removed_changed_or_added_is_named() {
    let env = home();
    let whole = fs::read(ledger(&env)).unwrap();
    for (sql, words) in [
        ("DROP TRIGGER record_stays", "the rule record_stays was removed"),
        (
            "DROP TRIGGER attempt_ends; CREATE TRIGGER attempt_ends AFTER INSERT ON record BEGIN SELECT 1; END",
            "the rule attempt_ends was changed",
        ),
        (
            "CREATE TRIGGER forget AFTER INSERT ON record BEGIN DELETE FROM open_attempt; END",
            "the rule forget was added",
        ),
        ("DROP INDEX record_user", "the rule record_user was removed"),
        ("CREATE TABLE notes(x)", "the rule notes was added"),
    ] {
        put_back(&env, &whole);
        open(&env).execute_batch(sql).unwrap();
        verify_finds(&env, words);
    }
}

#[test]
fn a_forger_who_makes_every_hash_anew_is_found_by_the_receipt_and_by_a_head_kept_elsewhere() {
    let env = home();
    let head = run(&env, &["audit", "verify", "-o", "json"]).must(0).json()["head"].as_str().unwrap().to_owned();
    tamper(&env, |connection| {
        let bodies: Vec<(u64, String)> = connection
            .prepare("SELECT number, body FROM record ORDER BY number")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let mut prev = Hash::BEFORE_THE_FIRST;
        for (number, body) in bodies {
            let body = body.replace("\"proved\":true", "\"proved\":false");
            let forged = StoredRecord::of_body(body.clone().into_bytes(), number, prev);
            let set = "UPDATE record SET body = ?2, prev = ?3, hash = ?4 WHERE number = ?1";
            let values = rusqlite::params![number, body, forged.prev.as_bytes(), forged.hash.as_bytes()];
            connection.execute(set, values).unwrap();
            prev = forged.hash;
        }
    });
    verify_finds(&env, "record 6, which this machine wrote, is missing or was replaced");
    fs::remove_file(env.file("ledger-receipt.json")).unwrap();
    run(&env, &["audit", "verify"]).must(0); // without the receipt, nothing on this machine tells
    run(&env, &["audit", "verify", "--head", &head]).must_say(11, &head);
}
