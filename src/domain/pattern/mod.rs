//! Patterns (regular expressions) that a whole text has to match, with a bound on the work that a match may take.

mod java;

use std::cmp::Ordering;
use std::sync::Arc;

use fancy_regex::{Regex, RegexBuilder};

/// The longest pattern that is read, in bytes.
const LONGEST: usize = 1000;
/// The most steps back in one match. A pattern that needs more is left to the server.
const BACKTRACKS: usize = 10_000;
/// The largest size, in bytes, of a compiled part without look-around.
const COMPILED: usize = 1 << 20;
/// The longest text that is matched, in bytes: longer than any ticket and any temporary password.
const LONGEST_TEXT: usize = 1024;

/// A pattern that the whole text has to match.
///
/// Two patterns are equal if their texts are.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    regex: Arc<Regex>,
}

impl Pattern {
    /// Reads a pattern in the syntax of the crate `fancy-regex`.
    ///
    /// # Errors
    /// Why it cannot be used, in words.
    pub fn new(text: &str) -> Result<Self, String> {
        Self::compiled(text, text)
    }

    /// Reads a pattern of `java.util.regex`, as Keycloak's policy has them. It is judged for texts in ASCII, as all
    /// temporary passwords are.
    ///
    /// # Errors
    /// Why it cannot be evaluated here, in words: it cannot be read, or its matches take too long.
    pub fn from_java(text: &str) -> Result<Self, String> {
        let pattern = Self::compiled(text, &java::translate(text)?)?;
        if PROBES.iter().any(|probe| pattern.matches(probe).is_none()) {
            return Err("matching it takes too long".to_owned());
        }
        Ok(pattern)
    }

    fn compiled(text: &str, translated: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("it is longer than {LONGEST} bytes"));
        }
        // The pattern is compiled alone first: within the group a stray ")" would change what is anchored.
        let build =
            |whole: &str| RegexBuilder::new(whole).backtrack_limit(BACKTRACKS).delegate_size_limit(COMPILED).build();
        let to_error = |error: fancy_regex::Error| format!("it cannot be read ({error})");
        build(translated).map_err(to_error)?;
        let regex = build(&format!("\\A(?:{translated})\\z")).map_err(to_error)?;
        Ok(Self { text: text.to_owned(), regex: Arc::new(regex) })
    }

    /// Returns the pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole text matches. Returns `None` if finding out takes too long.
    pub fn matches(&self, text: &str) -> Option<bool> {
        if text.len() > LONGEST_TEXT {
            return None;
        }
        self.regex.is_match(text).ok()
    }
}

/// Examples of temporary passwords. A pattern that takes too long to match one of them is not used.
const PROBES: [&str; 5] = [
    "Aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa-aaaa",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
    "AcD3-fGh4-jKm6-nPq7-rTu9",
    "7aC!dE3@fG6$hJ9%kM4#nP7*",
    "44444444444444444444444444444444444444444444",
];

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn is_match(pattern: &str, text: &str) -> Option<bool> {
        Pattern::from_java(pattern).unwrap().matches(text)
    }

    #[test]
    fn the_whole_text_has_to_match() {
        assert_eq!(is_match("[a-z]+", "abc"), Some(true));
        assert_eq!(is_match("[a-z]+", "abc1"), Some(false));
        assert_eq!(is_match("a|ab", "ab"), Some(true), "the second branch is tried as well");
        assert_eq!(is_match("^a|b$", "ab"), Some(false));
        assert_eq!(Pattern::new("T-[0-9]+").unwrap().matches("XT-17"), Some(false));
        assert!(Pattern::new("a)|(b").is_err(), "the anchors hold for all of it");
    }

    #[test]
    fn a_pattern_that_takes_too_long_is_not_evaluated() {
        let slow = Pattern::from_java(r"(a|a)*(?!c)d").unwrap_err();
        assert!(slow.contains("too long"), "{slow}");
        assert!(Pattern::from_java(&"a".repeat(LONGEST + 1)).unwrap_err().contains("longer than"));
        assert!(Pattern::from_java("(?=a)[a-z]{0,9999}{0,9999}").is_err());
        assert_eq!(Pattern::new("a+").unwrap().matches(&"a".repeat(LONGEST_TEXT + 1)), None);
    }
}
