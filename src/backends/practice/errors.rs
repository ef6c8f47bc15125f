//! Turns errors of `SQLite` into errors for the agent.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::domain::{Error, Kind, Reason};

/// Makes the error of a file that cannot be used.
pub(super) fn damaged(path: &Path, why: &str) -> Error {
    Error::new(
        Kind::Usage,
        Reason::DirectoryDamaged,
        format!("The practice directory {} cannot be used: {why}.", path.display()),
    )
    .hint("Begin again with `tellonce practice start-over`; nothing in it is real.")
}

/// Makes the error of a file that cannot be opened.
pub(super) fn store_error_at(path: &Path, error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => damaged(path, "it is damaged").because(error),
        _ => Error {
            message: format!("The practice directory {} does not answer: {error}.", path.display()),
            ..store_error(error)
        },
    }
}

/// Makes the error of a statement that failed.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn store_error(error: rusqlite::Error) -> Error {
    if let rusqlite::Error::FromSqlConversionFailure(_, _, why) = &error {
        let message = format!("The practice directory is damaged: {why}.");
        return Error::new(Kind::Usage, Reason::DirectoryDamaged, message)
            .hint("Begin again with `tellonce practice start-over`; nothing in it is real.")
            .because(error);
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            Error::new(Kind::Usage, Reason::DirectoryDamaged, "The practice directory is damaged.")
                .hint("Begin again with `tellonce practice start-over`; nothing in it is real.")
                .because(error)
        }
        _ if error.to_string().starts_with("no such ") => {
            Error::new(Kind::Usage, Reason::DirectoryDamaged, "The practice directory lacks a table or a column.")
                .hint("Begin again with `tellonce practice start-over`; nothing in it is real.")
                .because(error)
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Error::unavailable("The practice directory is busy: another process is writing to it.")
                .hint("Try again, or give it more time with `--timeout`.")
                .because(error)
        }
        Some(ErrorCode::DiskFull) => {
            Error::unavailable("The disk is full; the practice directory was not changed.").because(error)
        }
        Some(ErrorCode::ReadOnly) => Error::unavailable("The practice directory cannot be written.").because(error),
        _ => Error::unavailable(format!("The practice directory does not answer: {error}.")).because(error),
    }
}
