//! What the page's script can check of a rule while the customer types.

use crate::domain::Rule;

/// A rule as the page lists it.
pub(super) struct RuleHint {
    /// The rule in words.
    pub(super) words: String,
    /// Which check of the script belongs to it; empty where only the practice directory can judge.
    pub(super) check: &'static str,
    /// The number that the check compares with, or 0.
    pub(super) number: usize,
}

impl From<&Rule> for RuleHint {
    fn from(rule: &Rule) -> Self {
        let (check, number) = match rule {
            Rule::MinLength(least) => ("min-length", *least),
            Rule::MaxLength(most) => ("max-length", *most),
            Rule::Upper(least) => ("upper", *least),
            Rule::Lower(least) => ("lower", *least),
            Rule::Digits(least) => ("digits", *least),
            Rule::Special(least) => ("special", *least),
            _ => ("", 0),
        };
        Self { words: rule.describe(), check, number }
    }
}
