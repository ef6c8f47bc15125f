//! Makes errors of the configuration.

use std::path::Path;

use crate::domain::{Error, Kind, Reason};

/// Makes the error of a mistake in this file.
pub(super) fn wrong(path: &Path, what: &str) -> Error {
    Error::new(Kind::Usage, Reason::Configuration, format!("{}: {what}.", path.display()))
        .hint("`tellonce profile add --print` shows a commented sample.")
}
