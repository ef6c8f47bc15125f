//! Settles a failure after the intent: nothing was changed, something was, or that is unknown.

use futures_util::future::join;

use super::act::{Act, SessionsAfterFailure};
use super::assessment::Assessment;
use super::error::{Changed, Error};
use super::execution::Broken;
use super::intent::{AnyIntent, Intent};
use super::outcome::AttemptOutcome;
use super::services::Services;
use super::session::Session;
use super::time_limit::{clean_up_limit, within};
use super::user::{ResetTarget, UserSnapshot};

/// Classifies a failure after the intent, and writes it down. If the user may be changed, reads the user once and, after a
/// change of the password, ends their sessions, both within [`clean_up_limit`].
pub(super) async fn settle<A: Act>(
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
            Some(Some(now)) => (changed, stamp) = A::state_after_failure(assessment, changed, now),
            Some(None) => {}
            None => tracing::debug!("the clean-up after the failure was given up"),
        }
    }
    let outcome = AttemptOutcome::Failed { reason, changed, stamp };
    if let Err(error) = services.audit.outcome(intent.attempt(), outcome).await {
        services.prompter.say(&format!("The failure could not be written to the audit log: {error}"));
    }
    if changed == Changed::No {
        return Error { changed, password_may_be_set: false, ..broken.into_error() };
    }
    A::explain(&assessment.plan().customer, reason, changed, broken.into_error())
}

/// Reads the user once, and ends their sessions if the change was of the password. Returns `None` if the user could not be read.
async fn clean_up<A: Act>(session: &Session, intent: &Intent<A>, assessment: &Assessment<A>) -> Option<UserSnapshot> {
    let was_known = intent.user().is_ok();
    let read = session.backend().user_snapshot(&assessment.plan().customer);
    if A::SESSIONS_AFTER_FAILURE == SessionsAfterFailure::Keep {
        return read.await.ok();
    }
    let (read, ()) = join(read, end_sessions(session, intent)).await;
    let now = read.ok()?;
    if let (false, ResetTarget::User(created)) = (was_known, &now.target) {
        intent.note_created(created);
        end_sessions(session, intent).await;
    }
    Some(now)
}

/// Ends the user's sessions, if the user is known. An error goes to the debug log only: the attempt has failed already.
async fn end_sessions(session: &Session, intent: &AnyIntent) {
    if intent.user().is_err() {
        return;
    }
    if let Err(error) = session.backend().end_sessions(intent).await {
        tracing::debug!(reason = ?error.reason, "sessions could not be ended after the failure");
    }
}
