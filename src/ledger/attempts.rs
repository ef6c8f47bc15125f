//! Puts attempts together from their records.

use std::collections::{HashMap, HashSet};

use super::event::Event;
use super::pages::{PAGE, Pages};
use super::record::Record;
use super::store::{Query, RecordStore, Subject};
use super::stored_record::StoredRecord;
use crate::domain::{Attempt, AttemptId, End, History, Result, UserId};

/// A bulk run, and the row of it that is going on.
pub(super) type Row = (String, u64);

/// Reads what the store knows of a user and their customer, and whether any record verifies them. `is_ours` says whether
/// this process works at an attempt; `None` if the lease is another process's.
///
/// An attempt may end after its records were read and before its lease is looked at. A lease ends after the end is
/// written: an attempt that has no end at a second reading has none at all.
pub(super) async fn history(
    store: &dyn RecordStore,
    subject: &Subject,
    row: Option<&Row>,
    is_ours: &dyn Fn(&AttemptId, Option<&str>) -> Option<bool>,
) -> Result<(History, bool)> {
    let (mut first, is_verified) = read(store, subject).await?;
    first.mark_in_progress(store, is_ours).await?;
    if first.attempts.iter().any(Attempt::is_open) {
        let (again, _) = read(store, subject).await?;
        for attempt in first.attempts.iter_mut().filter(|attempt| attempt.is_open()) {
            if let Some(ended) = again.attempts.iter().find(|other| other.id == attempt.id && other.end.is_some()) {
                attempt.clone_from(ended);
            }
        }
    }
    let damaged = !Pages::new(store, Query { event: Some("unreadable"), ..Query::default() }).next().await?.is_empty();
    Ok((History { damaged, ..first.history(row) }, is_verified))
}

/// Reads the attempts, and whether any record is a verification.
async fn read(store: &dyn RecordStore, subject: &Subject) -> Result<(Builder, bool)> {
    let mut records = all(store, Query { subject: Some(subject.clone()), ..Query::default() }).await?;
    let is_verified = records.iter().any(|record| matches!(record.draft.event, Event::Verified { .. }));
    records.retain(|record| record.draft.event.is_of_change());
    let begun: HashSet<&str> = records.iter().filter(|record| is_intent(record)).map(attempt_of).collect();
    // The intent of a creation names the customer only, whose id may have changed since.
    let lacking = records.iter().map(attempt_of).filter(|attempt| !begun.contains(attempt));
    let lacking: HashSet<String> = lacking.map(str::to_owned).collect();
    records.retain(|record| !lacking.contains(attempt_of(record)));
    for attempt in lacking {
        records.extend(all(store, Query { attempt: Some(attempt), ..Query::default() }).await?);
    }
    records.sort_by_key(|record| record.number);
    let mut builder = Builder::default();
    for record in records {
        builder.add(record);
    }
    Ok((builder, is_verified))
}

fn is_intent(record: &Record) -> bool {
    matches!(record.draft.event, Event::Intent { .. })
}

fn attempt_of(record: &Record) -> &str {
    &record.draft.attempt
}

/// Reads every record that matches and can be read.
///
/// Its pages are long from the first on: for each the store looks for all records of the user.
async fn all(store: &dyn RecordStore, query: Query) -> Result<Vec<Record>> {
    let mut found = Vec::new();
    let mut after = 0;
    loop {
        let page = store.page(&query, after, PAGE).await?;
        found.extend(page.iter().filter_map(|record| record.record().ok()));
        match page.last() {
            Some(last) if page.len() == PAGE => after = last.number,
            _ => return Ok(found),
        }
    }
}

/// Returns the intents without an end that no process is working at.
///
/// # Errors
/// Exit 8: the store cannot be read.
pub(crate) async fn abandoned_attempts(store: &dyn RecordStore) -> Result<Vec<Record>> {
    let mut left = Vec::new();
    for record in store.open_attempts().await?.iter().filter_map(|record| StoredRecord::record(record).ok()) {
        let lease = lease_of(&record.draft.event);
        let is_live = match lease {
            Some(lease) => store.is_live(lease).await?,
            None => false,
        };
        if !is_live {
            left.push(record);
        }
    }
    if left.is_empty() {
        return Ok(left);
    }
    let open: Vec<u64> = store.open_attempts().await?.iter().map(|record| record.number).collect();
    left.retain(|record| open.contains(&record.number)); // an attempt may have ended before its lease was looked at
    Ok(left)
}

