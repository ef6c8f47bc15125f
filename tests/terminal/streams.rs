//! `--reveal stdout` and `fd:N`: what cannot take the password is found before anything changes, and never waited for.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{BINARY, TestEnvironment};

/// Only a failing test waits for it.
const PATIENCE: Duration = Duration::from_mins(1);

/// Runs a bash script in which `reset ...` is a confirmed reset of Ada; gives its exit code and standard error.
fn run(env: &TestEnvironment, script: &str) -> (i32, String) {
    let script = format!(
        "reset() {{ '{BINARY}' --profile practice reset C-1001 --yes \"$@\"; }}; cd '{}'; {script}",
        env.path().display()
    );
    let mut child = Command::new("bash")
        .args(["-c", &script])
        .env_clear()
        .envs(env.variables())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(env.path().join("stderr")).unwrap())
        .process_group(0)
        .spawn()
        .unwrap();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() && started.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
    }
    let ended = child.try_wait().unwrap();
    if ended.is_none() {
        let group = format!("-{}", child.id());
        let _ = Command::new("kill").args(["-s", "KILL", "--", &group]).status();
        let _ = child.wait();
    }
    let code = ended.expect("it waited for ever").code().expect("a signal ended it");
    (code, std::fs::read_to_string(env.path().join("stderr")).unwrap())
}

/// Nothing was changed, and the message says what is wrong.
fn is_refused(env: &TestEnvironment, script: &str, words: &str) {
    let (code, stderr) = run(env, script);
    assert_eq!(code, 2, "{script}: {stderr}");
    assert!(stderr.contains(words), "{script}: {stderr}");
    assert_eq!(env.last_event(), "none", "{script}");
}

#[test]
fn a_named_pipe_without_a_reader_is_found_and_not_waited_for() {
    let env = TestEnvironment::signed_in("sam");
    let script = "mkfifo pipe; exec 4<>pipe 3>pipe; exec 4<&-; reset --reveal fd:3";
    is_refused(&env, script, "nobody reads the other end");
}

#[test]
fn a_named_pipe_with_a_reader_gets_the_password() {
    let env = TestEnvironment::signed_in("sam");
    let script = "mkfifo pipe; cat pipe > got & exec 3>pipe; reset --reveal fd:3; code=$?; exec 3>&-; wait; exit $code";
    let (code, stderr) = run(&env, script);
    assert_eq!(code, 0, "{stderr}");
    let got = std::fs::read_to_string(env.path().join("got")).unwrap();
    assert_eq!(env.sign_in("ada.lovelace", got.trim_end()), "change_required");
}

#[test]
fn standard_output_that_is_open_for_reading_only_is_found() {
    let env = TestEnvironment::signed_in("sam");
    for script in [
        "touch file; reset --reveal stdout --allow-plaintext-file 1<file",
        "touch file; reset --reveal fd:3 --allow-plaintext-file 3<file",
    ] {
        is_refused(&env, script, "reading only");
    }
}

#[test]
fn a_pipe_whose_reader_went_away_is_found() {
    let env = TestEnvironment::signed_in("sam");
    for way in ["stdout", "fd:1"] {
        let script = format!(
            "mkfifo gone; (read -r < gone; reset --reveal {way}; echo $? > code) | true & \
                              wait_for=$!; echo > gone; wait $wait_for; exit $(cat code)"
        );
        is_refused(&env, &script, "nobody reads the other end");
        std::fs::remove_file(env.path().join("gone")).unwrap();
    }
}

#[test]
fn a_full_device_is_no_delivery() {
    let env = TestEnvironment::signed_in("sam");
    let (code, stderr) = run(&env, "reset --reveal stdout > /dev/full");
    assert_eq!(code, 9, "{stderr}");
    assert_eq!(env.last_event(), "not_delivered");
}
