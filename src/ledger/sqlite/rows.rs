//! The columns of a record, and the record of a row.

use rusqlite::Row;
use rusqlite::types::{ToSqlOutput, ValueRef};

use super::fault::Fault;
use crate::domain::Changed;
use crate::ledger::hash::Hash;
use crate::ledger::record::Record;
use crate::ledger::stored_record::StoredRecord;

/// The event of a body that cannot be read.
pub(super) const UNREADABLE: &str = "unreadable";

/// What the columns of a record repeat of its body.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) version: u8,
    pub(super) attempt: Option<String>,
    pub(super) event: String,
    pub(super) backend_id: Option<String>,
    pub(super) user_id: Option<String>,
    pub(super) customer: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) action: Option<String>,
    pub(super) run: Option<String>,
    pub(super) line: Option<u64>,
    pub(super) changed: Option<String>,
}

impl Columns {
    /// Returns the columns of a record.
    pub(super) fn of(record: &Record) -> Self {
        let draft = record.draft.clone();
        let changed = draft.event.changed().map(|changed| match changed {
            Changed::No => "no",
            Changed::Unknown => "unknown",
            Changed::Yes => "yes",
        });
        Self {
            version: record.v,
            attempt: Some(draft.attempt),
            event: draft.event.name().to_owned(),
            backend_id: draft.backend_id,
            user_id: draft.user,
            customer: draft.customer,
            agent: Some(draft.agent),
            action: draft.action,
            run: draft.run,
            line: draft.row,
            changed: changed.map(str::to_owned),
        }
    }

    /// Returns the columns of a body that cannot be read.
    pub(super) fn unreadable() -> Self {
        Self { version: 1, event: UNREADABLE.to_owned(), ..Self::default() }
    }

    /// Reads the columns of a row that was selected with [`COLUMNS`], which begin at this position.
    pub(super) fn of_row(row: &Row<'_>, from: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            version: row.get(from)?,
            attempt: row.get(from + 1)?,
            event: row.get(from + 2)?,
            backend_id: row.get(from + 3)?,
            user_id: row.get(from + 4)?,
            customer: row.get(from + 5)?,
            agent: row.get(from + 6)?,
            action: row.get(from + 7)?,
            run: row.get(from + 8)?,
            line: row.get(from + 9)?,
            changed: row.get(from + 10)?,
        })
    }
}

/// The columns that [`Columns::of_row`] reads.
pub(super) const COLUMNS: &str =
    "version, attempt, event, backend_id, user_id, customer, agent, action, run, line, changed";

/// Returns a body as it is stored: text, or bytes if it is no text.
pub(super) fn body_value(body: &[u8]) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match std::str::from_utf8(body) {
        Ok(_) => ValueRef::Text(body),
        Err(_) => ValueRef::Blob(body),
    })
}

/// Reads the record of a row that begins with number, prev, hash and body.
pub(super) fn stored(row: &Row<'_>) -> Result<StoredRecord, Fault> {
    let number: u64 = row.get(0)?;
    let hash = |column: usize| {
        let bytes = row.get_ref(column)?.as_blob().ok().and_then(Hash::from_bytes);
        bytes.ok_or_else(|| Fault::damaged(format!("record {number} has no hash")))
    };
    let (prev, hash) = (hash(1)?, hash(2)?);
    let body = match row.get_ref(3)? {
        ValueRef::Text(body) | ValueRef::Blob(body) => body.to_vec(),
        _ => return Err(Fault::damaged(format!("record {number} has no text"))),
    };
    Ok(StoredRecord { number, prev, hash, body })
}

/// Writes a list for `json_each`.
pub(super) fn json(list: &[String]) -> String {
    serde_json::Value::from(list).to_string()
}
