//! Search that stays fast over a million customers: what begins with the text by sorted indexes, what contains it by
//! trigrams, and no counting beyond what is worth saying.

use std::collections::HashSet;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::customer_rows::{exact, select};
use super::errors::store_error;
use super::normalize;
use crate::domain::{Customer, Found, Result};

/// Matches are counted up to here; beyond, the total is not said.
const COUNTED: usize = 1000;
/// The trigram index knows texts of at least this many characters.
const TRIGRAM: usize = 3;

/// One way in which customers may match: a condition on `c` (customer), with its values.
struct Way {
    condition: &'static str,
    values: Vec<String>,
}

/// A page of matches, best first: exact ones, then names that begin with the text, then those that contain it.
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
    let ways = ways(text);
    for way in &ways {
        if customers.len() < limit {
            add(page(connection, way, limit)?, &mut customers);
        }
    }
    let total = if customers.len() < limit { Some(customers.len()) } else { count(connection, text, &ways)? };
    Ok(Found { customers, total: total.map(|total| total as u64) })
}

/// The ways that can be asked quickly for this text.
fn ways(text: &str) -> Vec<Way> {
    let folded = normalize::folded(text);
    if text.contains('@') {
        return vec![Way { condition: "c.email >= ?1 AND c.email < ?2", values: range(text) }]; // addresses are typed from their beginning
    }
    let mut ways = vec![
        Way { condition: "c.last_folded >= ?1 AND c.last_folded < ?2", values: range(&folded) },
        Way { condition: "c.first_folded >= ?1 AND c.first_folded < ?2", values: range(&folded) },
        Way { condition: "c.id >= ?1 AND c.id < ?2", values: range(text) },
    ];
    for (space, _) in folded.match_indices(' ') {
        let (first, last) = (folded[..space].to_owned(), &folded[space + 1..]);
        ways.push(Way {
            condition: "c.last_folded >= ?1 AND c.last_folded < ?2 AND c.first_folded = ?3",
            values: [range(last), vec![first]].concat(),
        });
    }
    if text.chars().count() >= TRIGRAM {
        ways.push(Way { condition: "search MATCH ?1", values: vec![phrase(text)] });
    }
    ways
}

/// From the text itself to the first one after all that begin with it.
fn range(text: &str) -> Vec<String> {
    vec![text.to_owned(), format!("{text}\u{10ffff}")]
}

/// The text as one FTS5 string, so that nothing in it is an operator (sqlite.org/fts5, section 3.1).
fn phrase(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

impl Way {
    /// The trigram index is joined only where it is asked.
    fn from(&self) -> &'static str {
        if self.condition.starts_with("search") { "JOIN search ON search.rowid = c.number" } else { "" }
    }
}

fn page(connection: &Connection, way: &Way, limit: usize) -> Result<Vec<(i64, Customer)>> {
    let values =
        way.values.iter().cloned().map(Value::from).chain([Value::from(i64::try_from(limit).unwrap_or(i64::MAX))]);
    let limit_at = way.values.len() + 1;
    select(connection, &format!("{} WHERE {} LIMIT ?{limit_at}", way.from(), way.condition), params_from_iter(values))
}

/// How many match, if they are not too many to count in time: as soon as one way alone has too many, no other is asked.
fn count(connection: &Connection, text: &str, ways: &[Way]) -> Result<Option<usize>> {
    let mut numbers: HashSet<i64> = exact(connection, text)?.into_iter().map(|(number, _)| number).collect();
    for way in ways {
        let sql =
            format!("SELECT c.number FROM customer c {} WHERE {} LIMIT {}", way.from(), way.condition, COUNTED + 1);
        let mut statement = connection.prepare_cached(&sql).map_err(store_error)?;
        let rows = statement.query_map(params_from_iter(&way.values), |row| row.get(0)).map_err(store_error)?;
        for number in rows {
            numbers.insert(number.map_err(store_error)?);
        }
        if numbers.len() > COUNTED {
            return Ok(None);
        }
    }
    Ok(Some(numbers.len()))
}
