//! Values that an agent may not be allowed to read.

use crate::domain::{Reason, Result};

/// A value that decides about a reset, or why the agent may not read it.
pub(super) type Readable<T> = Result<T, String>;

/// Turns a missing right into `why`, and passes on every other error.
pub(super) fn or_unreadable<T>(read: Result<T>, why: &str) -> Result<Readable<T>> {
    match read {
        Err(error) if error.reason == Reason::MissingRight => Ok(Err(why.to_owned())),
        read => read.map(Ok),
    }
}
