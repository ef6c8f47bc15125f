//! Appends records in one transaction: what is there already, limits, then the record itself.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, named_params};

use super::end::End;
use super::fault::Fault;
use super::rows::{json, stored};
use super::{outbox, verification};
use crate::domain::LimitReached;
use crate::ledger::event::Event;
use crate::ledger::record::{Draft, Writer};
use crate::ledger::store::{Append, Appended, Limit, Subject};
use crate::ledger::stored_record::StoredRecord;

/// Tells the time, in any thread.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The result of one job: the records of one call.
pub(super) type Done = Result<Vec<Appended>, Fault>;

/// The appending end of the ledger.
pub(super) struct Appender {
    pub(super) connection: Connection,
    pub(super) now: Now,
    pub(super) writer: Writer,
}

impl Appender {
    /// Appends the records of several calls in one transaction. If it fails, it fails for all of them.
    pub(super) fn append_all(&self, calls: Vec<Vec<Append>>) -> Vec<Done> {
        let count = calls.len();
        let (now, writer) = ((self.now)(), &self.writer);
        match append(&self.connection, now, writer, calls) {
            Ok(done) => done.into_iter().map(Ok).collect(),
            Err(fault) => vec![Err(fault); count],
        }
    }
}

/// Appends the records of several calls in one transaction.
pub(super) fn append(
    connection: &Connection,
    now: Timestamp,
    writer: &Writer,
    calls: Vec<Vec<Append>>,
) -> Result<Vec<Vec<Appended>>, Fault> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    let mut end = End::read(&transaction, now, writer)?;
    let mut all = Vec::with_capacity(calls.len());
    for call in calls {
        let appended: Result<Vec<_>, Fault> =
            call.into_iter().map(|append| append_one(&transaction, &mut end, append)).collect();
        all.push(appended?);
    }
    transaction.commit()?;
    Ok(all)
}

fn append_one(connection: &Connection, end: &mut End<'_>, append: Append) -> Result<Appended, Fault> {
    let Append { draft, limits, notices } = append;
    if let Some(record) = existing(connection, &draft.attempt, draft.event.name())? {
        return Ok(Appended { record, refused: None });
    }
    if (matches!(draft.event, Event::Intent { .. }) || !limits.is_empty())
        && let Some(record) = existing(connection, &draft.attempt, "refused")?
    {
        let refused = record.record().ok().and_then(|read| read.draft.event.limit_reached());
        return Ok(Appended { record, refused });
    }
    for limit in &limits {
        if let Some(reached) = reached(connection, limit, end.at)? {
            let refusal = Draft { event: Event::of_refusal(reached), ..draft };
            return Ok(Appended { record: end.insert_draft(connection, refusal)?, refused: Some(reached) });
        }
    }
    let record = end.insert_draft(connection, draft)?;
    outbox::queue(connection, &notices, end.at)?;
    Ok(Appended { record, refused: None })
}

fn existing(connection: &Connection, attempt: &str, event: &str) -> Result<Option<StoredRecord>, Fault> {
    connection
        .prepare_cached(
            "SELECT number, prev, hash, body FROM record WHERE attempt = ?1 AND event = ?2 AND version > 1 LIMIT 1",
        )?
        .query_row([attempt, event], |row| Ok(stored(row)))
        .optional()?
        .transpose()
}

/// The attempts that may have changed something: an end of their own decides, and else what a later command found.
const MAY_HAVE_CHANGED: &str = "coalesce(
    (SELECT changed FROM record e WHERE e.attempt = i.attempt AND e.event IN ('delivery', 'failed', 'withdrawn', 'unlocked', 'refused')
      ORDER BY e.number LIMIT 1),
    (SELECT changed FROM record e WHERE e.attempt = i.attempt AND e.event = 'recovered' ORDER BY e.number LIMIT 1),
    'unknown') <> 'no'";

/// Returns how far a limit is reached; `None` if one more reset fits in.
fn reached(connection: &Connection, limit: &Limit, at: Timestamp) -> Result<Option<LimitReached>, Fault> {
    let since = |hours: i64| at.saturating_sub(SignedDuration::from_hours(hours)).map(Timestamp::as_microsecond);
    let since = |hours| since(hours).map_err(|error| Fault::new(error.to_string()));
    let (count, most): (u32, u32) = match limit {
        Limit::Customer { subject, most, except } => {
            let Subject { backend_ids, users, customers } = subject;
            let (run, line) = except.as_ref().map(|(run, line)| (run, line)).unzip();
            let select = format!(
                "SELECT count(DISTINCT CASE WHEN i.run IS NULL THEN i.attempt ELSE i.run || '/' || i.line END)
                 FROM record i
                 WHERE i.number IN (
                     SELECT number FROM record
                     WHERE user_id IN (SELECT value FROM json_each(:users)) AND user_id IS NOT NULL AND at > :since
                     UNION SELECT number FROM record
                     WHERE customer IN (SELECT value FROM json_each(:customers)) AND customer IS NOT NULL
                       AND at > :since)
                   AND i.event = 'intent' AND i.action IN ('set', 'create_and_set')
                   AND i.backend_id IN (SELECT value FROM json_each(:backends))
                   AND (:run IS NULL OR i.run IS NOT :run OR i.line IS NOT :line)
                   AND {MAY_HAVE_CHANGED}"
            );
            let count = connection.prepare_cached(&select)?.query_row(
                named_params! {
                    ":users": json(users), ":customers": json(customers), ":backends": json(backend_ids),
                    ":since": since(24)?, ":run": run, ":line": line,
                },
                |row| row.get(0),
            )?;
            (count, *most)
        }
        Limit::Agent { backend_ids, agent, most } => {
            (resets_by_agent(connection, backend_ids, agent, since(1)?)?, *most)
        }
        Limit::Codes { subject, most } => (verification::codes(connection, subject, since(1)?)?, *most),
        Limit::WrongCodes { subject, most } => (verification::wrong_codes(connection, subject, since(24)?)?, *most),
        Limit::Verification { .. } => {
            return Ok(verification::fault(connection, limit, at)?.map(LimitReached::Verification));
        }
    };
    Ok((count >= most).then_some(match limit {
        Limit::Customer { .. } => LimitReached::Customer { count, most },
        Limit::Codes { .. } => LimitReached::Codes { count, most },
        Limit::WrongCodes { .. } => LimitReached::WrongCodes { count, most },
        Limit::Agent { .. } | Limit::Verification { .. } => LimitReached::Agent { count, most },
    }))
}

/// Counts the resets by an agent after this time, in microseconds since 1970.
pub(super) fn resets_by_agent(
    connection: &Connection,
    backend_ids: &[String],
    agent: &str,
    since: i64,
) -> Result<u32, Fault> {
    let select = format!(
        "SELECT count(*) FROM record i
         WHERE i.agent = :agent AND i.event = 'intent' AND i.run IS NULL AND i.at > :since
           AND i.action IN ('set', 'create_and_set')
           AND i.backend_id IN (SELECT value FROM json_each(:backends))
           AND {MAY_HAVE_CHANGED}"
    );
    let values = named_params! { ":agent": agent, ":backends": json(backend_ids), ":since": since };
    Ok(connection.prepare_cached(&select)?.query_row(values, |row| row.get(0))?)
}
