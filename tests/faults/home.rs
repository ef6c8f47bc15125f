//! A practice directory of its own, an agent signed in to it, and what it shows of itself afterwards.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use serde_json::Value;
use tempfile::TempDir;

/// Who has a user and nothing pending in every new practice directory, and the password that user starts with.
pub const ADA: &str = "C-1001";
pub const FIRST_PASSWORD: &str = "Practice-makes-1";
/// Who has a temporary password pending there.
pub const KATHERINE: &str = "C-1006";

/// What a command ended with and wrote.
pub struct Ran {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// The object on standard output.
    pub fn object(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{}{}", self.stdout, self.stderr))
    }

    /// The error object: all that standard error holds.
    pub fn error(&self) -> Value {
        serde_json::from_str(&self.stderr).unwrap_or_else(|_| panic!("{}{}", self.stdout, self.stderr))
    }

    /// The password that was revealed.
    pub fn password(&self) -> String {
        self.object()["temporary_password"].as_str().unwrap().to_owned()
    }
}

/// A home of its own, with `sam` signed in.
pub struct Home(TempDir);

impl Home {
    pub fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        let login = ["login", "--agent", "sam", "--password-stdin", "--store", "file"];
        let ran = home.run_with(&login, None, "practice\n");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        home
    }

    fn practice_directory(&self) -> Connection {
        Connection::open(self.0.path().join("tellonce/practice.db")).unwrap()
    }

    fn command(&self, arguments: &[&str], point: Option<&str>) -> Command {
        let mut command = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_tellonce")));
        command.env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.0.path()).env("TELLONCE_HOME", self.0.path().join("tellonce")).env("TERM", "dumb");
        command.args(["--profile", "practice", "-o", "json"]).args(arguments);
        command.envs(point.map(|point| ("TELLONCE_FAIL_POINT", point)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run_with(&self, arguments: &[&str], point: Option<&str>, input: &str) -> Ran {
        let mut child = self.command(arguments, point).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes()); // one that refuses does not read
        child.wait_with_output().unwrap().into()
    }

    pub fn run(&self, arguments: &[&str], point: Option<&str>) -> Ran {
        self.run_with(arguments, point, "")
    }

    /// Resets Ada, with a fail-point or none.
    pub fn reset(&self, point: Option<&str>) -> Ran {
        self.run(&RESET, point)
    }

    /// Starts a reset of Ada that stops itself at this point (`set:after`), and waits until it stands there.
    pub fn reset_stopped_at(&self, point: &str) -> Stopped {
        let child = self.command(&RESET, Some(&format!("{point}:stop"))).spawn().unwrap();
        let (_, status) = waitpid(Some(Pid::from_child(&child)), WaitOptions::UNTRACED).unwrap().unwrap();
        assert!(status.stopped(), "it did not stop at {point}: {status:?}");
        Stopped(Some(child))
    }

    pub fn show(&self, customer: &str) -> Value {
        let ran = self.run(&["show", customer], None);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.object()
    }

    /// The audit log's records of a customer, oldest first; the chain is whole.
    pub fn records(&self, customer: &str) -> Vec<Value> {
        let verified = self.run(&["audit", "verify"], None);
        assert_eq!(verified.code, Some(0), "{}", verified.stderr);
        let listed = self.run(&["audit", "list", "--customer", customer], None);
        assert_eq!(listed.code, Some(0), "{}", listed.stderr);
        listed.object()["records"].as_array().unwrap().clone()
    }

    /// Each record of a customer in short: `intent`, `delivery shown`, `failed yes`.
    pub fn events(&self, customer: &str) -> Vec<String> {
        self.records(customer).iter().map(in_short).collect()
    }

    /// What the app says to this password: `signed_in`, `change_required` or `refused`.
    pub fn sign_in(&self, email: &str, password: &str) -> String {
        let ran = self.run_with(&["practice", "sign-in", email, "--password-stdin"], None, password);
        ran.object()["result"].as_str().unwrap().to_owned()
    }

    /// The customer's sessions in the app.
    pub fn sessions_of(&self, customer: &str) -> i64 {
        let count = "SELECT count(*) FROM customer_session s JOIN customer c ON c.number = s.customer WHERE c.id = ?1";
        self.practice_directory().query_row(count, [customer], |row| row.get(0)).unwrap()
    }

    /// Ends every agent's session, as if it had run out.
    pub fn end_agent_sessions(&self) {
        let ended = self.practice_directory().execute("DELETE FROM agent_session", []).unwrap();
        assert!(ended > 0, "no agent was signed in");
    }
}

const RESET: [&str; 5] = ["reset", ADA, "--yes", "--reveal", "stdout"];

/// A record in short.
pub fn in_short(record: &Value) -> String {
    let words = ["event", "delivery", "changed"].map(|field| record[field].as_str().unwrap_or_default());
    words.join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A reset that stands still in the middle.
pub struct Stopped(Option<Child>);

/// Far longer than any reset takes.
const DEADLINE: Duration = Duration::from_mins(2);

impl Stopped {
    /// Sends a signal; it is pending until the process goes on.
    pub fn send(&self, signal: Signal) {
        kill_process(Pid::from_child(self.0.as_ref().unwrap()), signal).unwrap();
    }

    /// Lets it go on, to its end.
    pub fn go_on(mut self) -> Ran {
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
    /// A test that gave up leaves no stopped process behind.
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
