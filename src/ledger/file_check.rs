//! Whether the log's file can be used, and the error where it cannot.

use std::io::{self, ErrorKind};
use std::path::Path;

use crate::domain::{Error, Kind, Reason};

/// The audit log cannot be used (exit 8).
pub(super) fn unavailable(path: &Path, error: &io::Error) -> Error {
    Error::new(
        Kind::Unavailable,
        Reason::AuditUnavailable,
        format!("The audit log {} cannot be used: {error}.", path.display()),
    )
    .hint("Nothing is done without it. Make room, or make the folder yours, and try again.")
}

/// A device, a pipe or a folder is no log: reading one may never end. No file is fine; it is made when first needed.
pub(super) fn must_be_regular(path: &Path) -> io::Result<()> {
    match path.metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err(io::Error::other("it is not a regular file")),
    }
}
