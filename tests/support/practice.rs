//! What tests do with the practice directory, and with resets and records on any backend.

use std::path::PathBuf;

use serde_json::Value;

use super::{CommandOutput, TestEnvironment};

/// The profile that every script on the practice directory names.
pub const PRACTICE: [&str; 2] = ["--profile", "practice"];

impl TestEnvironment {
    /// Signs a sample agent in to the practice directory.
    pub fn sign_agent_in(&self, agent: &str) {
        let login = ["login", "--agent", agent, "--password-stdin", "--store", "file"];
        self.run_with(&[&PRACTICE[..], &login].concat(), "practice\n").must(0);
    }

    /// Resets a customer, confirmed beforehand and revealed on standard output.
    pub fn reset(&self, customer: &str, more: &[&str]) -> CommandOutput {
        self.run(&[self.profile, &["reset", customer, "--yes", "--reveal", "stdout"], more].concat())
    }

    /// Resets a customer, which must work, and returns the password.
    #[track_caller]
    pub fn issue(&self, customer: &str) -> String {
        self.reset(customer, &[]).must(0).stdout.trim().to_owned()
    }

    /// Asserts that a reset is refused with this code and these words, and reveals nothing.
    #[track_caller]
    pub fn refuses(&self, customer: &str, code: i32, words: &str) {
        let output = self.reset(customer, &[]);
        output.must_say(code, words);
        assert!(output.stdout.is_empty(), "{customer}: nothing is revealed");
    }

    /// Signs in to the practice app as a customer, and returns the result.
    #[track_caller]
    pub fn sign_in(&self, name: &str, password: &str) -> String {
        let sign_in = ["practice", "sign-in", name, "--password-stdin", "-o", "json"];
        self.run_with(&sign_in, &format!("{password}\n")).json()["result"].as_str().unwrap().to_owned()
    }

    /// Signs in with a temporary password and chooses a new one.
    pub fn choose(&self, name: &str, temporary: &str, new: &str) -> CommandOutput {
        let sign_in = ["practice", "sign-in", name, "--password-stdin", "-o", "json"];
        self.run_with(&sign_in, &format!("{temporary}\n{new}\n"))
    }

    pub fn ledger(&self) -> PathBuf {
        self.file("ledger.db")
    }

    /// Returns the records of the ledger.
    #[track_caller]
    pub fn all_records(&self) -> Vec<Value> {
        self.run(&["audit", "list", "-o", "json"]).must(0).json()["records"].as_array().unwrap().clone()
    }

    /// Returns the records of the ledger without those of notices, which follow each change.
    #[track_caller]
    pub fn records(&self) -> Vec<Value> {
        self.all_records().into_iter().filter(|record| record["action"] != "notify").collect()
    }

    /// Returns what the last record of the ledger says: the delivery's outcome, else the event.
    #[track_caller]
    pub fn last_event(&self) -> String {
        let record = self.records().last().cloned().unwrap_or_default();
        let event = record["delivery"].as_str().or(record["event"].as_str());
        event.unwrap_or("none").to_owned()
    }

    /// Returns the status of a customer.
    #[track_caller]
    pub fn status(&self, customer: &str) -> Value {
        self.run(&["status", customer, "-o", "json"]).must(0).json()
    }
}
