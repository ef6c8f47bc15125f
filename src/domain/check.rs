//! The checks of `doctor`, and what they found.

use serde::Serialize;

use super::error::Result;

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// All is as it should be.
    Ok,
    /// Something is worth knowing, but not a fault.
    Warning,
    /// Something is wrong: exit 11.
    Fault,
    /// The check was not possible; the words say why.
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
    /// Returns the words that people read.
    pub const fn describe(self) -> &'static str {
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

/// One check: a line of the report.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// Its name, stable for scripts.
    pub id: String,
    /// The promise it is about.
    pub promise: Option<String>,
    /// What it found.
    pub state: CheckState,
    /// What the check found, in words, and what to do.
    pub words: String,
    /// Whether the check found a fault that `tellonce setup` mends.
    #[serde(skip)]
    pub for_setup: bool,
}

impl Check {
    /// Makes a check that is about no promise.
    pub fn new(id: &str, state: CheckState, words: impl Into<String>) -> Self {
        Self { id: id.to_owned(), promise: None, state, words: words.into(), for_setup: false }
    }

    /// Makes a check from a result: ok with these words, or a fault with the words of the error.
    pub fn of<T>(id: &str, checked: &Result<T>, words: impl FnOnce(&T) -> String) -> Self {
        match checked {
            Ok(found) => Self::new(id, CheckState::Ok, words(found)),
            Err(error) => Self::new(id, CheckState::Fault, error.message_with_hint()),
        }
    }
}
