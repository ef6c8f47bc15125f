//! A home with many customers, a key, and an input that names them.

use std::collections::HashMap;
use std::path::PathBuf;

use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use serde_json::Value;

use crate::support::{CommandOutput, PRACTICE, TestEnvironment};

pub struct Fixture {
    pub env: TestEnvironment,
    key: Identity,
}

/// The customers of the crowd begin here; the samples before them have reasons to be refused.
pub const FIRST: u64 = 1030;

impl Fixture {
    pub fn new(customers: u64) -> Self {
        let env = TestEnvironment::signed_in_with_customers("sam", customers);
        let key = Identity::generate();
        std::fs::write(env.path().join("key.txt"), key.to_string().expose_secret()).unwrap();
        Self { env, key }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.env.path().join(name)
    }

    /// The key that passwords are sealed to.
    pub fn public(&self) -> String {
        self.key.to_public().to_string()
    }

    /// An input of so many rows.
    pub fn input(&self, rows: u64) {
        let mut lines = vec!["customer,ticket".to_owned()];
        for number in FIRST..FIRST + rows {
            lines.push(format!("C-{number},T-{number}"));
        }
        std::fs::write(self.path("in.csv"), lines.join("\n") + "\n").unwrap();
    }

    pub fn arguments<'a>(more: &[&'a str]) -> Vec<&'a str> {
        [&PRACTICE[..], &["bulk"], more].concat()
    }

    pub fn bulk(&self, more: &[&str]) -> CommandOutput {
        self.env.run(&Self::arguments(more))
    }

    /// A run that is sealed to the key, into this file.
    pub fn sealed(&self, out: &str, rows: u64, more: &[&str]) -> CommandOutput {
        let (rows, key) = (rows.to_string(), self.public());
        self.bulk(&[&["in.csv", "--yes", "--expect", &rows, "--out", out, "--seal-to", &key], more].concat())
    }

    /// The one run that there is.
    pub fn run_id(&self) -> String {
        let listed = self.bulk(&["list", "-o", "json"]).must(0).json();
        listed["runs"][0]["run"].as_str().unwrap().to_owned()
    }

    /// The rows of an output of JSON Lines.
    pub fn rows(&self, out: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path(out)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Opens a sealed password.
    pub fn open(&self, sealed: &str) -> String {
        String::from_utf8(age::decrypt(&self.key, sealed.as_bytes()).unwrap()).unwrap()
    }

    /// The last password delivered to each customer: by username.
    pub fn last(&self, out: &str) -> HashMap<String, String> {
        self.rows(out)
            .iter()
            .filter(|row| row["outcome"] == "delivered")
            .map(|row| {
                let username = row["customer"]["username"].as_str().unwrap().to_owned();
                (username, self.open(row["sealed"].as_str().unwrap()))
            })
            .collect()
    }
}
