//! What a command ended with and what it wrote.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Output;

use serde_json::Value;

/// A finished command.
#[derive(Debug)]
pub struct CommandOutput {
    /// The exit code, or -1 if a signal ended the command.
    pub code: i32,
    /// The signal that ended the command.
    pub signal: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for CommandOutput {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            signal: output.status.signal(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl CommandOutput {
    pub fn is_success(&self) -> bool {
        self.code == 0
    }

    /// Everything that was written: standard error, then standard output.
    pub fn text(&self) -> String {
        format!("{}{}", self.stderr, self.stdout)
    }

    /// Asserts the exit code. A failure shows the whole output.
    #[track_caller]
    pub fn must(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Asserts the exit code and that these words were written.
    #[track_caller]
    pub fn must_say(&self, code: i32, words: &str) {
        assert_eq!(self.code, code, "{self:#?}");
        assert!(self.text().contains(words), "\"{words}\": {self:#?}");
    }

    /// Parses the result object on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("{self:#?}"))
    }

    /// Parses the error object. Standard output is empty, and standard error is that one line.
    #[track_caller]
    pub fn error(&self) -> Value {
        assert_eq!(self.stdout, "", "{self:#?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:#?}");
        let error: Value = serde_json::from_str(&self.stderr).unwrap_or_else(|_| panic!("{self:#?}"));
        assert_eq!(error["schema"], "tellonce.error/v1");
        assert_eq!(error["exit_code"], self.code);
        error
    }

    /// Returns the password in the result object.
    #[track_caller]
    pub fn password(&self) -> String {
        self.json()["temporary_password"].as_str().unwrap_or_else(|| panic!("{self:#?}")).to_owned()
    }
}
