//! What `doctor` looked at, and what it found.

use serde::Serialize;

use super::error::Result;

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// As it should be.
    Ok,
    /// Worth knowing, and no fault.
    Warning,
    /// Wrong: exit 11.
    Fault,
    /// Could not be checked here, and why.
    Unknown,
    /// A promise that is kept.
    Kept,
    /// A promise that the backend alone would not keep, and that is kept by what tellonce does beside it.
    KeptByTellonce,
    /// A promise that this backend does not keep, as it is set up.
    NotKept,
    /// A promise that no server of this kind keeps, however it is set up.
    Limit,
}

impl CheckState {
    /// The words people read.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "note",
            Self::Fault => "FAULT",
            Self::Unknown => "not checked",
            Self::Kept => "kept",
            Self::KeptByTellonce => "kept by tellonce",
            Self::NotKept => "NOT KEPT",
            Self::Limit => "limit",
        }
    }
}

/// One line of the report.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// Its name, stable for scripts.
    pub id: String,
    /// The promise it is about.
    pub promise: Option<String>,
    /// What it found.
    pub state: CheckState,
    /// What it found, in words, and what to do.
    pub words: String,
    /// A fault that `tellonce setup` mends.
    #[serde(skip)]
    pub for_setup: bool,
}

impl Check {
    /// A check of nothing that was promised.
    pub fn new(id: &str, state: CheckState, words: impl Into<String>) -> Self {
        Self { id: id.to_owned(), promise: None, state, words: words.into(), for_setup: false }
    }

    /// Ok with these words, or a fault with the failure's.
    pub fn of<T>(id: &str, checked: &Result<T>, words: impl FnOnce(&T) -> String) -> Self {
        match checked {
            Ok(found) => Self::new(id, CheckState::Ok, words(found)),
            Err(failure) => Self::new(id, CheckState::Fault, failure.told()),
        }
    }
}
