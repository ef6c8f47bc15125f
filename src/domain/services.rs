//! The services: the ports that a change needs besides the session.

use super::assessment::AssessmentServices;
use super::code_check::Verifier;
use super::guards::Guards;
use super::ports::{AuditLog, Clock, Interruptions, Prompter, RandomSource};

/// The ports that a change needs besides the session.
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
    /// Verifies callers; `None` where nobody is asked, as for the rows of a bulk run.
    pub verifier: Option<Verifier<'a>>,
}

impl Services<'_> {
    /// Lends the ports that an assessment needs.
    pub fn for_assessment(&mut self) -> AssessmentServices<'_> {
        AssessmentServices { audit: self.audit, clock: self.clock, random: self.random, guards: self.guards }
    }
}
