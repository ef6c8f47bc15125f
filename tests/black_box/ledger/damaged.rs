//! A ledger that is no ledger: exit 8 and what to do, and nothing is changed.

use std::fs::{self, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::symlink;

use rusqlite::Connection;

use super::fixture::{doctor_finds, fold, home_with_resets, ledger, open, run};
use crate::support::TestEnvironment;

/// The customer whose reset is tried, and whose password stays as it is.
const CUSTOMER: (&str, &str, &str) = ("C-1001", "ada.lovelace", "Practice-makes-1");

/// Asserts that no command uses the ledger, with these words, and that a reset changes nothing.
#[track_caller]
fn is_refused(env: &TestEnvironment, words: &str, hint: &str) {
    let (customer, username, password) = CUSTOMER;
    let before = fs::symlink_metadata(ledger(env)).unwrap();
    for command in [&["reset", customer, "--yes", "--reveal", "stdout"][..], &["audit", "list"], &["audit", "verify"]] {
        let output = run(env, &[&["-o", "json"], command].concat());
        let error = output.must(8).error();
        assert_eq!(error["reason"], "audit_unavailable", "{command:?}: {error}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("ledger.db") && message.contains(words), "{command:?}: \"{words}\": {message}");
        assert!(error["hint"].as_str().unwrap().contains(hint), "{command:?}: \"{hint}\": {error}");
        assert_ne!(error["changed"], "yes", "{command:?}: {error}");
    }
    doctor_finds(env, words);
    assert_eq!(env.sign_in(username, password), "signed_in", "nothing was changed");
    let after = fs::symlink_metadata(ledger(env)).unwrap();
    let of = |found: &fs::Metadata| (found.len(), found.modified().unwrap(), found.file_type());
    assert_eq!(of(&after), of(&before), "the file was changed");
}

#[test]
fn what_is_no_regular_file_is_not_used() {
    let env = home_with_resets(&["C-1004"]);
    fs::rename(ledger(&env), env.file("elsewhere.db")).unwrap();
    for target in ["/dev/zero", "/dev/null", "/dev/full", "elsewhere.db", "nowhere.db"] {
        symlink(target, ledger(&env)).unwrap();
        is_refused(&env, "is a symbolic link", "");
        fs::remove_file(ledger(&env)).unwrap();
    }
    fs::create_dir(ledger(&env)).unwrap();
    is_refused(&env, "no regular file", "");
    fs::remove_dir(ledger(&env)).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, ledger(&env), rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    is_refused(&env, "no regular file", "");
}

#[test]
fn files_beside_the_ledger_are_no_links() {
    for name in ["ledger.db-wal", "ledger.db-shm"] {
        let env = home_with_resets(&["C-1004"]);
        env.write("victim", "somebody's");
        symlink("victim", env.file(name)).unwrap();
        is_refused(&env, &format!("{name} is a symbolic link"), "");
        assert_eq!(env.read("victim"), "somebody's", "what the link leads to is not touched");
    }
}

#[test]
fn what_is_no_ledger_is_not_used() {
    let env = home_with_resets(&["C-1004"]);
    let whole = fs::read(ledger(&env)).unwrap();
    let zeros = vec![0; whole.len()];
    let text = b"who did what to whom\n".repeat(500);
    let page: Vec<u8> = [&whole[..100], &text].concat();
    for content in [text.as_slice(), zeros.as_slice(), page.as_slice(), b"xx", b"SQLite format 3\0"] {
        fs::write(ledger(&env), content).unwrap();
        is_refused(&env, "damaged, or no ledger", "Move it aside");
    }
}

#[test]
fn another_programs_database_is_not_used() {
    for sql in [
        "CREATE TABLE mine(x); INSERT INTO mine VALUES(1);",
        "CREATE TABLE mine(x); PRAGMA application_id = 1;",
        "CREATE TABLE record(number INTEGER PRIMARY KEY); PRAGMA user_version = 1;",
        "PRAGMA user_version = 1;",
    ] {
        let env = home_with_resets(&["C-1004"]);
        fs::remove_file(ledger(&env)).unwrap();
        Connection::open(ledger(&env)).unwrap().execute_batch(sql).unwrap();
        is_refused(&env, "no ledger", "Move it aside");
    }
}

#[test]
fn the_ledger_of_a_newer_version_is_not_used() {
    let env = home_with_resets(&["C-1004"]);
    open(&env).execute_batch("PRAGMA user_version = 99").unwrap();
    fold(&env);
    is_refused(&env, "a newer version", "Update tellonce");
}

/// The size of a page of the database, in bytes, and the number of the page where the records' tree begins.
fn pages(env: &TestEnvironment) -> (u64, u64) {
    let connection = open(env);
    let size = connection.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'record'";
    (size, connection.query_row(root, [], |row| row.get(0)).unwrap())
}

#[test]
fn a_file_that_was_cut_off_is_not_used() {
    let env = home_with_resets(&["C-1004", "C-1005"]);
    let (size, _) = pages(&env);
    fold(&env);
    let whole = fs::read(ledger(&env)).unwrap();
    for length in [100, size, 3 * size / 2, 2 * size] {
        fs::write(ledger(&env), &whole[..usize::try_from(length).unwrap()]).unwrap();
        is_refused(&env, "damaged, or no ledger", "Move it aside");
    }
}

#[test]
fn a_damaged_page_is_found() {
    let env = home_with_resets(&["C-1004"]);
    let (size, root) = pages(&env);
    fold(&env);
    let mut file = OpenOptions::new().write(true).open(ledger(&env)).unwrap();
    file.seek(SeekFrom::Start((root - 1) * size)).unwrap();
    file.write_all(&[0xa5; 512]).unwrap();
    drop(file);
    is_refused(&env, "damaged, or no ledger", "Move it aside");
}

#[test]
fn an_empty_file_is_a_ledger_to_be_and_the_receipt_misses_its_records() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    fs::write(ledger(&env), "").unwrap(); // as a first command leaves it that was ended right after it made the file
    env.issue("C-1001");
    run(&env, &["audit", "verify"]).must(0);
    assert_eq!(env.records().len(), 3);
    fold(&env);
    fs::write(ledger(&env), "").unwrap();
    run(&env, &["audit", "verify"]).must_say(11, "record 3, which this machine wrote, is missing");
    doctor_finds(&env, "record 3, which this machine wrote, is missing");
}
