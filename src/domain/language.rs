//! The language of a text.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The primary language of a BCP 47 tag, in small letters: `en`, `de`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language(String);

impl Language {
    /// Returns English, which every text has.
    pub fn english() -> Self {
        Self("en".to_owned())
    }

    /// Returns it as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Language {
    type Err = String;

    /// Takes the primary language of a tag, as directories write it: `de`, `de-DE`, `de_AT`. Of a list by preference
    /// (RFC 2798 section 2.7) it takes the first: `de-AT, en;q=0.5`.
    fn from_str(tag: &str) -> Result<Self, String> {
        let primary = tag.trim().split(['-', '_', ',', ';', '.']).next().unwrap_or_default().trim();
        let is_primary = (2..=3).contains(&primary.len()) && primary.chars().all(|letter| letter.is_ascii_alphabetic());
        if is_primary {
            Ok(Self(primary.to_ascii_lowercase()))
        } else {
            Err(format!("\"{tag}\" is no language: en, de"))
        }
    }
}

impl TryFrom<String> for Language {
    type Error = String;

    fn try_from(tag: String) -> Result<Self, String> {
        tag.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn a_tag_is_reduced_to_its_language_and_anything_else_is_refused() {
        for (tag, language) in
            [("de", "de"), ("de-AT", "de"), ("DE_de.UTF-8", "de"), ("en-GB, de;q=0.5", "en"), (" fr ", "fr")]
        {
            assert_eq!(tag.parse::<Language>().unwrap().as_str(), language);
        }
        for wrong in ["", "*", "german", "d", "../x", "e1"] {
            assert!(wrong.parse::<Language>().is_err(), "{wrong}");
        }
    }
}
