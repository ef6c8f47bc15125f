//! A home of its own for each test, and the tool run in it without a terminal.
#![allow(dead_code, reason = "each test program uses its part")]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

pub const BINARY: &str = env!("CARGO_BIN_EXE_tellonce");
/// Needed by every script on the practice directory.
pub const PRACTICE: [&str; 2] = ["--profile", "practice"];

/// What a run ended with.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// Ended with this code; else all of it is shown.
    #[track_caller]
    pub fn must(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// The result object.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{self:#?}"))
    }

    /// The error object: standard output is empty, and standard error is that one line.
    #[track_caller]
    pub fn error(&self) -> Value {
        assert_eq!(self.stdout, "", "{self:#?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:#?}");
        let error: Value = serde_json::from_str(&self.stderr).unwrap();
        assert_eq!(error["schema"], "tellonce.error/v1");
        assert_eq!(error["exit_code"], self.code);
        error
    }
}

/// A home that is removed at the end.
pub struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    /// Nobody is signed in.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// This agent is signed in.
    pub fn of(agent: &str) -> Self {
        let home = Self::new();
        home.login(agent);
        home
    }

    /// Sam is signed in.
    pub fn of_sam() -> Self {
        Self::of("sam")
    }

    pub fn login(&self, agent: &str) {
        self.run_with(
            &[&PRACTICE[..], &["login", "--agent", agent, "--password-stdin", "--store", "file"]].concat(),
            "practice\n",
        )
        .must(0);
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// The environment of every child.
    pub fn environment(&self) -> Vec<(String, String)> {
        let path = std::env::var("PATH").unwrap();
        let home = self.folder.path().display().to_string();
        [
            ("PATH", path.as_str()),
            ("HOME", &home),
            ("TELLONCE_HOME", &home),
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment()).current_dir(self.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs the tool without a terminal and without input.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(BINARY).args(arguments).output().unwrap())
    }

    /// Runs the tool with this on standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut child = self.command(BINARY).args(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes()); // one that refuses does not read
        Ran::of(&child.wait_with_output().unwrap())
    }

    /// Runs a shell script; `$T` is the tool with the practice profile.
    pub fn shell(&self, script: &str) -> Ran {
        Ran::of(
            &self
                .command("bash")
                .args(["-o", "pipefail", "-c", script])
                .env("T", BINARY)
                .env("TELLONCE_PROFILE", "practice")
                .output()
                .unwrap(),
        )
    }

    /// A reset on the practice directory, confirmed beforehand, revealed on a pipe.
    pub fn reset(&self, customer: &str, more: &[&str]) -> Ran {
        self.run(&[&PRACTICE[..], &["reset", customer, "--yes", "--reveal", "stdout"], more].concat())
    }

    /// The password of a reset that must work.
    #[track_caller]
    pub fn issue(&self, customer: &str) -> String {
        self.reset(customer, &[]).must(0).stdout.trim().to_owned()
    }

    /// What signing in as the customer leads to.
    pub fn sign_in(&self, name: &str, password: &str) -> String {
        let ran =
            self.run_with(&["practice", "sign-in", name, "--password-stdin", "-o", "json"], &format!("{password}\n"));
        ran.json()["result"].as_str().unwrap().to_owned()
    }

    /// Signs in with a temporary password and chooses a new one.
    pub fn choose(&self, name: &str, temporary: &str, new: &str) -> Ran {
        self.run_with(
            &["practice", "sign-in", name, "--password-stdin", "-o", "json"],
            &format!("{temporary}\n{new}\n"),
        )
    }

    /// The records of the audit log.
    pub fn records(&self) -> Vec<Value> {
        self.run(&["audit", "list", "-o", "json"]).must(0).json()["records"].as_array().unwrap().clone()
    }

    /// What the last record of the audit log says: the delivery's outcome, else the event.
    pub fn last_event(&self) -> String {
        let record = self.records().last().cloned().unwrap_or_default();
        match record["delivery"].as_str() {
            Some(delivery) => delivery.to_owned(),
            None => record["event"].as_str().unwrap_or("none").to_owned(),
        }
    }

    /// The status of a customer.
    pub fn status(&self, customer: &str) -> Value {
        self.run(&["status", customer, "-o", "json"]).must(0).json()
    }
}
