//! Opens the log's file, and makes the error if it cannot be used.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::domain::{Error, Kind, Reason, Result};
use crate::platform::{Access, FileRule, Holds, Links};

/// What to do about a log that cannot be used.
const MEND: &str = "Nothing is done without it. Make room, or make the folder yours, and try again.";

/// Makes the error of an audit log that cannot be used (exit 8).
pub(super) fn unavailable(path: &Path, error: &io::Error) -> Error {
    Error::new(
        Kind::Unavailable,
        Reason::AuditUnavailable,
        format!("The audit log {} cannot be used: {error}.", path.display()),
    )
    .hint(MEND)
}

/// Opens the log's file. Returns `None` if there is no log, and makes none unless `access` says so.
///
/// The log decides how often a customer may be reset, and what is settled by a later command.
///
/// # Errors
/// Exit 8: it is somebody else's, others can write it, it is a link or no regular file, or it cannot be opened.
pub(super) fn open_log(path: &Path, access: Access) -> Result<Option<File>> {
    FileRule::new(Holds::Settings, Links::Refused).open(path, access).map_err(|found| {
        let message = format!("The audit log cannot be used: {}.", found.what);
        let hint = found.hint.unwrap_or_else(|| MEND.to_owned());
        Error::new(Kind::Unavailable, Reason::AuditUnavailable, message).hint(hint)
    })
}
