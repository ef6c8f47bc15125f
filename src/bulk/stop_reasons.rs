//! Why a run stops before its input is at its end, resumable.

use std::time::Duration;

use crate::domain::{Error, Kind, Reason};

/// A signal came.
pub(super) fn interrupted(signal: i32) -> Error {
    let message = format!("Signal {signal} came; what was in flight is finished.");
    Error::new(Kind::Interrupted(signal), Reason::Interrupted, message)
}

/// So many rows failed one after the other.
pub(super) fn too_many_failures(in_a_row: u64) -> Error {
    Error::new(
        Kind::Unavailable,
        Reason::TooManyFailures,
        format!("{in_a_row} rows failed one after the other: something may be wrong with all of them."),
    )
}

/// The backend took nothing for as long as it is waited for; these are its last words.
pub(super) fn waited(wait: Duration, words: &str) -> Error {
    Error::unavailable(format!("The backend was waited for {} seconds. {words}", wait.as_secs()))
}
