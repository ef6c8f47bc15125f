//! The settings of a run, which its journal keeps so that a resumed run does the same.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::input::{InputFormat, InputOptions};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowFormat {
    /// CSV with a header row.
    Csv,
    /// JSON Lines: one object in each line.
    Jsonl,
}

/// Where the rows go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutputTarget {
    /// To this file, each password sealed.
    Sealed(PathBuf),
    /// In clear, to this descriptor (`stdout`, `fd:3`).
    Clear(String),
}

/// The settings of a run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RunSettings {
    /// The run's id.
    pub run: String,
    /// When it began.
    pub started_at: Timestamp,
    pub profile: String,
    /// The backend's kind.
    pub backend: String,
    /// The agent at the backend.
    pub agent: String,
    /// The input: a file's absolute path, or the run's own copy of standard input.
    pub input: PathBuf,
    /// Whether the input is the run's own copy, which is removed when the run ends.
    pub spooled: bool,
    /// The format of the input.
    pub format: InputFormat,
    /// The column, or the key, that names the customer; `None` for the one that is recognised.
    #[serde(default)]
    pub customer_column: Option<String>,
    /// The SHA-256 of the input, in hexadecimal.
    pub sha256: String,
    /// The number of rows in the input.
    pub rows: u64,
    /// Where the rows go.
    pub delivery: OutputTarget,
    /// The number by which the file system knows the output's file: a resumed run writes to no other one.
    pub output_file: Option<u64>,
    /// The format of the output.
    pub row_format: RowFormat,
    /// The recipients of a row that names none.
    pub recipients: Vec<String>,
    /// Whether a regular file may get passwords in clear.
    pub allow_plaintext_file: bool,
    /// Whether to enter customers whom the directory does not know.
    pub create: bool,
    /// The ticket of a row that has none.
    pub ticket: Option<String>,
    /// The reason of a row that has none.
    pub reason: Option<String>,
    /// How the caller was verified, for a row that does not say so.
    pub verified: Option<String>,
    /// The most concurrent calls; `None` leaves that to the backend.
    pub concurrency: Option<usize>,
    /// The most rows in a second.
    pub rate: Option<f64>,
    /// How many rows to do before the run stops.
    pub limit: Option<u64>,
    /// How many failures, one after the other, stop the run.
    pub abort_after: u64,
    /// How long to wait for a backend that is gone, in seconds.
    pub wait_seconds: u64,
}

impl RunSettings {
    /// Returns how the input is read.
    pub(crate) fn input_options(&self) -> InputOptions {
        InputOptions { format: Some(self.format), customer_column: self.customer_column.clone() }
    }
}
