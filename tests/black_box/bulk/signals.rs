//! Signals: the first lets what is in flight be finished, the second ends it at once; both can be resumed.

use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};

use super::fixture::Fixture;
use crate::support::{CommandOutput, for_each_concurrently};

const ROWS: u64 = 24;

fn begun(fixture: &Fixture) -> Child {
    fixture.input(ROWS);
    let (rows, key) = (ROWS.to_string(), fixture.public());
    let all = ["in.csv", "--yes", "--expect", &rows, "--rate", "10", "--out", "out.jsonl", "--seal-to", &key];
    let mut child = fixture.env.command(&[]).args(Fixture::arguments(&all)).spawn().unwrap();
    while !std::fs::read_to_string(fixture.path("out.jsonl")).is_ok_and(|text| text.contains("delivered")) {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was interrupted");
        std::thread::yield_now();
    }
    child
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

fn goes_on(fixture: &Fixture) {
    fixture.bulk(&["--resume", &fixture.run_id(), "--yes"]).must(0);
    let last = fixture.last("out.jsonl");
    assert_eq!(last.len() as u64, ROWS, "none is lost");
    for (username, password) in last {
        assert_eq!(fixture.env.sign_in(&username, &password), "change_required", "{username}");
    }
    fixture.env.run(&["audit", "verify"]).must(0);
}

#[test]
fn once_finishes_what_is_in_flight_and_names_the_command_that_goes_on() {
    for_each_concurrently([(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)], |(signal, code)| {
        let fixture = Fixture::new(ROWS + 60);
        let child = begun(&fixture);
        send(&child, signal);
        let ran = CommandOutput::from(child.wait_with_output().unwrap()).must(code);
        assert!(
            ran.stderr.contains(&format!("tellonce --profile practice bulk --resume {}", fixture.run_id())),
            "{ran:?}"
        );
        let rows = fixture.rows("out.jsonl");
        assert!(!rows.is_empty() && (rows.len() as u64) < ROWS, "{} rows", rows.len());
        assert!(rows.iter().all(|row| row["outcome"] == "delivered"), "what was in flight is delivered");
        let records = fixture.env.records();
        assert_eq!(records.last().unwrap()["event"], "bulk_ended");
        goes_on(&fixture);
    });
}

#[test]
fn twice_ends_it_at_once_and_it_goes_on_all_the_same() {
    let fixture = Fixture::new(ROWS + 60);
    let child = begun(&fixture);
    send(&child, Signal::INT);
    send(&child, Signal::TERM);
    let output = child.wait_with_output().unwrap();
    let ended_by = std::os::unix::process::ExitStatusExt::signal(&output.status);
    assert!(ended_by.is_some() || matches!(output.status.code(), Some(130 | 143)), "{output:?}");
    goes_on(&fixture);
}
