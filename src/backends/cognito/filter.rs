//! The filters of `ListUsers` (Cognito API, `ListUsers`, parameter `Filter`).

use std::fmt;

/// The longest filter, in characters.
const LONGEST_FILTER: usize = 256;

/// How a filter compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equals,
    BeginsWith,
}

/// A comparison of one attribute with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filter {
    attribute: &'static str,
    comparison: Comparison,
    text: String,
}

impl Filter {
    /// Makes a filter. Returns `None` if no value can match it, or it would be too long.
    pub(super) fn new(attribute: &'static str, comparison: Comparison, text: &str) -> Option<Self> {
        let filter = Self { attribute, comparison, text: text.to_owned() };
        let can_match = !text.is_empty() && !text.contains(char::is_control);
        (can_match && filter.to_string().chars().count() <= LONGEST_FILTER).then_some(filter)
    }

    /// Makes the filter for an exact value.
    pub(super) fn equals(attribute: &'static str, text: &str) -> Option<Self> {
        Self::new(attribute, Comparison::Equals, text)
    }

    /// Returns the attribute that is compared.
    pub(super) const fn attribute(&self) -> &'static str {
        self.attribute
    }

    /// Whether a value matches, in any case. Servers that misread a filter return everybody.
    pub(super) fn matches(&self, value: &str) -> bool {
        let (value, text) = (value.to_lowercase(), self.text.to_lowercase());
        match self.comparison {
            Comparison::Equals => value == text,
            Comparison::BeginsWith => value.starts_with(&text),
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = match self.comparison {
            Comparison::Equals => "=",
            Comparison::BeginsWith => "^=",
        };
        let text = self.text.replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "{} {operator} \"{text}\"", self.attribute)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn quotes_and_backslashes_stay_inside_the_text() {
        for (text, expected) in [
            ("ada", r#"username = "ada""#),
            (r#"a"da"#, r#"username = "a\"da""#),
            (r"a\da", r#"username = "a\\da""#),
            (r#"\" or sub ^= ""#, r#"username = "\\\" or sub ^= \"""#),
        ] {
            assert_eq!(Filter::equals("username", text).unwrap().to_string(), expected);
        }
    }

    #[test]
    fn what_no_value_can_match_is_no_filter() {
        assert!(Filter::equals("email", "").is_none());
        assert!(Filter::equals("email", "a\nb").is_none());
        assert!(Filter::equals("email", &"a".repeat(300)).is_none());
        assert!(Filter::equals("email", &"\"".repeat(130)).is_none(), "escaped it is too long");
    }

    #[test]
    fn values_are_compared_in_any_case() {
        let filter = Filter::new("name", Comparison::BeginsWith, "ada l").unwrap();
        assert!(filter.matches("Ada Lovelace") && !filter.matches("Lovelace, Ada"));
        assert!(Filter::equals("email", "ADA@example.com").unwrap().matches("ada@example.com"));
    }
}
