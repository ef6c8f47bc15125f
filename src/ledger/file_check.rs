//! Checks whether the log's file can be used, and makes the error if it cannot.

use std::io::{self, ErrorKind};
use std::path::Path;

use crate::domain::{Error, Kind, Reason};

/// Makes the error of an audit log that cannot be used (exit 8).
pub(super) fn unavailable(path: &Path, error: &io::Error) -> Error {
    Error::new(
        Kind::Unavailable,
        Reason::AuditUnavailable,
        format!("The audit log {} cannot be used: {error}.", path.display()),
    )
    .hint("Nothing is done without it. Make room, or make the folder yours, and try again.")
}

/// Checks that the path is a regular file, or that nothing is there yet: reading a device or a pipe may never end.
pub(super) fn must_be_regular(path: &Path) -> io::Result<()> {
    match path.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err(io::Error::other("it is not a regular file")),
    }
}
