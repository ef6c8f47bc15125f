//! What holds for every text in every language, and what the messages and the customer script say.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

mod languages;
mod messages;
mod script;
mod templates;

use super::*;
use crate::domain::Language;

/// The languages that the binary has.
const LANGUAGES: [&str; 2] = ["en", "de"];

fn language(tag: &str) -> Language {
    tag.parse().unwrap()
}

fn localization(tag: &str) -> Localization {
    Localization::new(Texts::built_in(), language(tag)).unwrap()
}
