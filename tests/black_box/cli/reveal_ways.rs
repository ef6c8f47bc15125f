//! `--reveal stdout` and `fd:N`: what cannot work is found before anything changes, where it can be.

use crate::support::{CommandOutput, TestEnvironment};

/// Refused before anything changed.
#[track_caller]
fn refused(env: &TestEnvironment, script: &str) {
    let ran = env.shell(script).must(2);
    assert!(ran.stderr.contains("--reveal"), "{ran:?}");
    assert!(env.records().is_empty(), "{script}");
}

#[test]
fn what_cannot_work_is_refused_before_the_set() {
    let env = TestEnvironment::signed_in("sam");
    for way in ["fd:99", "fd:x", "fd:-1", "printer", "fd:70000", ""] {
        refused(&env, &format!("\"$T\" reset C-1001 --yes --reveal '{way}'"));
    }
    refused(&env, "\"$T\" reset C-1001 --yes --reveal stdout > plain.txt");
    refused(&env, "\"$T\" reset C-1001 --yes --reveal fd:3 3> plain.txt");
    refused(&env, "\"$T\" reset C-1001 --yes --reveal stdout > /dev/null");
    refused(&env, "\"$T\" reset C-1001 --yes --reveal stdout >&-");
    refused(&env, "echo x | \"$T\" reset C-1001 --yes --reveal fd:3 3<&0");
    refused(&env, "mkfifo pipe; exec 4<>pipe; exec 3>pipe; exec 4>&-; \"$T\" reset C-1001 --yes --reveal fd:3");
    assert_eq!(std::fs::read_to_string(env.path().join("plain.txt")).unwrap(), "");
    assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "signed_in", "nothing changed");
}

#[test]
fn a_socket_cannot_be_opened_so() {
    let env = TestEnvironment::signed_in("sam");
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let mut command = env.command(&[]);
    command.args(["--profile", "practice", "reset", "C-1001", "--yes", "--reveal", "fd:1"]);
    let output = command.stdout(std::os::fd::OwnedFd::from(theirs)).output().unwrap();
    drop(ours);
    let ran = CommandOutput::from(output).must(2);
    assert!(ran.stderr.contains("socket"), "{ran:?}");
    assert!(env.records().is_empty());
}

#[test]
fn the_password_and_a_line_end_and_nothing_else() {
    let env = TestEnvironment::signed_in("sam");
    for script in [
        "\"$T\" reset C-1001 --yes --reveal stdout | cat",
        "\"$T\" reset C-1001 --yes --reveal fd:3 3>&1 >/dev/null | cat",
        "\"$T\" reset C-1001 --yes --reveal fd:1 | cat",
        "\"$T\" reset C-1001 --yes -q --reveal stdout 2>&1 | cat",
    ] {
        let ran = env.shell(script).must(0);
        assert_eq!(ran.stdout.len(), 15, "{script}: {ran:?}");
        assert!(ran.stdout.ends_with('\n'));
        assert_eq!(env.sign_in("ada.lovelace", ran.stdout.trim_end()), "change_required", "{script}");
    }
    let json = env.shell("\"$T\" reset C-1001 --yes -o json --reveal fd:3 3>&1 >/dev/null | cat").must(0).json();
    assert_eq!(env.sign_in("ada.lovelace", json["temporary_password"].as_str().unwrap()), "change_required");
}

#[test]
fn a_regular_file_only_when_it_is_said_and_then_at_its_end() {
    let env = TestEnvironment::signed_in("sam");
    std::fs::write(env.path().join("plain.txt"), "before\n").unwrap();
    env.shell("\"$T\" reset C-1001 --yes --reveal fd:3 --allow-plaintext-file 3>> plain.txt").must(0);
    let text = std::fs::read_to_string(env.path().join("plain.txt")).unwrap();
    let password = text.strip_prefix("before\n").unwrap().trim_end();
    assert_eq!(env.sign_in("ada.lovelace", password), "change_required");
}

#[test]
fn a_full_device_is_not_a_delivery() {
    let env = TestEnvironment::signed_in("sam");
    let ran = env.shell("\"$T\" reset C-1001 --yes --reveal stdout -o json > /dev/full").must(9);
    let error: serde_json::Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
    assert_eq!((error["changed"].as_str(), error["reason"].as_str()), (Some("yes"), Some("reveal_failed")));
    assert!(error["hint"].as_str().unwrap().contains("Issue another"), "{error}");
    assert_eq!(env.last_event(), "not_delivered");
    assert_eq!(env.status("C-1001")["status"], "force_password_reset");
    let next = env.issue("C-1001");
    assert_eq!(env.sign_in("ada.lovelace", &next), "change_required");
}

#[test]
fn a_result_that_nobody_reads_stops_nothing() {
    let env = TestEnvironment::signed_in("sam");
    let ran = env.shell("\"$T\" find a | true; \"$T\" practice customers | head -1").must(0);
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    env.shell("\"$T\" find ada -o json > /dev/full").must(8);
}
