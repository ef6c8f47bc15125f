//! `--reveal stdout` and `fd:N`: what cannot work is found before anything changes, where it can be.

use super::home::{BINARY, Home, Ran};

/// Refused before anything changed.
#[track_caller]
fn refused(home: &Home, script: &str) {
    let ran = home.shell(script).must(2);
    assert!(ran.stderr.contains("--reveal"), "{ran:?}");
    assert!(home.records().is_empty(), "{script}");
}

#[test]
fn what_cannot_work_is_refused_before_the_set() {
    let home = Home::of_sam();
    for way in ["fd:99", "fd:x", "fd:-1", "printer", "fd:70000", ""] {
        refused(&home, &format!("\"$T\" reset C-1001 --yes --reveal '{way}'"));
    }
    refused(&home, "\"$T\" reset C-1001 --yes --reveal stdout > plain.txt");
    refused(&home, "\"$T\" reset C-1001 --yes --reveal fd:3 3> plain.txt");
    refused(&home, "\"$T\" reset C-1001 --yes --reveal stdout > /dev/null");
    refused(&home, "\"$T\" reset C-1001 --yes --reveal stdout >&-");
    refused(&home, "echo x | \"$T\" reset C-1001 --yes --reveal fd:3 3<&0");
    refused(&home, "mkfifo pipe; exec 4<>pipe; exec 3>pipe; exec 4>&-; \"$T\" reset C-1001 --yes --reveal fd:3");
    assert_eq!(std::fs::read_to_string(home.path().join("plain.txt")).unwrap(), "");
    assert_eq!(home.sign_in("ada.lovelace", "Practice-makes-1"), "signed_in", "nothing changed");
}

#[test]
fn a_socket_cannot_be_opened_so() {
    let home = Home::of_sam();
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let mut command = home.command(BINARY);
    command.args(["--profile", "practice", "reset", "C-1001", "--yes", "--reveal", "fd:1"]);
    let output = command.stdout(std::os::fd::OwnedFd::from(theirs)).output().unwrap();
    drop(ours);
    let ran = Ran::of(&output).must(2);
    assert!(ran.stderr.contains("socket"), "{ran:?}");
    assert!(home.records().is_empty());
}

#[test]
fn the_password_and_a_line_end_and_nothing_else() {
    let home = Home::of_sam();
    for script in [
        "\"$T\" reset C-1001 --yes --reveal stdout | cat",
        "\"$T\" reset C-1001 --yes --reveal fd:3 3>&1 >/dev/null | cat",
        "\"$T\" reset C-1001 --yes --reveal fd:1 | cat",
        "\"$T\" reset C-1001 --yes -q --reveal stdout 2>&1 | cat",
    ] {
        let ran = home.shell(script).must(0);
        assert_eq!(ran.stdout.len(), 15, "{script}: {ran:?}");
        assert!(ran.stdout.ends_with('\n'));
        assert_eq!(home.sign_in("ada.lovelace", ran.stdout.trim_end()), "change_required", "{script}");
    }
    let json = home.shell("\"$T\" reset C-1001 --yes -o json --reveal fd:3 3>&1 >/dev/null | cat").must(0).json();
    assert_eq!(home.sign_in("ada.lovelace", json["temporary_password"].as_str().unwrap()), "change_required");
}

#[test]
fn a_regular_file_only_when_it_is_said_and_then_at_its_end() {
    let home = Home::of_sam();
    std::fs::write(home.path().join("plain.txt"), "before\n").unwrap();
    home.shell("\"$T\" reset C-1001 --yes --reveal fd:3 --allow-plaintext-file 3>> plain.txt").must(0);
    let text = std::fs::read_to_string(home.path().join("plain.txt")).unwrap();
    let password = text.strip_prefix("before\n").unwrap().trim_end();
    assert_eq!(home.sign_in("ada.lovelace", password), "change_required");
}

#[test]
fn a_full_device_is_not_a_delivery() {
    let home = Home::of_sam();
    let ran = home.shell("\"$T\" reset C-1001 --yes --reveal stdout -o json > /dev/full").must(9);
    let error: serde_json::Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
    assert_eq!((error["changed"].as_str(), error["reason"].as_str()), (Some("yes"), Some("reveal_failed")));
    assert!(error["hint"].as_str().unwrap().contains("Issue another"), "{error}");
    assert_eq!(home.last_event(), "not_delivered");
    assert_eq!(home.status("C-1001")["status"], "force_password_reset");
    let next = home.issue("C-1001");
    assert_eq!(home.sign_in("ada.lovelace", &next), "change_required");
}

#[test]
fn a_result_that_nobody_reads_stops_nothing() {
    let home = Home::of_sam();
    let ran = home.shell("\"$T\" find a | true; \"$T\" practice customers | head -1").must(0);
    assert!(!ran.stderr.contains("panicked"), "{ran:?}");
    home.shell("\"$T\" find ada -o json > /dev/full").must(8);
}