fn lease_of(event: &Event) -> Option<&str> {
    match event {
        Event::Intent { lease, .. } => lease.as_deref(),
        _ => None,
    }
}

/// Builds a history, record by record.
#[derive(Default)]
struct Builder {
    attempts: Vec<Attempt>,
    /// The position of each attempt, by its id.
    positions: HashMap<String, usize>,
    /// The bulk run and row of each attempt.
    rows: Vec<Option<Row>>,
    leases: Vec<Option<String>>,
}

impl Builder {
    /// Marks the attempts that a process is still working at.
    async fn mark_in_progress(
        &mut self,
        store: &dyn RecordStore,
        is_ours: &dyn Fn(&AttemptId, Option<&str>) -> Option<bool>,
    ) -> Result<()> {
        for (attempt, lease) in self.attempts.iter_mut().zip(&self.leases).filter(|(attempt, _)| attempt.end.is_none())
        {
            attempt.in_progress = match (is_ours(&attempt.id, lease.as_deref()), lease) {
                (Some(is_ours), _) => is_ours,
                (None, Some(lease)) => store.is_live(lease).await?,
                (None, None) => false,
            };
        }
        Ok(())
    }

    /// Returns the history. Of the attempts of a bulk run's row that may have changed something, only the last counts;
    /// of this row, which is going on, none does.
    fn history(mut self, this: Option<&Row>) -> History {
        for position in (0..self.attempts.len()).filter(|position| self.rows[*position].is_some()) {
            let row = self.rows[position].as_ref();
            let later = self.rows.iter().zip(&self.attempts).skip(position + 1);
            let is_replaced =
                later.into_iter().any(|(other, attempt)| other.as_ref() == row && attempt.may_have_reset());
            self.attempts[position].retried = row == this || is_replaced;
        }
        History { attempts: self.attempts, damaged: false }
    }

    fn add(&mut self, record: Record) {
        let Record { at, draft, .. } = record;
        if let Event::Intent { stamp_before, lease, .. } = draft.event {
            if self.positions.contains_key(&draft.attempt) {
                return; // a line of a broken audit.jsonl, once more
            }
            self.positions.insert(draft.attempt.clone(), self.attempts.len());
            self.attempts.push(Attempt {
                id: AttemptId::known(draft.attempt),
                at,
                agent: draft.agent,
                kind: crate::domain::ChangeKind::of_action(draft.action.as_deref().unwrap_or_default()),
                user: draft.user.map(UserId::new),
                stamp_before,
                set: None,
                end: None,
                in_progress: false,
                retried: false,
            });
            self.rows.push(draft.run.zip(draft.row));
            self.leases.push(lease);
            return;
        }
        let Some(attempt) = self.positions.get(&draft.attempt).and_then(|position| self.attempts.get_mut(*position))
        else {
            return;
        };
        if attempt.user.is_none() {
            attempt.user = draft.user.map(UserId::new);
        }
        match draft.event {
            Event::Set { stamp, .. } => attempt.set = Some(stamp),
            Event::Delivery { delivery } => attempt.end = Some(End::Delivered(delivery)),
            Event::Withdrawn { .. } => attempt.end = Some(End::Withdrawn),
            Event::Unlocked => attempt.end = Some(End::Unlocked),
            Event::Failed { changed, stamp, .. } => {
                attempt.end = Some(End::Failed(changed));
                attempt.note_stamp(changed, stamp);
            }
            // The attempt may have written its end before a later command recovered it: the end that it wrote stands.
            Event::Recovered { .. } if attempt.end.is_some() => {}
            Event::Recovered { changed, stamp } => {
                attempt.end = Some(End::Recovered(changed));
                attempt.note_stamp(changed, stamp);
            }
            _ => {}
        }
    }
}
