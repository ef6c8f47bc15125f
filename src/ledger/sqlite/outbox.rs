//! The notices that wait to be sent.

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::Type;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

use super::end::End;
use super::fault::Fault;
use crate::domain::Channel;
use crate::ledger::outbox_item::{QueuedNotice, WaitingNotice};
use crate::ledger::record::{Draft, Writer};
use crate::ledger::stored_record::StoredRecord;

const COLUMNS: &str = "id, attempt, action, profile, agent, channel, address, language, at, tries, next_at";

/// Queues notices. One that is queued already stays as it is.
pub(super) fn queue(connection: &Connection, notices: &[QueuedNotice], at: Timestamp) -> Result<(), Fault> {
    let at = at.as_microsecond();
    for notice in notices {
        connection
            .prepare_cached("INSERT OR IGNORE INTO outbox VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?9)")?
            .execute(params![
                notice.id,
                notice.attempt,
                notice.action,
                notice.profile,
                notice.agent,
                notice.channel.name(),
                notice.address,
                notice.language,
                at,
            ])?;
    }
    Ok(())
}

/// Takes the notices of a profile that are due, and puts each off.
pub(super) fn take(
    connection: &Connection,
    (profile, most): (&str, usize),
    now: Timestamp,
) -> Result<Vec<WaitingNotice>, Fault> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let mut taken = {
        let select = format!(
            "SELECT {COLUMNS} FROM outbox WHERE profile = ?1 AND next_at <= ?2 ORDER BY next_at, channel, id LIMIT ?3"
        );
        let mut statement = transaction.prepare_cached(&select)?;
        let rows = statement.query_map(params![profile, now.as_microsecond(), most], waiting)?;
        rows.collect::<rusqlite::Result<Vec<_>>>()?
    };
    for waiting in &mut taken {
        waiting.tries = waiting.tries.saturating_add(1);
        let delay = SignedDuration::try_from(WaitingNotice::retry_after(waiting.tries)).unwrap_or(SignedDuration::MAX);
        waiting.next_at = now.saturating_add(delay).unwrap_or(Timestamp::MAX);
        transaction.execute(
            "UPDATE outbox SET tries = ?2, next_at = ?3 WHERE id = ?1",
            params![waiting.notice.id, waiting.tries, waiting.next_at.as_microsecond()],
        )?;
    }
    transaction.commit()?;
    Ok(taken)
}

/// Returns the notices after this id, by id.
pub(super) fn page(connection: &Connection, after: &str, most: usize) -> Result<Vec<WaitingNotice>, Fault> {
    let select = format!("SELECT {COLUMNS} FROM outbox WHERE id > ?1 ORDER BY id LIMIT ?2");
    let mut statement = connection.prepare_cached(&select)?;
    let rows = statement.query_map(params![after, most], waiting)?;
    Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
}

/// Removes a notice and appends the record of its end. Returns `None` if the notice is gone.
pub(super) fn finish(
    connection: &Connection,
    (id, record): (&str, Draft),
    now: Timestamp,
    writer: &Writer,
) -> Result<Option<StoredRecord>, Fault> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    if transaction.execute("DELETE FROM outbox WHERE id = ?1", [id])? == 0 {
        return Ok(None);
    }
    let record = End::read(&transaction, now, writer)?.insert_draft(&transaction, record)?;
    transaction.commit()?;
    Ok(Some(record))
}

/// Reads the channel in this column. One that is damaged is sent nowhere.
fn channel(row: &Row<'_>, column: usize) -> rusqlite::Result<Channel> {
    let damaged = || {
        let why = "the channel of a waiting notice is neither phone nor email";
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why.into())
    };
    Channel::from_name(row.get_ref(column)?.as_str()?).ok_or_else(damaged)
}

fn waiting(row: &Row<'_>) -> rusqlite::Result<WaitingNotice> {
    let time = |column| row.get(column).map(|at| Timestamp::from_microsecond(at).unwrap_or(Timestamp::MIN));
    Ok(WaitingNotice {
        notice: QueuedNotice {
            id: row.get(0)?,
            attempt: row.get(1)?,
            action: row.get(2)?,
            profile: row.get(3)?,
            agent: row.get(4)?,
            channel: channel(row, 5)?,
            address: row.get(6)?,
            language: row.get(7)?,
        },
        at: time(8)?,
        tries: row.get(9)?,
        next_at: time(10)?,
    })
}
