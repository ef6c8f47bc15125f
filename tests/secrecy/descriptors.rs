//! strace of the release binary: the password is written to the descriptor that was asked for, and to no other.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{ChildStdout, Stdio};

use rustix::fs::fstat;

use crate::release::{release, signed_in};
use crate::scan;
use crate::support::Terminal;
use crate::trace::{Call, calls, calls_with, strace};

/// What strace calls this pipe.
fn name_of(pipe: &ChildStdout) -> String {
    format!("<pipe:[{}]>", fstat(pipe).unwrap().st_ino)
}

/// Runs it; gives where the calls that hold the password wrote to, what our pipe is called, and standard error.
fn traced(under: &[&OsStr], arguments: &[&str], json: bool) -> (Vec<Call>, String, String) {
    let env = signed_in(release());
    let trace = tempfile::NamedTempFile::new().unwrap();
    let under: Vec<&OsStr> = under.iter().copied().chain(strace(trace.path())).collect();
    let mut command = env.command_under(&under, arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let pipe = name_of(child.stdout.as_ref().unwrap());
    let ended = child.wait_with_output().unwrap();
    let errors = String::from_utf8(ended.stderr).unwrap();
    assert!(ended.status.success(), "{errors}");
    let revealed = String::from_utf8(ended.stdout).unwrap();
    let password = if json {
        let object: serde_json::Value = serde_json::from_str(&revealed).unwrap();
        object["temporary_password"].as_str().unwrap().to_owned()
    } else {
        assert_eq!(revealed.lines().count(), 1);
        revealed.trim_end().to_owned()
    };
    assert_eq!(scan::traces(errors.as_bytes(), &password), 0, "{errors}");
    let calls = calls(trace.path());
    let wrote_the_database = calls.iter().any(|call| call.name == "pwrite64" && call.to.contains("practice.db"));
    assert!(wrote_the_database, "the trace shows what is written to files");
    let holding = calls_with(&calls, &password).into_iter().map(|call| Call {
        name: call.name.clone(),
        to: call.to.clone(),
        bytes: call.bytes.clone(),
    });
    (holding.collect(), pipe, errors)
}

fn is_written_once_to(pipe: &str, holding: &[Call]) {
    let told: Vec<String> = holding.iter().map(|call| format!("{} {}", call.name, call.to)).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(holding[0].name, "write", "{told:?}");
    assert!(holding[0].to.ends_with(pipe), "{told:?}, not {pipe}");
}

#[test]
#[ignore = "needs strace and the release build"]
fn to_standard_output() {
    for json in [false, true] {
        let output = if json { "json" } else { "table" };
        let line = ["-vv", "-o", output, "reset", "C-1001", "--yes", "--reveal", "stdout"];
        let (holding, pipe, errors) = traced(&[], &line, json);
        is_written_once_to(&pipe, &holding);
        assert!(errors.contains("the reveal is over"), "-vv tells what goes on: {errors}");
    }
}

#[test]
#[ignore = "needs strace and the release build"]
fn to_a_descriptor_alone() {
    let moved = ["sh", "-c", "exec \"$@\" 3>&1 1>&2", "sh"].map(OsStr::new);
    let line = ["-vv", "reset", "C-1002", "--yes", "--reveal", "fd:3"];
    let (holding, pipe, _) = traced(&moved, &line, false);
    is_written_once_to(&pipe, &holding);
}

#[test]
#[ignore = "needs strace and the release build"]
fn to_the_terminal_alone() {
    let env = signed_in(release());
    let trace = tempfile::NamedTempFile::new().unwrap();
    let terminal = Terminal::run_under(&env, &strace(trace.path()), &["-vv", "reset", "C-1001", "--yes"]);
    let (password, spelling) = terminal.revealed();
    assert_eq!(terminal.dismissed(&password), 0);
    let calls = calls(trace.path());
    for secret in [&password, &spelling] {
        let holding = calls_with(&calls, secret);
        assert!(!holding.is_empty(), "the scan finds what is there");
        for call in holding {
            assert_eq!((call.name.as_str(), is_terminal(&call.to)), ("write", true), "{}", call.to);
        }
    }
}

fn is_terminal(to: &str) -> bool {
    to.split_once('<').is_some_and(|(_, what)| Path::new(what.trim_end_matches('>')) == Path::new("/dev/tty"))
}
