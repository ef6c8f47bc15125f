//! Who else may write the ledger, and whether we may.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

use super::fixture::{doctor, home_with_resets, ledger, run};
use crate::support::{BINARY, CommandOutput, TestEnvironment};

/// Nobody in particular: permissions hold for them, whoever runs the tests.
const NOBODY: u32 = 65534;

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_ledger_that_others_can_write_is_not_used_until_they_cannot() {
    let env = home_with_resets(&["C-1004"]);
    for (path, words) in [(ledger(&env), "ledger.db"), (env.path().to_owned(), "")] {
        let before = fs::metadata(&path).unwrap().permissions().mode();
        for mode in [0o666, 0o620, 0o602] {
            chmod(&path, mode | 0o100);
            let output = run(&env, &["-o", "json", "audit", "list"]).must(8);
            let error = output.error();
            assert!(error["message"].as_str().unwrap().contains("others can write it"), "{mode:o}: {error}");
            let hint = error["hint"].as_str().unwrap();
            assert!(hint.starts_with("chmod go-w") && hint.contains(words), "{hint}");
            let reset = run(&env, &["-o", "json", "reset", "C-1001", "--yes", "--reveal", "stdout"]);
            reset.must(8).error();
            assert_eq!(doctor(&env).0, "fault");
        }
        env.shell(&format!("chmod go-w '{}'", path.display())).must(0);
        run(&env, &["audit", "verify"]).must(0);
        chmod(&path, before);
    }
    assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "signed_in", "nothing was changed");
}

#[test]
fn the_files_are_for_their_owner_only() {
    let env = TestEnvironment::signed_in("sam");
    env.shell("umask 000; \"$T\" reset C-1001 --yes --reveal stdout | cat").must(0);
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger-receipt.json", "leases"] {
        let mode = fs::metadata(env.file(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
    run(&env, &["audit", "verify"]).must(0);
}

#[test]
fn somebody_elses_ledger_is_not_used() {
    if !rustix::process::geteuid().is_root() {
        return; // nobody else can give a file away
    }
    let env = home_with_resets(&["C-1004"]);
    chown(ledger(&env), Some(NOBODY), Some(NOBODY)).unwrap();
    run(&env, &["audit", "list"]).must_say(8, "belongs to somebody else");
    run(&env, &["reset", "C-1001", "--yes", "--reveal", "stdout"]).must_say(8, "belongs to somebody else");
    assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "signed_in", "nothing was changed");
}

/// Runs the tool as somebody for whom permissions hold.
fn as_nobody(env: &TestEnvironment, arguments: &[&str]) -> CommandOutput {
    let is_root = rustix::process::geteuid().is_root();
    let mut command: Command = if is_root { env.program("setpriv") } else { env.command(&[]) };
    if is_root {
        let (user, group) = (format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"));
        command.args([user.as_str(), &group, "--clear-groups", BINARY]);
    }
    CommandOutput::from(command.args(["--profile", "practice", "-o", "json"]).args(arguments).output().unwrap())
}

fn give_away(path: &Path) {
    if rustix::process::geteuid().is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        for entry in path.is_dir().then(|| fs::read_dir(path).unwrap()).into_iter().flatten() {
            give_away(&entry.unwrap().path());
        }
    }
}

#[test]
fn a_ledger_that_may_not_be_written_stops_a_reset_before_anything() {
    let env = home_with_resets(&["C-1004"]);
    give_away(env.path());
    let reset = ["reset", "C-1001", "--yes", "--reveal", "stdout"];
    chmod(&ledger(&env), 0o400);
    let error = as_nobody(&env, &reset).must(8).error();
    assert!(error["message"].as_str().unwrap().contains("ledger.db"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("make the folder yours"), "{error}");
    chmod(&ledger(&env), 0o600);
    fs::remove_file(env.file("config.toml")).unwrap(); // it was given away as well
    assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "signed_in", "nothing was changed");
}

#[test]
fn a_folder_that_may_not_be_written_stops_a_reset_before_anything() {
    let env = TestEnvironment::new().with_variable("TELLONCE_HOME", ""); // state and data in folders of their own
    env.sign_agent_in("sam");
    env.issue("C-1004");
    let state = env.file(".local/state/tellonce");
    let connection = rusqlite::Connection::open(state.join("ledger.db")).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    give_away(env.path());
    chmod(&state, 0o500);
    let error = as_nobody(&env, &["reset", "C-1001", "--yes", "--reveal", "stdout"]).must(8).error();
    assert_eq!(error["reason"], "audit_unavailable", "{error}");
    assert!(error["message"].as_str().unwrap().contains("ledger.db"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("make the folder yours"), "{error}");
    chmod(&state, 0o700);
    give_away(env.path());
    as_nobody(&env, &["audit", "verify"]).must(0);
    assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "signed_in", "nothing was changed");
}
