//! A file of texts.

use crate::domain::Language;

/// A file of texts in one language.
pub(super) struct Source {
    pub(super) language: Language,
    /// Its name, for errors.
    pub(super) name: String,
    /// Its content.
    pub(super) text: String,
}

impl Source {
    /// Returns the place of a byte for errors: the file's name and the line.
    pub(super) fn place(&self, position: usize) -> String {
        let before = self.text.as_bytes().iter().take(position);
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        format!("{}, line {line}", self.name)
    }

    /// Returns the place where a message or a term begins.
    pub(super) fn place_of(&self, id: &str) -> String {
        let is_it = |line: &str| line.strip_prefix(id).is_some_and(|rest| rest.trim_start().starts_with('='));
        let line = self.text.lines().position(is_it).unwrap_or_default() + 1;
        format!("{}, line {line}", self.name)
    }
}
