//! A change that is going on, and the failure of one.

use std::time::Duration;

use super::action::ActionKind;
use super::assessment::Assessment;
use super::error::{Changed, Error, Kind, Reason, Result};
use super::intent::Intent;
use super::ports::IdentityBackend;
use super::services::Services;
use super::session::Session;
use super::time_limit::{Progress, Reached, given_up};

/// One change that is going on: its intent, its assessment, and its progress.
pub struct Execution<'e, 's, A: ActionKind> {
    pub(super) services: &'e mut Services<'s>,
    pub(super) session: &'e Session,
    pub(super) intent: &'e Intent<A>,
    pub(super) assessment: &'e Assessment<A>,
    pub(super) progress: &'e Progress,
}

impl<'e, A: ActionKind> Execution<'e, '_, A> {
    /// Returns the backend that is changed.
    pub(super) fn backend(&self) -> &'e dyn IdentityBackend {
        self.session.backend()
    }

    /// Remembers the step that begins now.
    pub(super) fn reaches(&self, step: Reached) {
        self.progress.reaches(step);
    }

    /// Returns an error if a signal came while the customer was being changed.
    pub(super) fn check_signals(&self) -> Result<()> {
        self.services.interruptions.caught().map_or(Ok(()), |signal| {
            let message = format!("Signal {signal} came while the password was being set.");
            Err(Error::new(Kind::NotDelivered, Reason::Interrupted, message))
        })
    }
}

/// A failure after the intent, and how far the change had come.
#[derive(Debug)]
pub struct Broken {
    error: Box<Error>,
    stage: Stage,
}

/// How far the change had come.
#[derive(Debug)]
enum Stage {
    /// The change itself failed: the error says what became of the customer.
    Change,
    /// A step after the change failed, for this reason: the customer is changed.
    After(Reason),
}

impl Broken {
    /// Makes the failure of the change itself.
    pub(super) fn at_change(error: Error) -> Self {
        Self { error: Box::new(error), stage: Stage::Change }
    }

    /// Makes the failure of a step after the change.
    pub(super) fn after_change(error: Error, reason: Reason) -> Self {
        Self { error: Box::new(error), stage: Stage::After(reason) }
    }

    /// Makes the failure of a change that took too long.
    pub(super) fn given_up(progress: &Progress, limit: Duration) -> Self {
        let reached = progress.reached();
        let error = given_up(reached, limit);
        let reason = error.reason;
        match reached {
            Reached::Nothing | Reached::Sent => Self::at_change(error),
            Reached::Changed => Self::after_change(error, reason),
        }
    }

    /// Returns what became of the customer, as far as this failure says, and why the attempt failed.
    pub(super) fn classify(&self) -> (Changed, Reason) {
        match self.stage {
            Stage::Change => (self.error.changed, self.error.reason),
            Stage::After(reason) => (Changed::Yes, reason),
        }
    }

    /// Returns the error of the step that failed.
    pub(super) fn into_error(self) -> Error {
        *self.error
    }
}
