//! The services that a reset works with: the ports that a reset or a withdrawal needs besides the session.

use super::error::{Changed, Error, Result};
use super::guards::Guards;
use super::intent::Intent;
use super::plan::{Consent, Plan};
use super::ports::{AuditLog, Clock, Interruptions, Prompter, RandomSource};
use super::session::Session;

/// The ports, side by side.
pub struct Services<'a> {
    /// The audit log.
    pub audit: &'a mut dyn AuditLog,
    /// Asks the agent.
    pub prompter: &'a mut dyn Prompter,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Random bytes.
    pub random: &'a mut dyn RandomSource,
    /// Signals.
    pub interruptions: &'a dyn Interruptions,
    /// The profile's rules.
    pub guards: &'a Guards,
}

impl Services<'_> {
    /// Writes the intent; from here on signals wait. If that fails, the log may hold it, but the customer is untouched.
    pub(super) async fn intend(&mut self, session: &Session, plan: &Plan, consent: Consent) -> Result<Intent> {
        self.interruptions.hold();
        self.audit.intend(session, plan, consent).await.map_err(|failure| {
            self.interruptions.release();
            Error { changed: Changed::No, ..failure }
        })
    }
}
