//! What could be read, or the words for why not.

use crate::domain::{Reason, Result};

/// Something that decides about a reset: read, or why it cannot be.
pub(super) type Protection<T> = Result<T, String>;

/// A 403 is a finding here; everything else is a failure.
pub(super) fn readable<T>(read: Result<T>, missing: &str) -> Result<Protection<T>> {
    match read {
        Err(failure) if failure.reason == Reason::MissingRight => Ok(Err(missing.to_owned())),
        read => read.map(Ok),
    }
}
