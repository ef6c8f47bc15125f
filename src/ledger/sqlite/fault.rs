//! Why the ledger's file cannot be used, in a form that goes from one thread to another.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::domain::{Error, Kind, Reason};
use crate::platform::NotPrivate;

const MEND: &str = "Nothing is done without it. Make room, or make the folder yours, and try again.";
const DAMAGED: &str = "Move it aside to begin a new one, and keep it: `tellonce ledger status` names it.";

/// Why the ledger's file cannot be used.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    what: String,
    hint: &'static str,
    /// A hint that names a file.
    own_hint: Option<String>,
}

impl Fault {
    /// Makes the fault of a file that could be used if the machine let it.
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), hint: MEND, own_hint: None }
    }

    /// Makes the fault of a file whose content cannot be used.
    pub(super) fn damaged(what: impl Into<String>) -> Self {
        Self { what: what.into(), hint: DAMAGED, own_hint: None }
    }

    /// Adds what to do next.
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { own_hint: Some(hint.into()), ..self }
    }

    /// Makes the error of a ledger that cannot be used (exit 8).
    pub(super) fn into_error(self, path: &Path) -> Error {
        let message = format!("The ledger {} cannot be used: {}.", path.display(), self.what);
        Error::new(Kind::Unavailable, Reason::AuditUnavailable, message)
            .hint(self.own_hint.unwrap_or_else(|| self.hint.to_owned()))
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        if let rusqlite::Error::FromSqlConversionFailure(_, _, why) = &error {
            return Self::damaged(why.to_string());
        }
        let code = error.sqlite_error_code();
        match code {
            Some(ErrorCode::DatabaseBusy) => Self::new("another process has held it for too long"),
            Some(ErrorCode::DiskFull) => Self::new("no space is left on the disk"),
            Some(ErrorCode::ReadOnly) => Self::new("it may not be written"),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::damaged(format!("it is damaged, or no ledger ({error})"))
            }
            _ => Self::new(error.to_string()),
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}

impl From<NotPrivate> for Fault {
    fn from(found: NotPrivate) -> Self {
        let fault = Self::new(found.what);
        match found.hint {
            Some(hint) => fault.hint(hint),
            None => fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_database_says_is_told_in_words_and_is_no_other_exit_than_8() {
        for (code, what) in [
            (rusqlite::ffi::SQLITE_BUSY, "another process has held it for too long"),
            (rusqlite::ffi::SQLITE_FULL, "no space is left on the disk"),
            (rusqlite::ffi::SQLITE_READONLY, "it may not be written"),
            (rusqlite::ffi::SQLITE_CORRUPT, "it is damaged, or no ledger"),
            (rusqlite::ffi::SQLITE_NOTADB, "it is damaged, or no ledger"),
        ] {
            let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            let error = Fault::from(error).into_error(Path::new("ledger.db"));
            assert!(error.message.starts_with(&format!("The ledger ledger.db cannot be used: {what}")), "{error}");
            assert_eq!(error.exit_code(), crate::domain::ExitCode::UNAVAILABLE);
        }
    }
}
