//! Checks what the chain does not protect: the tables, their triggers, and the columns that repeat a record's body.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::fault::Fault;
use super::read;
use super::rows::{COLUMNS, Columns, stored};
use super::schema::OBJECTS;
use crate::ledger::event::Event;
use crate::ledger::stored_record::StoredRecord;

/// How many records are read at once.
const PAGE: i64 = 500;
/// The most faults that are named.
const MOST: usize = 10;

/// Returns each fault in words.
pub(super) fn faults(connection: &Connection) -> Result<Vec<String>, Fault> {
    let mut faults = schema(connection)?;
    if faults.is_empty() {
        let integrity: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
        if integrity != "ok" {
            faults.push(format!("the database is damaged: {integrity}"));
        }
        faults.extend(checkpoint(connection)?);
        faults.extend(columns(connection)?);
        faults.extend(open_attempts(connection)?);
        faults.extend(issued(connection)?);
        faults.extend(used_verifications(connection)?);
    }
    faults.truncate(MOST);
    Ok(faults)
}

/// Compares tables, indexes and triggers with those that this version makes.
fn schema(connection: &Connection) -> Result<Vec<String>, Fault> {
    let mut statement =
        connection.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut found = rows.collect::<rusqlite::Result<BTreeMap<_, _>>>()?;
    let mut faults = Vec::new();
    for (name, sql) in OBJECTS {
        match found.remove(*name) {
            Some(there) if there == *sql => {}
            Some(_) => faults.push(format!("the rule {name} was changed")),
            None => faults.push(format!("the rule {name} was removed")),
        }
    }
    faults.extend(found.into_keys().map(|name| format!("the rule {name} was added")));
    Ok(faults)
}

/// Checks that a record says who removed the records before the checkpoint.
fn checkpoint(connection: &Connection) -> Result<Option<String>, Fault> {
    // One snapshot: a prune may remove the record of the checkpoint before.
    let snapshot = connection.unchecked_transaction()?;
    let Some(head) = read::checkpoint(&snapshot)? else { return Ok(None) };
    let mut statement = snapshot.prepare("SELECT number, prev, hash, body FROM record WHERE event = 'pruned'")?;
    let rows = statement.query_map([], |row| Ok(stored(row)))?;
    for row in rows {
        let record = row??.record().map(|record| record.draft.event);
        if let Ok(Event::Pruned { through, head: hash, .. }) = record
            && through == head.number
            && hash == head.hash.to_string()
        {
            return Ok(None);
        }
    }
    Ok(Some(format!("no record says who removed the records up to {}", head.number)))
}

/// Compares the columns of each record with its body.
fn columns(connection: &Connection) -> Result<Vec<String>, Fault> {
    let select = format!(
        "SELECT number, prev, hash, body, at, {COLUMNS} FROM record WHERE number > ?1 ORDER BY number LIMIT {PAGE}"
    );
    let mut statement = connection.prepare(&select)?;
    let (mut faults, mut after, mut at_before) = (Vec::new(), 0, i64::MIN);
    loop {
        let rows = statement.query_map([after], |row| Ok((stored(row), row.get(4)?, Columns::of_row(row, 5)?)))?;
        let mut is_last = true;
        for row in rows {
            let (record, at, columns): (Result<StoredRecord, Fault>, i64, Columns) = row?;
            let record = record?;
            is_last = false;
            after = record.number;
            if !agrees(&record, at, at_before, &columns) && faults.len() < MOST {
                faults.push(format!("record {after} is filed under what it does not say"));
            }
            at_before = at;
        }
        if is_last {
            return Ok(faults);
        }
    }
}

fn agrees(record: &StoredRecord, at: i64, at_before: i64, columns: &Columns) -> bool {
    let Ok(read) = record.record() else { return *columns == Columns::unreadable() && at >= at_before };
    let says = read.at.as_microsecond();
    let at_is_right = if read.v == 1 { at == says.max(at_before) || at_before == i64::MIN } else { at == says };
    read.number == record.number && at_is_right && at >= at_before && *columns == Columns::of(&read)
}

/// Compares the list of attempts without an end with the records.
fn open_attempts(connection: &Connection) -> Result<Option<String>, Fault> {
    let differs: bool = connection.query_row(
        "WITH without_end AS (
           SELECT i.attempt, min(i.number) FROM record i WHERE i.event = 'intent' AND NOT EXISTS(
             SELECT 1 FROM record e WHERE e.attempt = i.attempt
               AND e.event IN ('refused', 'delivery', 'withdrawn', 'unlocked', 'failed', 'recovered'))
           GROUP BY i.attempt)
         SELECT EXISTS(SELECT * FROM without_end EXCEPT SELECT attempt, number FROM open_attempt)
           OR EXISTS(SELECT attempt, number FROM open_attempt EXCEPT SELECT * FROM without_end)",
        [],
        |row| row.get(0),
    )?;
    Ok(differs.then(|| "the list of attempts without an end is not that of the records".to_owned()))
}

/// Compares the list of outstanding passwords with the records.
fn issued(connection: &Connection) -> Result<Option<String>, Fault> {
    let differs: bool = connection.query_row(
        "WITH issuing AS (
           SELECT r.number, r.attempt, r.backend_id, r.user_id FROM record r
           WHERE r.version > 1 AND r.backend_id IS NOT NULL AND r.user_id IS NOT NULL
             AND (r.event = 'set'
               OR (r.event IN ('failed', 'recovered') AND r.changed = 'yes' AND r.action IN ('set', 'create_and_set')
                 AND NOT EXISTS(
                   SELECT 1 FROM record s WHERE s.attempt = r.attempt AND s.event = 'set' AND s.number < r.number)))),
         outstanding AS (
           SELECT i.backend_id, i.user_id, i.number FROM issuing i WHERE NOT EXISTS(
             SELECT 1 FROM record e
             WHERE e.user_id = i.user_id AND e.backend_id = i.backend_id AND e.number > i.number
               AND (e.number IN (SELECT number FROM issuing)
                 OR ((e.event = 'withdrawn'
                     OR (e.event IN ('failed', 'recovered') AND e.changed = 'yes' AND e.action = 'withdraw'))
                   AND i.number < (SELECT number FROM record b WHERE b.attempt = e.attempt AND b.event = 'intent'))
                 OR (e.event = 'settled' AND e.attempt = i.attempt))))
         SELECT EXISTS(SELECT * FROM outstanding EXCEPT SELECT backend_id, user_id, number FROM issued)
           OR EXISTS(SELECT backend_id, user_id, number FROM issued EXCEPT SELECT * FROM outstanding)",
        [],
        |row| row.get(0),
    )?;
    Ok(differs.then(|| "the list of outstanding passwords is not that of the records".to_owned()))
}

/// Compares the list of used verifications with the intents that name them.
fn used_verifications(connection: &Connection) -> Result<Option<String>, Fault> {
    let differs: bool = connection.query_row(
        "WITH named AS (
           SELECT number, CASE WHEN json_valid(body) THEN json_extract(body, '$.verification.id') END AS verification
           FROM record WHERE event = 'intent' AND version > 1),
         used AS (SELECT verification, number FROM named WHERE verification IS NOT NULL)
         SELECT EXISTS(SELECT * FROM used EXCEPT SELECT verification, number FROM used_verification)
           OR EXISTS(SELECT verification, number FROM used_verification EXCEPT SELECT * FROM used)",
        [],
        |row| row.get(0),
    )?;
    Ok(differs.then(|| "the list of used verifications is not that of the records".to_owned()))
}
