//! Reads what was issued and is outstanding.

use super::event::Event;
use super::record::Record;
use super::store::{Query, RecordStore};
use crate::domain::{AttemptId, CustomerId, Outstanding, OutstandingPage, Result, UserId};

/// How many are read at once.
const PAGE: usize = 500;

/// Returns the page of what is outstanding at these backends that begins after this number.
///
/// # Errors
/// Exit 8: the store cannot be read.
pub(super) async fn outstanding(
    store: &dyn RecordStore,
    backend_ids: &[String],
    after: u64,
) -> Result<OutstandingPage> {
    let records = store.issued(backend_ids, after, PAGE).await?;
    let next = records.last().filter(|_| records.len() == PAGE).map(|record| record.number);
    let mut passwords = Vec::with_capacity(records.len());
    for record in records.iter().filter_map(|record| record.record().ok()) {
        passwords.extend(of_record(store, record).await?);
    }
    Ok(OutstandingPage { passwords, next })
}

/// A record that a later command wrote names the agent of that command, so the intent says who issued it, and when.
async fn of_record(store: &dyn RecordStore, record: Record) -> Result<Option<Outstanding>> {
    let Record { draft, at, .. } = record;
    let Some(user) = draft.user else { return Ok(None) };
    let mut password = Outstanding {
        customer: draft.customer.map(CustomerId::new),
        user: UserId::new(user),
        issued_at: at,
        issued_by: draft.agent,
        attempt: AttemptId::known(draft.attempt.clone()),
    };
    if matches!(draft.event, Event::Recovered { .. }) {
        let query = Query { attempt: Some(draft.attempt), event: Some("intent"), ..Query::default() };
        let found = store.page(&query, 0, 1).await?;
        if let Some(intent) = found.first().and_then(|record| record.record().ok()) {
            (password.issued_at, password.issued_by) = (intent.at, intent.draft.agent);
        }
    }
    Ok(Some(password))
}
