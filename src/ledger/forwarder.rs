//! Sends records off the machine in a thread of its own, so that a slow command holds up nothing else.

use std::cell::OnceCell;

use super::forward;
use super::stored_record::StoredRecord;
use crate::config::AuditSettings;
use crate::domain::{Error, Kind, Reason};
use crate::platform::GroupCommit;

/// Sends records to where the configuration says, if it says so.
pub(super) struct Forwarder {
    settings: AuditSettings,
    thread: OnceCell<GroupCommit<String, Result<(), String>>>,
}

impl Forwarder {
    pub(super) fn new(settings: &AuditSettings) -> Self {
        Self { settings: settings.clone(), thread: OnceCell::new() }
    }

    /// Whether a change stops if its intent cannot be forwarded.
    pub(super) const fn is_required(&self) -> bool {
        self.settings.forward_required
    }

    /// Sends a record.
    ///
    /// # Errors
    /// Why it was not accepted, in words.
    pub(super) async fn send(&self, record: &StoredRecord) -> Result<(), String> {
        let Some(to) = &self.settings.forward else { return Ok(()) };
        if self.thread.get().is_none() {
            let to = to.clone();
            let work = move |lines: Vec<String>| lines.iter().map(|line| forward::send(&to, line)).collect();
            let started = GroupCommit::start("forward", work).map_err(|error| error.to_string())?;
            let _ = self.thread.set(started);
        }
        match self.thread.get() {
            Some(thread) => thread.hand_over(record.line()).get().await.map_err(|error| error.message)?,
            None => Ok(()),
        }
    }
}

/// Makes the error of a record that is written, but could not be forwarded.
pub(super) fn not_forwarded(why: &str) -> Error {
    Error::new(Kind::Unavailable, Reason::AuditUnavailable, format!("The audit record could not be forwarded: {why}."))
        .hint("See [audit] in the configuration.")
}
