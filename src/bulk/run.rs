//! Everything a run works with.

use std::rc::Rc;
use std::time::Duration;

use super::journal::Journal;
use super::limiter::Limiter;
use super::output_writer::OutputWriter;
use super::settings::RunSettings;
use crate::domain::ports::{Clock, Interruptions};
use crate::domain::{Guards, Session};
use crate::ledger::RunAuditLog;

/// Everything a run works with.
pub(crate) struct Run<'a> {
    /// The session, at the run's pace.
    pub session: &'a Session,
    /// The pace.
    pub limiter: Rc<Limiter>,
    /// The journal.
    pub journal: Rc<Journal>,
    /// The audit log.
    pub audit: RunAuditLog,
    /// The output.
    pub sink: Rc<OutputWriter>,
    /// The profile's rules.
    pub guards: &'a Guards,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Signals.
    pub interruptions: &'a dyn Interruptions,
    /// What was asked for.
    pub settings: &'a RunSettings,
}

impl Run<'_> {
    /// How long a backend that is gone is waited for.
    pub(super) const fn wait(&self) -> Duration {
        Duration::from_secs(self.settings.wait_seconds)
    }
}
