//! What a run was asked to do: kept in its journal, so that a resumed run does the same.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::input::InputFormat;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowFormat {
    /// CSV with a header row.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// Where the rows go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutputTarget {
    /// To this file, each password sealed.
    Sealed(PathBuf),
    /// In clear, to this way (`stdout`, `fd:3`).
    Clear(String),
}

/// What a run was asked to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RunSettings {
    /// The run's id.
    pub run: String,
    /// When it began.
    pub started_at: Timestamp,
    /// The profile.
    pub profile: String,
    /// The backend's kind.
    pub backend: String,
    /// The agent at the backend.
    pub agent: String,
    /// The input: a file's absolute path, or the run's own copy of standard input.
    pub input: PathBuf,
    /// It is the run's own copy, which is removed at its end.
    pub spooled: bool,
    /// How it is written.
    pub format: InputFormat,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// How many rows it has.
    pub rows: u64,
    /// Where the rows go.
    pub delivery: OutputTarget,
    /// How they are written.
    pub row_format: RowFormat,
    /// Whom to seal to where a row does not say.
    pub recipients: Vec<String>,
    /// A regular file may get passwords in clear.
    pub allow_plaintext_file: bool,
    /// Enter customers that the directory does not know.
    pub create: bool,
    /// What stands where a row has no ticket.
    pub ticket: Option<String>,
    /// What stands where a row has no reason.
    pub reason: Option<String>,
    /// What stands where a row does not say how the caller was verified.
    pub verified: Option<String>,
    /// Calls at once; none: as the backend says.
    pub concurrency: Option<usize>,
    /// Rows a second, at most.
    pub rate: Option<f64>,
    /// So many rows are done before it stops.
    pub limit: Option<u64>,
    /// So many failures in a row, and it stops.
    pub abort_after: u64,
    /// How long a backend that is gone is waited for, in seconds.
    pub wait_seconds: u64,
}
