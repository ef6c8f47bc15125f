//! Removes old records, and leaves a checkpoint from which the chain is verified.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::end::End;
use super::fault::Fault;
use super::read::{checkpoint, first_from};
use crate::ledger::event::Event;
use crate::ledger::hash::Hash;
use crate::ledger::record::{Draft, Writer};
use crate::ledger::store::Head;

/// How many records one transaction removes, so that other processes get their turn.
const CHUNK: u64 = 10_000;

/// Writes the checkpoint and the record of it, then removes the records. A removal that was cut short goes on here.
pub(super) fn prune(
    connection: &mut Connection,
    before: Timestamp,
    now: Timestamp,
    writer: &Writer,
    draft: Draft,
) -> Result<Option<Head>, Fault> {
    let earlier = checkpoint(connection)?;
    let written = write_checkpoint(connection, before, now, writer, draft)?;
    if let Some(head) = written.or(earlier) {
        remove_through(connection, head.number)?;
    }
    Ok(written)
}

fn write_checkpoint(
    connection: &mut Connection,
    before: Timestamp,
    now: Timestamp,
    writer: &Writer,
    draft: Draft,
) -> Result<Option<Head>, Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let open: Option<u64> = transaction.query_row("SELECT min(number) FROM open_attempt", [], |row| row.get(0))?;
    let first_kept = first_from(&transaction, before)?.min(open.unwrap_or(u64::MAX));
    let kept_from = checkpoint(&transaction)?.map_or(0, |head| head.number);
    let through = first_kept.saturating_sub(1);
    if through <= kept_from {
        return Ok(None);
    }
    let hash: Option<Vec<u8>> =
        transaction.query_row("SELECT hash FROM record WHERE number = ?1", [through], |row| row.get(0)).optional()?;
    let hash = hash.as_deref().and_then(Hash::from_bytes);
    let head = Head { number: through, hash: hash.ok_or_else(|| Fault::damaged("a record has no hash"))? };
    transaction.execute("INSERT INTO checkpoint VALUES(?1, ?2)", params![head.number, head.hash.as_bytes()])?;
    let event = Event::Pruned { through, head: head.hash.to_string(), removed: through - kept_from };
    End::read(&transaction, now, writer)?.insert_draft(&transaction, Draft { event, ..draft })?;
    transaction.commit()?;
    Ok(Some(head))
}

/// Removes the records up to this number. What is removed is overwritten in the file (`secure_delete`).
fn remove_through(connection: &mut Connection, through: u64) -> Result<(), Fault> {
    loop {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let first: Option<u64> = transaction.query_row("SELECT min(number) FROM record", [], |row| row.get(0))?;
        let Some(first) = first.filter(|first| *first <= through) else { break };
        let last = through.min(first + CHUNK - 1);
        transaction.execute("DELETE FROM record WHERE number <= ?1", [last])?;
        transaction.commit()?;
    }
    // The write-ahead log keeps the pages of before until it is taken over into the file and cut off.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}
