//! A home of its own for each test, with sam signed in.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

pub const BINARY: &str = env!("CARGO_BIN_EXE_tellonce");

/// A home that is removed at the end.
pub struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    /// Nobody is signed in.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Sam is signed in.
    pub fn of_sam() -> Self {
        let home = Self::new();
        let output = home.run(&["login", "--agent", "sam", "--password-stdin", "--store", "file"], "practice\n");
        assert!(output.status.success(), "{output:?}");
        home
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

    /// Runs the tool without a terminal.
    pub fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(BINARY)
            .args(arguments)
            .env_clear()
            .envs(self.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// What the last record of the audit log says, as the list has it.
    pub fn last_event(&self) -> String {
        let output = self.run(&["audit", "list", "-o", "json"], "");
        let list: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let record = list["records"].as_array().unwrap().last().cloned().unwrap_or_default();
        match record["delivery"].as_str() {
            Some(delivery) => delivery.to_owned(),
            None => record["event"].as_str().unwrap_or("none").to_owned(),
        }
    }

    /// What signing in as the customer leads to.
    pub fn sign_in(&self, name: &str, password: &str) -> String {
        let output =
            self.run(&["practice", "sign-in", name, "--password-stdin", "-o", "json"], &format!("{password}\n"));
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        told["result"].as_str().unwrap().to_owned()
    }
}
