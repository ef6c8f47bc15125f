//! Readers that go away, and one that follows.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};

use serde_json::Value;

use super::fixture::run;
use crate::support::{PRACTICE, TestEnvironment};

/// How many rows the input has. Each leaves three records.
const ROWS: u64 = 120;
/// The customers of the crowd begin here.
const FIRST: u64 = 1030;

/// Creates a home with enough customers, and an input of some of them.
fn home() -> TestEnvironment {
    let env = TestEnvironment::new();
    let customers = (ROWS + 60).to_string();
    run(&env, &["practice", "start-over", "--yes", "--customers", &customers]).must(0);
    env.sign_agent_in("sam");
    env.tell_nobody();
    let mut input = "customer\n".to_owned();
    input.extend((FIRST..FIRST + ROWS).map(|number| format!("C-{number}\n")));
    env.write("in.csv", &input);
    env
}

fn bulk(env: &TestEnvironment) {
    let key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    let rows = ROWS.to_string();
    run(env, &["bulk", "in.csv", "--yes", "--expect", &rows, "--out", "out.jsonl", "--seal-to", key]).must(0);
}

/// Returns the lines of an export after this number.
fn export(env: &TestEnvironment, after: &str) -> Vec<String> {
    let output = run(env, &["audit", "export", "--after", after]).must(0);
    output.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn a_reader_that_went_away_ends_lists_and_exports() {
    let env = home();
    bulk(&env);
    let records = export(&env, "0").len() as u64;
    assert_eq!(records, 3 * ROWS + 2, "start and end of the run beside the rows");
    for (command, begins) in [
        ("audit list", " TIME"),
        ("audit list -o json", "{\"schema\""),
        ("audit export", "{\"number\":1,"),
        ("audit export --format csv", "number,"),
        ("audit export --follow", "{\"number\":1,"),
        ("audit export --follow --format csv", "number,"),
        ("audit export --follow --after 300", "{\"number\":301,"),
    ] {
        let piped = format!("set +o pipefail; (timeout 120 \"$T\" {command}; echo $? > code) | head -c 9; cat code");
        let output = env.shell(&piped).must(0);
        let begin = &begins[..begins.len().min(9)];
        assert!(output.stdout.starts_with(begin) && output.stdout.ends_with("0\n"), "{command}: {output:#?}");
        assert_eq!(env.read("code"), "0\n", "{command}");
    }
}

#[test]
fn one_that_follows_gets_every_record_once_while_a_run_writes_them() {
    let env = home();
    env.issue("C-1001");
    let follow = [&PRACTICE[..], &["audit", "export", "--follow", "--after", "2"]].concat();
    let mut child = env.command_under(&[OsStr::new("timeout"), OsStr::new("300")], &follow).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut followed = vec![lines.next().unwrap().unwrap()]; // it is reading before the run begins
    bulk(&env);
    let exported = export(&env, "2");
    assert_eq!(exported.len() as u64, 3 * ROWS + 3);
    followed.extend(lines.by_ref().take(exported.len() - 1).map(Result::unwrap));
    assert_eq!(followed, exported);
    env.issue("C-1004");
    followed = lines.by_ref().take(3).map(Result::unwrap).collect();
    assert_eq!(followed, export(&env, &(exported.len() + 2).to_string()), "and it goes on");
    drop(lines);
    child.wait().unwrap(); // its reader went away
}

#[test]
fn an_export_after_any_number_ends() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    env.issue("C-1001");
    assert_eq!(export(&env, "0").len(), 3);
    assert_eq!(export(&env, "2").len(), 1);
    for after in ["3", "4", "9223372036854775807", "9223372036854775808", "18446744073709551615"] {
        assert_eq!(export(&env, after), Vec::<String>::new(), "after {after}");
    }
    let first: Value = serde_json::from_str(&export(&env, "0")[0]).unwrap();
    assert_eq!((first["number"].as_u64(), first["prev"].as_str()), (Some(1), Some("0".repeat(64).as_str())));
}
