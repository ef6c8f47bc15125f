//! The keys of a profile about texts: `language` and `templates`.

use std::path::PathBuf;

use crate::domain::Language;

/// Which texts a profile uses, for customers and for what the agent says to them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TextsConfig {
    /// The language of what the agent says; `None` for English.
    pub(crate) language: Option<Language>,
    /// The folder whose texts replace those of the binary, or add a language.
    pub(crate) templates: Option<PathBuf>,
}
