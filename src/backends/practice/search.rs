//! Search that stays fast over a million customers.
//!
//! Sorted indexes find what begins with the text, a trigram index what contains it. Matches are counted up to a limit.

use std::collections::HashSet;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::customer_rows::{exact, select};
use super::errors::store_error;
use super::normalize;
use crate::domain::{Customer, Found, Result};

/// Matches are counted up to this number. Beyond it the total is not known.
const MAX_COUNTED: usize = 1000;
/// The shortest text that the trigram index finds, in characters.
const TRIGRAM_LENGTH: usize = 3;

/// A condition on `c` (customer), with its values.
struct Condition {
    sql: &'static str,
    values: Vec<String>,
}

/// Finds matches, best first: exact ones, then names that begin with the text, then those that contain it.
pub(super) fn find(connection: &Connection, text: &str, limit: usize) -> Result<Found> {
    let mut seen = HashSet::new();
    let mut customers: Vec<Customer> = Vec::new();
    let mut add = |found: Vec<(i64, Customer)>, customers: &mut Vec<Customer>| {
        for (number, customer) in found {
            if customers.len() < limit && seen.insert(number) {
                customers.push(customer);
            }
        }
    };
    add(exact(connection, text)?, &mut customers);
    let conditions = conditions(text);
    for condition in &conditions {
        if customers.len() < limit {
            add(select_page(connection, condition, limit)?, &mut customers);
        }
    }
    let total = if customers.len() < limit { Some(customers.len()) } else { count(connection, text, &conditions)? };
    Ok(Found { customers, total: total.map(|total| total as u64), left_out: Vec::new() })
}

/// Returns the conditions that an index answers for this text.
fn conditions(text: &str) -> Vec<Condition> {
    let folded = normalize::fold(text);
    if text.contains('@') {
        return vec![Condition { sql: "c.email >= ?1 AND c.email < ?2", values: prefix_range(text) }]; // people type addresses from the beginning
    }
    let mut conditions = vec![
        Condition { sql: "c.last_folded >= ?1 AND c.last_folded < ?2", values: prefix_range(&folded) },
        Condition { sql: "c.first_folded >= ?1 AND c.first_folded < ?2", values: prefix_range(&folded) },
        Condition { sql: "c.id >= ?1 AND c.id < ?2", values: prefix_range(text) },
    ];
    for (space, _) in folded.match_indices(' ') {
        let (first, last) = (folded[..space].to_owned(), &folded[space + 1..]);
        conditions.push(Condition {
            sql: "c.last_folded >= ?1 AND c.last_folded < ?2 AND c.first_folded = ?3",
            values: [prefix_range(last), vec![first]].concat(),
        });
    }
    if text.chars().count() >= TRIGRAM_LENGTH {
        conditions.push(Condition { sql: "search MATCH ?1", values: vec![fts_phrase(text)] });
    }
    conditions
}

/// Returns the range of all values that begin with the text.
fn prefix_range(text: &str) -> Vec<String> {
    vec![text.to_owned(), format!("{text}\u{10ffff}")]
}

/// Quotes the text as one FTS5 string, so that nothing in it is an operator (sqlite.org/fts5, section 3.1).
fn fts_phrase(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

impl Condition {
    /// Returns the join with the trigram index, for a condition on it.
    fn join(&self) -> &'static str {
        if self.sql.starts_with("search") { "JOIN search ON search.rowid = c.number" } else { "" }
    }
}

fn select_page(connection: &Connection, condition: &Condition, limit: usize) -> Result<Vec<(i64, Customer)>> {
    let values = condition
        .values
        .iter()
        .cloned()
        .map(Value::from)
        .chain([Value::from(i64::try_from(limit).unwrap_or(i64::MAX))]);
    let limit_at = condition.values.len() + 1;
    select(
        connection,
        &format!("{} WHERE {} LIMIT ?{limit_at}", condition.join(), condition.sql),
        params_from_iter(values),
    )
}

/// Counts the matches. Returns `None` as soon as they are more than [`MAX_COUNTED`].
fn count(connection: &Connection, text: &str, conditions: &[Condition]) -> Result<Option<usize>> {
    let mut numbers: HashSet<i64> = exact(connection, text)?.into_iter().map(|(number, _)| number).collect();
    for condition in conditions {
        let sql = format!(
            "SELECT c.number FROM customer c {} WHERE {} LIMIT {}",
            condition.join(),
            condition.sql,
            MAX_COUNTED + 1
        );
        let mut statement = connection.prepare_cached(&sql).map_err(store_error)?;
        let rows = statement.query_map(params_from_iter(&condition.values), |row| row.get(0)).map_err(store_error)?;
        for number in rows {
            numbers.insert(number.map_err(store_error)?);
        }
        if numbers.len() > MAX_COUNTED {
            return Ok(None);
        }
    }
    Ok(Some(numbers.len()))
}
