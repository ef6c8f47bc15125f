//! No file holds a code, and no log an address, after a caller was verified.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::verification::{STRICT, Verifying, code_in, desk, mails, reset, wait_for, wrong};
use crate::support::{CommandOutput, TestEnvironment};

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for found in std::fs::read_dir(folder).unwrap() {
        let path = found.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(path);
        }
    }
    all
}

/// The files of the home that hold one of these, without the directory of the customers itself.
fn files_with(env: &TestEnvironment, sought: &[&str]) -> Vec<PathBuf> {
    let is_directory = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("practice.db");
    let all: Vec<PathBuf> = files(env.path()).into_iter().filter(|path| !is_directory(path)).collect();
    files_that_hold(&all, sought)
}

/// Those of the files that hold one of these.
fn files_that_hold(files: &[PathBuf], sought: &[&str]) -> Vec<PathBuf> {
    let holds = |path: &&PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        sought.iter().any(|text| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    };
    files.iter().filter(holds).cloned().collect()
}

fn spaced(code: &str) -> String {
    format!("{} {}", &code[..4], &code[4..])
}

#[test]
fn no_file_and_no_log_holds_a_code_after_its_use() {
    let env = desk("sam", STRICT);
    for (customer, verbose) in [("C-1001", "-v"), ("C-1002", "-vv")] {
        let mut verifying = Verifying::start(&env, &[verbose, "verify", customer, "--to", "1"]);
        let code = verifying.code(&env);
        let guess = wrong(&code);
        verifying.type_(&guess);
        verifying.type_(&spaced(&code));
        let verified = verifying.end().must(0);
        let done = env.run(&[verbose, "reset", customer, "--yes", "--reveal", "stdout"]).must(0);
        let address = mails(&env, "code").last().unwrap().to.clone();
        assert!(!verified.stderr.is_empty());
        for text in [verified.text(), done.text()] {
            for sought in [code.as_str(), &spaced(&code), &guess, &address] {
                assert!(!text.contains(sought), "{sought}: {text}");
            }
        }
        let found = files_with(&env, &[&code, &spaced(&code), &guess, &spaced(&guess)]);
        assert_eq!(found, Vec::<PathBuf>::new());
        std::fs::write(env.file("planted"), format!("x{}y", spaced(&code))).unwrap();
        assert_eq!(files_with(&env, &[&spaced(&code)]), [env.file("planted")], "the control");
        std::fs::remove_file(env.file("planted")).unwrap();
    }
}

/// With a sender of the organisation, not even the directory of the customers is an exception.
#[test]
fn nothing_in_the_home_holds_a_code_that_went_by_a_command() {
    let customers_phone = tempfile::tempdir().unwrap();
    let inbox = customers_phone.path().join("inbox");
    let messages = "[profiles.practice.messages]\ndesk = 'Acme'\ncall = '100'\n";
    let script = format!("command = ['/bin/sh', '-c', 'cat >> {}']\n", inbox.display());
    let env = desk("sam", &format!("{STRICT}{messages}[profiles.practice.senders.phone]\n{script}"));
    let mut verify = env.command(&["-vv", "verify", "C-1001", "--by", "code", "--to", "2", "--code-stdin"]);
    let mut child = verify.stdin(Stdio::piped()).spawn().unwrap();
    let code = wait_for("the code", || {
        let message = std::fs::read_to_string(&inbox).unwrap_or_default();
        let message: serde_json::Value = serde_json::from_str(&message).ok()?;
        Some(code_in(message["text"].as_str().unwrap()))
    });
    writeln!(child.stdin.take().unwrap(), "{}", spaced(&code)).unwrap();
    let verified = CommandOutput::from(child.wait_with_output().unwrap()).must(0);
    let done = env.run(&["-vv", "reset", "C-1001", "--yes", "--reveal", "stdout"]).must(0);
    for text in [verified.text(), done.text()] {
        assert!(!text.contains(&code) && !text.contains(&spaced(&code)) && !text.contains("7946"), "{text}");
    }
    let all = files(env.path());
    assert!(all.iter().any(|path| path.ends_with("practice.db")) && all.iter().any(|path| path.ends_with("ledger.db")));
    assert_eq!(files_that_hold(&all, &[&code, &spaced(&code)]), Vec::<PathBuf>::new());
}

#[test]
fn the_ledger_holds_no_address_once_its_notices_are_sent() {
    let env = desk("sam", "");
    reset(&env, "C-1001", &[]).must(0);
    let told = mails(&env, "notice");
    assert_eq!(told.len(), 2, "{told:?}");
    env.run(&["audit", "verify"]).must(0);
    for address in told.iter().map(|mail| mail.to.as_str()) {
        let found = files_with(&env, &[address]);
        // The write-ahead log has pages of before, until it is taken over into the file and begins anew.
        assert!(found.iter().all(|path| path.ends_with("ledger.db-wal")), "{address}: {found:?}");
    }
    let ledger = rusqlite::Connection::open(env.ledger()).unwrap();
    let waits: u32 = ledger.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0)).unwrap();
    assert_eq!(waits, 0);
    ledger.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(ledger);
    for address in told.iter().map(|mail| mail.to.as_str()) {
        assert_eq!(files_with(&env, &[address]), Vec::<PathBuf>::new(), "{address}");
    }
}
