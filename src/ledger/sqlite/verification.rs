//! What limits count of codes, and whether a verification can be used.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use super::fault::Fault;
use super::rows::{json, stored};
use crate::domain::VerificationFault;
use crate::ledger::event::Event;
use crate::ledger::store::{Limit, Subject};

/// The records of a user or their customer after a time, at any of these backends.
const OF_SUBJECT: &str = "r.number IN (
      SELECT number FROM record
      WHERE user_id IN (SELECT value FROM json_each(:users)) AND user_id IS NOT NULL AND at > :since
      UNION SELECT number FROM record
      WHERE customer IN (SELECT value FROM json_each(:customers)) AND customer IS NOT NULL AND at > :since)
    AND r.backend_id IN (SELECT value FROM json_each(:backends))";

/// Counts the codes for a customer after this time, in microseconds since 1970.
pub(super) fn codes(connection: &Connection, subject: &Subject, since: i64) -> Result<u32, Fault> {
    count(
        connection,
        &format!("SELECT count(*) FROM record r WHERE {OF_SUBJECT} AND r.event = 'code_sent'"),
        subject,
        since,
    )
}

/// Counts the tries for a customer after this time that no verification followed.
pub(super) fn wrong_codes(connection: &Connection, subject: &Subject, since: i64) -> Result<u32, Fault> {
    let select = format!(
        "SELECT count(*) FROM record r WHERE {OF_SUBJECT} AND r.event = 'code_tried'
         AND NOT EXISTS(SELECT 1 FROM record v WHERE v.attempt = r.attempt AND v.event = 'verified')"
    );
    count(connection, &select, subject, since)
}

fn count(connection: &Connection, select: &str, subject: &Subject, since: i64) -> Result<u32, Fault> {
    let Subject { backend_ids, users, customers } = subject;
    let values = named_params! {
        ":users": json(users), ":customers": json(customers), ":backends": json(backend_ids), ":since": since,
    };
    Ok(connection.prepare_cached(select)?.query_row(values, |row| row.get(0))?)
}

/// Whether an intent names this verification.
pub(super) fn is_used(connection: &Connection, id: &str) -> Result<bool, Fault> {
    let select = "SELECT EXISTS(SELECT 1 FROM used_verification WHERE verification = ?1)";
    Ok(connection.prepare_cached(select)?.query_row([id], |row| row.get(0))?)
}

/// Returns why a verification cannot be used at this time; `None` if it can.
pub(super) fn fault(connection: &Connection, limit: &Limit, at: Timestamp) -> Result<Option<VerificationFault>, Fault> {
    let Limit::Verification { id, subject, agent, purpose } = limit else { return Ok(None) };
    let found = connection
        .prepare_cached("SELECT number, prev, hash, body FROM record WHERE attempt = ?1 AND event = 'verified'")?
        .query_row([id], |row| Ok(stored(row)))
        .optional()?
        .transpose()?;
    let record = found.and_then(|record| record.record().ok());
    let Some((draft, valid_until, made_for)) = record.and_then(|record| match record.draft.event {
        Event::Verified { valid_until, purpose, .. } => Some((record.draft, valid_until, purpose)),
        _ => None,
    }) else {
        return Ok(Some(VerificationFault::NotTheirs));
    };
    let is_in = |ids: &[String], id: &Option<String>| id.as_ref().is_some_and(|id| ids.contains(id));
    // A verification of a customer without a user names the customer alone.
    let is_theirs = if draft.user.is_some() {
        is_in(&subject.users, &draft.user)
    } else {
        subject.users.is_empty() && is_in(&subject.customers, &draft.customer)
    };
    if !is_theirs || !is_in(&subject.backend_ids, &draft.backend_id) || draft.agent != *agent || made_for != *purpose {
        return Ok(Some(VerificationFault::NotTheirs));
    }
    if is_used(connection, id)? {
        return Ok(Some(VerificationFault::Used));
    }
    Ok((at >= valid_until).then_some(VerificationFault::RanOut))
}
