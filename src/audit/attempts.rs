//! Attempts, put together from their records.

use std::collections::HashMap;
use std::path::Path;

use super::chain::lines;
use super::file::unavailable;
use super::in_progress::is_held;
use super::record::{Event, Record};
use crate::config::Folders;
use crate::domain::{Answer, Attempt, AttemptId, Changed, CustomerId, Delivery, End, History, Place};

/// What the log knows of one customer.
pub(super) fn history(path: &Path, locks: &Path, place: &Place, customer: &CustomerId) -> Answer<History> {
    let mut builder = Builder::default();
    // Most lines are of other customers: look for the id as JSON writes it before reading the line.
    let needle = serde_json::to_string(customer.as_str()).unwrap_or_default();
    for_each(path, Some(&needle), |record| {
        if record.customer == customer.as_str() && is_of(&record, place) {
            builder.add(record);
        }
    })?;
    Ok(builder.done(locks))
}

/// What the log knows of every customer of this place.
pub(super) fn histories(path: &Path, locks: &Path, place: &Place) -> Answer<HashMap<CustomerId, History>> {
    let mut builders: HashMap<CustomerId, Builder> = HashMap::new();
    for_each(path, None, |record| {
        if is_of(&record, place) {
            builders.entry(CustomerId::new(record.customer.clone())).or_default().add(record);
        }
    })?;
    Ok(builders.into_iter().map(|(customer, builder)| (customer, builder.done(locks))).collect())
}

/// Attempts among these records whose end is missing and that no process is at.
///
/// # Errors
/// Exit 8: the log cannot be read.
pub fn open_attempts(folders: &Folders, records: &[Record]) -> Answer<Vec<String>> {
    let mut open: Vec<String> = Vec::new();
    for record in records {
        if record.event == Event::Intent {
            open.push(record.attempt.clone());
        }
    }
    for_each(&folders.audit_log(), None, |record| {
        if record.ends_the_attempt() {
            open.retain(|attempt| *attempt != record.attempt);
        }
    })?;
    open.retain(|attempt| !is_held(&folders.attempts(), attempt));
    Ok(open)
}

/// The action of an attempt, for the record that recovers it.
pub(super) fn action_of(path: &Path, attempt: &str) -> Answer<String> {
    let mut action = String::new();
    for_each(path, Some(attempt), |record| {
        if record.attempt == attempt && record.event == Event::Intent {
            action = record.action;
        }
    })?;
    Ok(action)
}

fn is_of(record: &Record, place: &Place) -> bool {
    record.profile == place.profile && record.backend == place.backend
}

/// Each record that can be read; a line that cannot is left to `audit verify`.
pub(super) fn for_each(path: &Path, containing: Option<&str>, mut each: impl FnMut(Record)) -> Answer<()> {
    for line in lines(path)? {
        let line = line.map_err(|error| unavailable(path, &error))?;
        let Ok(text) = std::str::from_utf8(&line) else { continue };
        if containing.is_some_and(|needle| !text.contains(needle)) {
            continue;
        }
        match serde_json::from_str(text.trim_end()) {
            Ok(record) => each(record),
            Err(error) => tracing::debug!(%error, "a line of the audit log cannot be read"),
        }
    }
    Ok(())
}

#[derive(Default)]
struct Builder {
    attempts: Vec<Attempt>,
    places: HashMap<String, usize>,
}

impl Builder {
    fn add(&mut self, record: Record) {
        if record.event == Event::Intent {
            self.places.insert(record.attempt.clone(), self.attempts.len());
            self.attempts.push(Attempt {
                id: AttemptId::known(record.attempt),
                at: record.at,
                agent: record.agent,
                withdrawal: record.action == crate::domain::Action::Withdraw.name(),
                stamp_before: record.stamp_before,
                set: None,
                end: None,
                in_progress: false,
            });
            return;
        }
        let Some(attempt) = self.places.get(&record.attempt).and_then(|place| self.attempts.get_mut(*place)) else {
            return;
        };
        let changed = record.changed.unwrap_or(Changed::Unknown);
        match record.event {
            Event::Intent => {}
            Event::Set => attempt.set = Some(record.stamp),
            Event::Delivery => attempt.end = Some(End::Delivered(record.delivery.unwrap_or(Delivery::NotDelivered))),
            Event::Withdrawn => attempt.end = Some(End::Withdrawn),
            Event::Failed => {
                attempt.end = Some(End::Failed(changed));
                attempt.note_stamp(changed, record.stamp);
            }
            Event::Recovered => {
                attempt.end = Some(End::Recovered(changed));
                attempt.note_stamp(changed, record.stamp);
            }
        }
    }

    fn done(mut self, locks: &Path) -> History {
        for attempt in &mut self.attempts {
            attempt.in_progress = attempt.end.is_none() && is_held(locks, attempt.id.as_str());
        }
        History { attempts: self.attempts }
    }
}
