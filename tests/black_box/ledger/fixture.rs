//! Homes with a ledger, and its file as others open it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::Value;
use tellonce::ledger::{SqliteFiles, SqliteStore, Writer};

use crate::support::{CommandOutput, PRACTICE, TestEnvironment};

/// The most seconds that a command may take. One that waits for something for ever ends with another exit code.
const LONGEST: &str = "120";

/// Names the files of a store in a folder.
pub fn files(folder: &Path) -> SqliteFiles {
    SqliteFiles {
        ledger: folder.join("ledger.db"),
        leases: folder.join("leases"),
        audit_log: folder.join("audit.jsonl"),
    }
}

/// Opens a store in a folder, as the tool does.
pub fn store(folder: &Path) -> SqliteStore {
    SqliteStore::new(files(folder), Writer::of_this_process(), Arc::new(Timestamp::now))
}

/// Creates a home whose profile allows one reset of a customer a day. Sam is signed in.
pub fn home_with_a_limit_of_one() -> TestEnvironment {
    let profile = "backend = 'practice'\nmax_resets_per_customer_24h = 1\nprotected = 'none'";
    let env = TestEnvironment::with_profile(profile);
    let login = ["login", "--agent", "sam", "--password-stdin", "--store", "file"];
    env.run_with(&login, "practice\n").must(0);
    env
}

/// Creates a home with the resets of these customers in its ledger. All of the ledger is in its one file.
pub fn home_with_resets(customers: &[&str]) -> TestEnvironment {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    for customer in customers {
        env.issue(customer);
    }
    fold(&env);
    env
}

pub fn ledger(env: &TestEnvironment) -> PathBuf {
    env.file("ledger.db")
}

/// Opens the database as any program may.
pub fn open(env: &TestEnvironment) -> Connection {
    Connection::open(ledger(env)).unwrap()
}

/// Takes the write-ahead log over into the database, and removes it.
pub fn fold(env: &TestEnvironment) {
    let connection = open(env);
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    connection.close().unwrap();
    assert!(!env.file("ledger.db-wal").exists(), "the last to close it removes the log");
}

/// Runs a command on the practice directory that must come to an end.
pub fn run(env: &TestEnvironment, arguments: &[&str]) -> CommandOutput {
    let under = [OsStr::new("timeout"), OsStr::new(LONGEST)];
    env.command_under(&under, &[&PRACTICE[..], arguments].concat()).output().unwrap().into()
}

/// Returns what `doctor` says of the ledger: state and words.
pub fn doctor(env: &TestEnvironment) -> (String, String) {
    let report = run(env, &["-o", "json", "doctor"]).json();
    let checks: &Vec<Value> = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["id"] == "ledger").unwrap();
    let text = |name: &str| check[name].as_str().unwrap().to_owned();
    (text("state"), text("words"))
}

#[track_caller]
pub fn doctor_finds(env: &TestEnvironment, words: &str) {
    let (state, said) = doctor(env);
    assert_eq!(state, "fault", "{said}");
    assert!(said.contains(words), "\"{words}\": {said}");
}

/// Asserts that the chain is not whole, with these words.
#[track_caller]
pub fn verify_finds(env: &TestEnvironment, words: &str) {
    let error = run(env, &["-o", "json", "audit", "verify"]).must(11).error();
    assert_eq!(error["reason"], "chain_broken", "{error}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains(words), "\"{words}\": {message}");
    assert!(error["hint"].as_str().unwrap().contains("saved copy"), "{error}");
}
