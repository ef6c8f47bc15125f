//! Puts attempts together from their records.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::chain::lines;
use super::file_check::unavailable;
use super::index::Found;
use super::lease::is_held;
use super::record::{Event, Record};
use crate::config::Folders;
use crate::domain::{
    Attempt, AttemptId, Changed, Customer, CustomerId, Delivery, End, History, ProfileRef, Result, UserId,
};

/// Reads what the log knows of one customer.
pub(super) fn history(path: &Path, locks: &Path, profile_ref: &ProfileRef, customer: &Customer) -> Result<History> {
    history_with(path, profile_ref, customer, &|attempt| is_held(locks, attempt))
}

/// Reads what the log knows of one customer; `is_held` says whether a process is working at an attempt.
pub(super) fn history_with(
    path: &Path,
    profile_ref: &ProfileRef,
    customer: &Customer,
    is_held: &dyn Fn(&str) -> bool,
) -> Result<History> {
    let mut histories = mark_in_progress(&|| read(path, profile_ref, Some(customer)), is_held)?;
    Ok(histories.remove(&customer.id).unwrap_or_default())
}

/// Returns the history of one customer for the row of a bulk run; `read` gives that customer's records.
pub(super) fn history_of_row(
    read: &dyn Fn() -> Result<Found>,
    locks: &Path,
    profile_ref: &ProfileRef,
    customer: &CustomerId,
    row: &(String, u64),
) -> Result<History> {
    let read = || {
        let mut builder = Builder::default();
        let Found { records, damaged } = read()?;
        records.into_iter().filter(|record| is_of(record, profile_ref)).for_each(|record| builder.add(record));
        let history = History { damaged, ..builder.history(Some(row)) };
        Ok(HashMap::from([(customer.clone(), history)]))
    };
    let mut histories = mark_in_progress(&read, &|attempt| is_held(locks, attempt))?;
    Ok(histories.remove(customer).unwrap_or_default())
}

/// Reads what the log knows of every customer of this profile and backend.
pub(super) fn histories(path: &Path, locks: &Path, profile_ref: &ProfileRef) -> Result<HashMap<CustomerId, History>> {
    mark_in_progress(&|| read(path, profile_ref, None), &|attempt| is_held(locks, attempt))
}

/// Reads the histories, and marks the attempts that a process is still working at.
///
/// An attempt may end after its records were read and before its lock is checked. Its end is written before its lock is
/// released: an attempt that has no end at a second reading has none at all.
fn mark_in_progress(
    read: &dyn Fn() -> Result<HashMap<CustomerId, History>>,
    is_held: &dyn Fn(&str) -> bool,
) -> Result<HashMap<CustomerId, History>> {
    let mut found = read()?;
    for attempt in attempts_in(&mut found) {
        attempt.in_progress = attempt.end.is_none() && is_held(attempt.id.as_str());
    }
    if attempts_in(&mut found).any(|attempt| attempt.is_open()) {
        let mut again = read()?;
        let ended: HashMap<AttemptId, Attempt> = attempts_in(&mut again)
            .filter(|attempt| attempt.end.is_some())
            .map(|attempt| (attempt.id.clone(), attempt.clone()))
            .collect();
        for attempt in attempts_in(&mut found).filter(|attempt| attempt.is_open()) {
            if let Some(ended) = ended.get(&attempt.id) {
                attempt.clone_from(ended);
            }
        }
    }
    Ok(found)
}

fn attempts_in(histories: &mut HashMap<CustomerId, History>) -> impl Iterator<Item = &mut Attempt> {
    histories.values_mut().flat_map(|history| &mut history.attempts)
}

/// Reads the attempts as they stand in the log. With `customer`, reads only that customer's, under all of their ids.
fn read(path: &Path, profile_ref: &ProfileRef, customer: Option<&Customer>) -> Result<HashMap<CustomerId, History>> {
    let mut builders: HashMap<CustomerId, Builder> = HashMap::new();
    let ids: Vec<CustomerId> = customer.into_iter().flat_map(Customer::known_as).collect();
    // Most lines belong to other customers: a line is parsed only if it has the id in it, as JSON writes it.
    let needles: Vec<String> = ids.iter().filter_map(|id| serde_json::to_string(id.as_str()).ok()).collect();
    let damaged = for_each(path, &needles, |record| {
        let wanted = customer.is_none() || ids.iter().any(|id| record.customer == id.as_str());
        if wanted && is_of(&record, profile_ref) {
            let id = customer.map_or_else(|| CustomerId::new(record.customer.clone()), |customer| customer.id.clone());
            builders.entry(id).or_default().add(record);
        }
    })?;
    if let (true, Some(customer)) = (damaged, customer) {
        builders.entry(customer.id.clone()).or_default();
    }
    let history = |builder: Builder| History { damaged, ..builder.history(None) };
    Ok(builders.into_iter().map(|(customer, builder)| (customer, history(builder))).collect())
}

