//! Reads the password policy from its table.

use rusqlite::Connection;

use super::errors::store_error;
use crate::domain::{Policy, Result, Rule};

/// The policy of a new directory.
pub(super) const INITIAL: [(&str, i64); 8] = [
    ("min_length", 12),
    ("upper", 1),
    ("lower", 1),
    ("digits", 1),
    ("special", 1),
    ("not_contains_username", 1),
    ("not_contains_email", 1),
    ("history", 3),
];

/// Reads the live policy.
pub(super) fn read(connection: &Connection) -> Result<Policy> {
    let mut statement = connection.prepare_cached("SELECT name, number FROM policy_rule").map_err(store_error)?;
    let rows =
        statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).map_err(store_error)?;
    let mut rules = Vec::new();
    for row in rows {
        let (name, number) = row.map_err(store_error)?;
        rules.extend(rule(&name, usize::try_from(number).unwrap_or_default()));
    }
    Ok(Policy::new(rules))
}

/// Returns the rule of a row, or `None` for a number of 0, which requires nothing.
fn rule(name: &str, number: usize) -> Option<Rule> {
    if number == 0 {
        return None;
    }
    match name {
        "min_length" => Some(Rule::MinLength(number)),
        "max_length" => Some(Rule::MaxLength(number)),
        "upper" => Some(Rule::Upper(number)),
        "lower" => Some(Rule::Lower(number)),
        "digits" => Some(Rule::Digits(number)),
        "special" => Some(Rule::Special(number)),
        "not_contains_username" => Some(Rule::NotContainsUsername),
        "not_contains_email" => Some(Rule::NotContainsEmail),
        "history" => Some(Rule::History(number)),
        _ => None,
    }
}
