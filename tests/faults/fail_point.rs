//! The fail-points of a build with that feature, and what a customer's records and sessions show afterwards.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use serde_json::Value;

use crate::support::{CommandOutput, TestEnvironment, feed};

/// Who has a user and nothing pending in every new practice directory, and the password that user starts with.
pub const ADA: &str = "C-1001";
pub const FIRST_PASSWORD: &str = "Practice-makes-1";
/// Who has a temporary password pending there.
pub const KATHERINE: &str = "C-1006";

const JSON: [&str; 4] = ["--profile", "practice", "-o", "json"];
const RESET: [&str; 5] = ["reset", ADA, "--yes", "--reveal", "stdout"];

impl TestEnvironment {
    fn command_at(&self, arguments: &[&str], point: Option<&str>) -> std::process::Command {
        let mut command = self.command(&[&JSON[..], arguments].concat());
        command.envs(point.map(|point| ("TELLONCE_FAIL_POINT", point))).stdin(Stdio::piped());
        command
    }

    /// Runs the tool with JSON output, with a fail-point or none.
    pub fn run_at(&self, arguments: &[&str], point: Option<&str>) -> CommandOutput {
        feed(&mut self.command_at(arguments, point), "")
    }

    /// Resets Ada, with a fail-point or none.
    pub fn reset_ada(&self, point: Option<&str>) -> CommandOutput {
        self.run_at(&RESET, point)
    }

    /// Starts a reset of Ada that stops itself at this point (`set:after`), and waits until it stands there.
    pub fn reset_stopped_at(&self, point: &str) -> Stopped {
        let child = self.command_at(&RESET, Some(&format!("{point}:stop"))).spawn().unwrap();
        let (_, status) = waitpid(Some(Pid::from_child(&child)), WaitOptions::UNTRACED).unwrap().unwrap();
        assert!(status.stopped(), "it did not stop at {point}: {status:?}");
        Stopped(Some(child))
    }

    pub fn show(&self, customer: &str) -> Value {
        self.run_at(&["show", customer], None).must(0).json()
    }

    /// Returns the audit log's records of a customer, oldest first. The chain is whole.
    pub fn records_of(&self, customer: &str) -> Vec<Value> {
        self.run_at(&["audit", "verify"], None).must(0);
        let listed = self.run_at(&["audit", "list", "--customer", customer], None).must(0);
        listed.json()["records"].as_array().unwrap().clone()
    }

    /// Returns each record of a customer in short: `intent`, `delivery shown`, `failed yes`.
    pub fn events(&self, customer: &str) -> Vec<String> {
        self.records_of(customer).iter().map(in_short).collect()
    }

    /// Counts the customer's sessions in the app.
    pub fn sessions_of(&self, customer: &str) -> i64 {
        let count = "SELECT count(*) FROM customer_session s JOIN customer c ON c.number = s.customer WHERE c.id = ?1";
        self.practice_directory().query_row(count, [customer], |row| row.get(0)).unwrap()
    }

    /// Ends every agent's session, as if it had run out.
    pub fn end_agent_sessions(&self) {
        let ended = self.practice_directory().execute("DELETE FROM agent_session", []).unwrap();
        assert!(ended > 0, "no agent was signed in");
    }

    fn practice_directory(&self) -> Connection {
        Connection::open(self.file("practice.db")).unwrap()
    }
}

/// Returns a record in short.
pub fn in_short(record: &Value) -> String {
    let words = ["event", "delivery", "changed"].map(|field| record[field].as_str().unwrap_or_default());
    words.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A reset that stands still in the middle.
pub struct Stopped(Option<Child>);

/// Far longer than any reset takes.
const DEADLINE: Duration = Duration::from_mins(2);

impl Stopped {
    /// Sends a signal. It is pending until the process goes on.
    pub fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(self.0.as_ref().unwrap()), signal).unwrap();
    }

    /// Lets it go on, to its end.
    pub fn go_on(mut self) -> CommandOutput {
        self.send(Signal::CONT);
        let started = Instant::now();
        while self.0.as_mut().unwrap().try_wait().unwrap().is_none() {
            assert!(started.elapsed() < DEADLINE, "it did not end");
            sleep(Duration::from_millis(5));
        }
        self.0.take().unwrap().wait_with_output().unwrap().into()
    }
}

impl Drop for Stopped {
    /// Leaves no stopped process behind when a test gave up.
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
