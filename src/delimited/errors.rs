//! Why a text cannot be read.

use std::io;

/// Why a text cannot be read as a whole.
#[derive(Debug)]
pub(crate) enum DelimitedTextError {
    /// The file or the pipe gives no more.
    Read(io::Error),
    /// The text breaks a rule.
    Malformed {
        /// The line, counted from 1, where one line is to blame.
        line: Option<u64>,
        /// What is wrong, worded to follow "it: " or "line 3: ".
        problem: String,
        /// What to do about it, as a sentence.
        hint: Option<&'static str>,
    },
}

impl DelimitedTextError {
    pub(super) fn at(line: u64, problem: impl Into<String>) -> Self {
        Self::Malformed { line: Some(line), problem: problem.into(), hint: None }
    }

    /// Returns the line and the problem in one text: "line 3: a quote …".
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Read(error) => format!("it cannot be read any further ({error})"),
            Self::Malformed { line: Some(line), problem, .. } => format!("line {line}: {problem}"),
            Self::Malformed { line: None, problem, .. } => problem.clone(),
        }
    }

    /// Returns what to do about it.
    pub(crate) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Read(_) => None,
            Self::Malformed { hint, .. } => *hint,
        }
    }
}

impl From<io::Error> for DelimitedTextError {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}
