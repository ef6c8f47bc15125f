//! The errors that stop a run before its input ends. The run can be resumed.

use std::time::Duration;

use crate::domain::{Error, Kind, Reason};

/// Makes the error of a run that a signal stops.
pub(super) fn interrupted(signal: i32) -> Error {
    let message = format!("Signal {signal} came; what was in flight is finished.");
    Error::new(Kind::Interrupted(signal), Reason::Interrupted, message)
}

/// Makes the error of a run in which too many rows failed one after the other.
pub(super) fn too_many_failures(in_a_row: u64) -> Error {
    Error::new(
        Kind::Unavailable,
        Reason::TooManyFailures,
        format!("{in_a_row} rows failed one after the other: something may be wrong with all of them."),
    )
}

/// Makes the error of a backend that accepted nothing for as long as the run waits; `words` is its last message.
pub(super) fn waited(wait: Duration, words: &str) -> Error {
    Error::unavailable(format!("The backend was waited for {} seconds. {words}", wait.as_secs()))
}
