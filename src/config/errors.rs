//! The error of a configuration that is wrong, with its file.

use std::path::Path;

use crate::domain::{Error, Kind, Reason};

pub(super) fn wrong(path: &Path, what: &str) -> Error {
    Error::new(Kind::Usage, Reason::Configuration, format!("{}: {what}.", path.display()))
        .hint("`tellonce profile add --print` shows a commented sample.")
}