/// Returns the attempts among these records whose end is missing and that no process is working at.
///
/// # Errors
/// Exit 8: the log cannot be read.
pub(crate) fn open_attempts(folders: &Folders, records: &[Record]) -> Result<Vec<String>> {
    let begun = records.iter().filter(|record| record.event == Event::Intent).map(|record| record.attempt.clone());
    let mut open = without_end(&folders.audit_log(), begun.collect())?;
    open.retain(|attempt| !is_held(&folders.attempts(), attempt));
    if open.is_empty() {
        return Ok(open);
    }
    without_end(&folders.audit_log(), open) // an attempt may have ended before its lock was checked
}

/// Returns those of the attempts that have no end in the log.
fn without_end(path: &Path, mut attempts: Vec<String>) -> Result<Vec<String>> {
    let mut ended = HashSet::new();
    for_each(path, &[], |record| {
        if record.ends_the_attempt() {
            ended.insert(record.attempt);
        }
    })?;
    attempts.retain(|attempt| !ended.contains(attempt));
    Ok(attempts)
}

/// Reads the action of an attempt, for the record that recovers it.
pub(super) fn action_of(path: &Path, attempt: &str) -> Result<String> {
    let mut action = String::new();
    for_each(path, &[attempt.to_owned()], |record| {
        if record.attempt == attempt && record.event == Event::Intent {
            action = record.action;
        }
    })?;
    Ok(action)
}

fn is_of(record: &Record, profile_ref: &ProfileRef) -> bool {
    record.profile == profile_ref.profile && record.backend == profile_ref.backend
}

/// Calls `each` with each record that can be read. Returns whether a line cannot be read; `audit verify` names it.
///
/// A line without any of the texts in `containing` is not parsed: it counts as a record if it has the braces of one.
pub(super) fn for_each(path: &Path, containing: &[String], mut each: impl FnMut(Record)) -> Result<bool> {
    let mut damaged = false;
    for line in lines(path)? {
        let line = line.map_err(|error| unavailable(path, &error))?;
        let Ok(text) = std::str::from_utf8(&line) else {
            damaged = true;
            continue;
        };
        let whole = text.ends_with('\n');
        let text = text.trim_end();
        if !containing.is_empty() && !containing.iter().any(|needle| text.contains(needle.as_str())) {
            damaged |= whole && !(text.starts_with('{') && text.ends_with('}'));
            continue;
        }
        match serde_json::from_str(text) {
            Ok(record) => each(record),
            Err(error) => {
                tracing::debug!(%error, "a line of the audit log cannot be read");
                damaged |= whole; // the next append sets a torn end aside
            }
        }
    }
    Ok(damaged)
}

/// Builds a history, record by record.
#[derive(Default)]
struct Builder {
    attempts: Vec<Attempt>,
    /// The position of each attempt, by its id.
    positions: HashMap<String, usize>,
    /// The bulk run and row of each attempt.
    rows: Vec<Option<(String, u64)>>,
}

impl Builder {
    /// Returns the history. Of a bulk run's row only the last attempt counts; of `this` row, which is going on, none.
    fn history(mut self, this: Option<&(String, u64)>) -> History {
        for (position, row) in self.rows.iter().enumerate().filter(|(_, row)| row.is_some()) {
            let again = row.as_ref() == this || self.rows[position + 1..].contains(row);
            self.attempts[position].retried = again;
        }
        History { attempts: self.attempts, damaged: false }
    }

    fn add(&mut self, record: Record) {
        if record.event == Event::Intent {
            self.positions.insert(record.attempt.clone(), self.attempts.len());
            self.attempts.push(Attempt {
                id: AttemptId::known(record.attempt),
                at: record.at,
                agent: record.agent,
                kind: crate::domain::ChangeKind::of_action(&record.action),
                user: record.user.map(UserId::new),
                stamp_before: record.stamp_before,
                set: None,
                end: None,
                in_progress: false,
                retried: false,
            });
            self.rows.push(record.run.zip(record.row));
            return;
        }
        let Some(attempt) = self.positions.get(&record.attempt).and_then(|position| self.attempts.get_mut(*position))
        else {
            return;
        };
        let changed = record.changed.unwrap_or(Changed::Unknown);
        match record.event {
            Event::Intent | Event::BulkStarted | Event::BulkEnded | Event::Unsealed => {}
            Event::Set => attempt.set = Some(record.stamp),
            Event::Delivery => attempt.end = Some(End::Delivered(record.delivery.unwrap_or(Delivery::NotDelivered))),
            Event::Withdrawn => attempt.end = Some(End::Withdrawn),
            Event::Unlocked => attempt.end = Some(End::Unlocked),
            Event::Failed => {
                attempt.end = Some(End::Failed(changed));
                attempt.note_stamp(changed, record.stamp);
            }
            // The attempt may have written its end before a later command recovered it: the end that it wrote stands.
            Event::Recovered if attempt.end.is_some() => {}
            Event::Recovered => {
                attempt.end = Some(End::Recovered(changed));
                attempt.note_stamp(changed, record.stamp);
            }
        }
    }
}
