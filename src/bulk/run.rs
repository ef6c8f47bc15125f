//! Everything that a run works with.

use std::rc::Rc;
use std::time::Duration;

use super::journal::Journal;
use super::limiter::Limiter;
use super::output_writer::OutputWriter;
use super::settings::RunSettings;
use crate::domain::ports::{Clock, Interruptions};
use crate::domain::{Guards, Session};
use crate::ledger::Ledger;

/// Everything that a run works with.
pub(crate) struct Run<'a> {
    /// The session, whose calls the limiter paces.
    pub session: &'a Session,
    pub limiter: Rc<Limiter>,
    pub journal: Rc<Journal>,
    pub ledger: Ledger,
    /// The writer of the output.
    pub output: Rc<OutputWriter>,
    /// The profile's rules.
    pub guards: &'a Guards,
    pub clock: &'a dyn Clock,
    /// The signals that stop the run.
    pub interruptions: &'a dyn Interruptions,
    /// What was asked for.
    pub settings: &'a RunSettings,
}

impl Run<'_> {
    /// Returns how long the run waits for a backend that is gone.
    pub(super) const fn wait(&self) -> Duration {
        Duration::from_secs(self.settings.wait_seconds)
    }
}
