//! What an answer of `SQLite` means to the agent.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::domain::{Failure, Kind, Reason};

pub(super) fn damaged(path: &Path, why: &str) -> Failure {
    Failure::new(
        Kind::Usage,
        Reason::DirectoryDamaged,
        format!("The practice directory {} cannot be used: {why}.", path.display()),
    )
    .hint("Begin again with `tellonce practice start-over`; nothing in it is real.")
}

/// What `SQLite`'s answer means for a file that is being opened.
pub(super) fn told_of(path: &Path, error: rusqlite::Error) -> Failure {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => damaged(path, "it is damaged").because(error),
        _ => Failure {
            message: format!("The practice directory {} does not answer: {error}.", path.display()),
            ..told(error)
        },
    }
}

/// What `SQLite`'s answer means in the middle of the work.
#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn told(error: rusqlite::Error) -> Failure {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            Failure::new(Kind::Usage, Reason::DirectoryDamaged, "The practice directory is damaged.")
                .hint("Begin again with `tellonce practice start-over`; nothing in it is real.")
                .because(error)
        }
        _ if error.to_string().starts_with("no such ") => {
            Failure::new(Kind::Usage, Reason::DirectoryDamaged, "The practice directory lacks a table or a column.")
                .hint("Begin again with `tellonce practice start-over`; nothing in it is real.")
                .because(error)
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            let told = Failure::unavailable("The practice directory is busy: another process is writing to it.");
            told.hint("Try again, or give it more time with `--timeout`.").because(error)
        }
        Some(ErrorCode::DiskFull) => {
            Failure::unavailable("The disk is full; the practice directory was not changed.").because(error)
        }
        Some(ErrorCode::ReadOnly) => Failure::unavailable("The practice directory cannot be written.").because(error),
        _ => Failure::unavailable(format!("The practice directory does not answer: {error}.")).because(error),
    }
}
