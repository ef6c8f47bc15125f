//! What a failure after the intent means, told as it is: nothing changed, changed, or unknown.

use std::time::Duration;

use futures_util::future::join;

use super::action::ActionKind;
use super::assess::Assessment;
use super::error::{Changed, Error, Reason};
use super::intent::{AnyIntent, Intent};
use super::outcome::AttemptOutcome;
use super::services::Services;
use super::session::Session;
use super::time_limit::{Progress, Reached, clean_up_limit, given_up, within};
use super::user::{ResetTarget, UserSnapshot};

/// A failure after the intent, and how far the change had come.
#[derive(Debug)]
pub struct Broken {
    error: Box<Error>,
    stage: Stage,
}

/// How far the change had come.
#[derive(Debug)]
enum Stage {
    /// At the change itself: the error says what became of the customer.
    Change,
    /// After it: the customer is changed, and this went wrong.
    After(Reason),
}

impl Broken {
    /// The change itself failed.
    pub(super) fn at_change(error: Error) -> Self {
        Self { error: Box::new(error), stage: Stage::Change }
    }

    /// A step after the change failed.
    pub(super) fn after_change(error: Error, reason: Reason) -> Self {
        Self { error: Box::new(error), stage: Stage::After(reason) }
    }

    /// The change took too long.
    pub(super) fn given_up(progress: &Progress, limit: Duration) -> Self {
        let reached = progress.reached();
        let error = given_up(reached, limit);
        let reason = error.reason;
        match reached {
            Reached::Nothing | Reached::Sent => Self::at_change(error),
            Reached::Changed => Self::after_change(error, reason),
        }
    }

    /// What became of the customer as far as this failure says, and why the attempt failed.
    fn classify(&self) -> (Changed, Reason) {
        match self.stage {
            Stage::Change => (self.error.changed, self.error.reason),
            Stage::After(reason) => (Changed::Yes, reason),
        }
    }
}

/// Classifies a failure after the intent. Reads the user once to say what became of them, still ends their sessions, and
/// writes the failure down, all within [`clean_up_limit`].
pub(super) async fn settle<A: ActionKind>(
    services: &mut Services<'_>,
    session: &Session,
    intent: &Intent<A>,
    assessment: &Assessment<A>,
    broken: Broken,
) -> Error {
    let (mut changed, reason) = broken.classify();
    let mut stamp = None;
    if changed != Changed::No {
        let clean_up = clean_up(session, intent, assessment);
        let read = within(services.clock, clean_up_limit(services.interruptions), clean_up).await;
        match read {
            Some(Some(now)) => (changed, stamp) = A::became(assessment, changed, now),
            Some(None) => {}
            None => tracing::debug!("the clean-up after the failure was given up"),
        }
    }
    let outcome = AttemptOutcome::Failed { reason, changed, stamp };
    if let Err(error) = services.audit.outcome(intent.attempt(), outcome).await {
        services.prompter.say(&format!("The failure could not be written to the audit log: {error}"));
    }
    if changed == Changed::No {
        return Error { changed, password_may_be_set: false, ..*broken.error };
    }
    A::explain(&assessment.plan().customer, reason, changed, *broken.error)
}

/// Reads the user once, and ends their sessions. Returns `None` if the user could not be read.
async fn clean_up<A: ActionKind>(
    session: &Session,
    intent: &Intent<A>,
    assessment: &Assessment<A>,
) -> Option<UserSnapshot> {
    let was_known = intent.user().is_ok();
    let read = session.backend().user_snapshot(&assessment.plan().customer);
    let (read, ()) = join(read, end_sessions(session, intent)).await;
    let now = read.ok()?;
    if let (false, ResetTarget::User(created)) = (was_known, &now.target) {
        intent.note_created(created);
        end_sessions(session, intent).await;
    }
    Some(now)
}

/// Ends the user's sessions, if the user is known. A failure is for the log only: the attempt has failed already.
async fn end_sessions(session: &Session, intent: &AnyIntent) {
    if intent.user().is_err() {
        return;
    }
    if let Err(error) = session.backend().end_sessions(intent).await {
        tracing::debug!(reason = ?error.reason, "sessions could not be ended after the failure");
    }
}
