//! Reads records by number, and finds them by user, customer, attempt and time.

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Params, params, params_from_iter};

use super::fault::Fault;
use super::rows::{json, stored};
use crate::ledger::hash::Hash;
use crate::ledger::store::{Head, Query, Subject};
use crate::ledger::stored_record::StoredRecord;

/// Conditions, and the values that they are bound to.
#[derive(Default)]
struct Conditions {
    text: String,
    values: Vec<Value>,
}

impl Conditions {
    /// Adds a condition, whose question marks stand for these values.
    fn add<const N: usize>(&mut self, condition: &str, values: [Value; N]) {
        self.text.push_str(if self.text.is_empty() { " WHERE " } else { " AND " });
        self.text.push_str(condition);
        self.values.extend(values);
    }

    fn add_subject(&mut self, subject: &Subject) {
        let Subject { backend_ids, users, customers } = subject;
        self.add(
            "number IN (
               SELECT number FROM record WHERE user_id IN (SELECT value FROM json_each(?)) AND user_id IS NOT NULL
               UNION
               SELECT number FROM record WHERE customer IN (SELECT value FROM json_each(?)) AND customer IS NOT NULL)",
            [json(users).into(), json(customers).into()],
        );
        self.add("backend_id IN (SELECT value FROM json_each(?))", [json(backend_ids).into()]);
    }
}

/// Returns the records above this number that match, by number.
pub(super) fn page(
    connection: &Connection,
    query: &Query,
    after: u64,
    most: usize,
) -> Result<Vec<StoredRecord>, Fault> {
    let Query { subject, attempt, customers, agent, action, run, event, since, until } = query;
    let mut conditions = Conditions::default();
    if let Some(subject) = subject {
        conditions.add_subject(subject);
    }
    if let Some(attempt) = attempt {
        conditions.add("attempt = ?", [attempt.clone().into()]);
    }
    if let Some(customers) = customers {
        let condition = "number IN (SELECT number FROM record
            WHERE customer IN (SELECT value FROM json_each(?)) AND customer IS NOT NULL)";
        conditions.add(condition, [json(customers).into()]);
    }
    for (column, value) in [("agent", agent), ("action", action), ("run", run)] {
        if let Some(value) = value {
            conditions.add(&format!("{column} = ?"), [value.clone().into()]);
        }
    }
    if let Some(event) = event {
        conditions.add(&format!("event = '{event}'"), []); // as the index has it
    }
    // One snapshot for the bounds and the page: a prune may remove what a bound was looked for in.
    let has_bounds = since.is_some() || until.is_some();
    let _snapshot = has_bounds.then(|| connection.unchecked_transaction()).transpose()?;
    let from = since.map(|since| first_from(connection, since)).transpose()?.unwrap_or_default();
    conditions.add("number >= ?", [number_value(from.max(after.saturating_add(1)))]);
    if let Some(until) = until {
        conditions.add("number < ?", [number_value(first_from(connection, *until)?)]);
    }
    conditions.values.push(Value::from(i64::try_from(most).unwrap_or(i64::MAX)));
    let select = format!("SELECT number, prev, hash, body FROM record{} ORDER BY number LIMIT ?", conditions.text);
    let mut statement = connection.prepare_cached(&select)?;
    records(&mut statement, params_from_iter(conditions.values))
}

/// Returns a number as a value. No record has one that is higher than the highest value.
fn number_value(number: u64) -> Value {
    Value::from(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Returns the number of the first record from this time on, or the next number. Times never fall with the number.
pub(super) fn first_from(connection: &Connection, time: Timestamp) -> Result<u64, Fault> {
    let bound = |select: &str| -> Result<Option<u64>, Fault> {
        Ok(connection.prepare_cached(select)?.query_row([], |row| row.get(0)).optional()?)
    };
    let Some(mut low) = bound("SELECT number FROM record ORDER BY number LIMIT 1")? else { return Ok(1) };
    let mut high = bound("SELECT number FROM record ORDER BY number DESC LIMIT 1")?.unwrap_or(low) + 1;
    let mut at = connection.prepare_cached("SELECT at FROM record WHERE number = ?1")?;
    while low < high {
        let middle = low.midpoint(high);
        let is_before = at.query_row([middle], |row| row.get::<_, i64>(0))? < time.as_microsecond();
        if is_before { low = middle + 1 } else { high = middle }
    }
    Ok(low)
}

/// Runs a query for number, prev, hash and body.
fn records(statement: &mut CachedStatement<'_>, values: impl Params) -> Result<Vec<StoredRecord>, Fault> {
    let rows = statement.query_map(values, |row| Ok(stored(row)))?;
    rows.map(|row| row?).collect()
}

/// Returns the intents of attempts that have no end.
pub(super) fn open_attempts(connection: &Connection) -> Result<Vec<StoredRecord>, Fault> {
    let mut statement = connection.prepare_cached(
        "SELECT number, prev, hash, body FROM record WHERE number IN (SELECT number FROM open_attempt) ORDER BY number",
    )?;
    records(&mut statement, [])
}

/// Returns the records that issued what is outstanding at these backends, above this number, by number.
pub(super) fn issued(
    connection: &Connection,
    backend_ids: &[String],
    after: u64,
    most: usize,
) -> Result<Vec<StoredRecord>, Fault> {
    // CROSS JOIN keeps SQLite at the index of the list, which is in the order of the page.
    let mut statement = connection.prepare_cached(
        "SELECT r.number, r.prev, r.hash, r.body FROM issued i INDEXED BY issued_number CROSS JOIN record r
         WHERE r.number = i.number AND i.number > ?1 AND i.backend_id IN (SELECT value FROM json_each(?2))
         ORDER BY i.number LIMIT ?3",
    )?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    records(&mut statement, params![number_value(after), json(backend_ids), most])
}

/// Selects the newest record: its number, hash and time.
pub(super) const NEWEST: &str = "SELECT number, hash, at FROM record ORDER BY number DESC LIMIT 1";

/// Reads number and hash of the record that this selects.
fn head_of(connection: &Connection, select: &str) -> Result<Option<Head>, Fault> {
    let found: Option<(u64, Vec<u8>)> =
        connection.prepare_cached(select)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let head = |(number, hash): (u64, Vec<u8>)| {
        let hash = Hash::from_bytes(&hash).ok_or_else(|| Fault::damaged(format!("record {number} has no hash")))?;
        Ok(Head { number, hash })
    };
    found.map(head).transpose()
}

/// Returns the newest record.
pub(super) fn head(connection: &Connection) -> Result<Option<Head>, Fault> {
    head_of(connection, NEWEST)
}

/// Returns the last record that was removed.
pub(super) fn checkpoint(connection: &Connection) -> Result<Option<Head>, Fault> {
    head_of(connection, "SELECT number, hash FROM checkpoint ORDER BY number DESC LIMIT 1")
}

/// Returns the secret of pseudonyms.
pub(super) fn pseudonym_key(connection: &Connection) -> Result<[u8; 32], Fault> {
    let key: Vec<u8> =
        connection.query_row("SELECT value FROM meta WHERE name = 'pseudonym_key'", [], |row| row.get(0))?;
    key.try_into().map_err(|_| Fault::damaged("its key for pseudonyms is damaged"))
}
