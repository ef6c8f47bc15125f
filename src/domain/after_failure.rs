//! What a failure after the intent means, told as it is: nothing changed, changed, or unknown.

use std::time::Duration;

use futures_util::future::join;

use super::customer::Customer;
use super::customer_facts::CustomerFacts;
use super::error::{Changed, Error, Kind, Reason};
use super::intent::Intent;
use super::outcome::AttemptOutcome;
use super::services::Services;
use super::session::Session;
use super::time_limit::{Progress, Reached, clean_up_limit, given_up, within};
use super::user::{ResetTarget, Stamp, UserId};

/// A failure of steps 8 to 11, and how far it had come.
pub(super) struct Broken {
    pub(super) failure: Error,
    pub(super) user: Option<UserId>,
    pub(super) stage: Stage,
}

impl Broken {
    /// Its time was over.
    pub(super) fn given_up(progress: &Progress, limit: Duration) -> Self {
        let reached = progress.reached();
        let failure = given_up(&reached, limit);
        match reached {
            Reached::Nothing | Reached::Sent => Self { failure, user: None, stage: Stage::Set },
            Reached::Done(user) => {
                let stage = Stage::AfterSet(failure.reason);
                Self { failure, user: Some(user), stage }
            }
        }
    }
}

/// How far it had come.
pub(super) enum Stage {
    /// At the set: the failure itself says what became of the customer.
    Set,
    /// After it: the customer's password is set, and this went wrong.
    AfterSet(Reason),
}

/// Reads the stamp once to say which, still ends sessions, and writes it down: within [`clean_up_limit`].
pub(super) async fn report_failure(
    services: &mut Services<'_>,
    session: &Session,
    intent: &Intent,
    facts: &CustomerFacts,
    broken: Broken,
) -> Error {
    let Broken { failure, user, stage } = broken;
    let (mut changed, reason) = match stage {
        Stage::Set => (failure.changed, failure.reason),
        Stage::AfterSet(reason) => (Changed::Yes, reason),
    };
    let mut stamp = None;
    if changed != Changed::No {
        let clean_up = async {
            let user = user.as_ref().or(match &facts.snapshot.target {
                ResetTarget::User(user) => Some(user),
                ResetTarget::NewUser(_) => None,
            });
            let (read, ()) =
                join(session.backend().user_snapshot(&facts.customer), end_sessions(session, intent, user)).await;
            let Ok(snapshot) = read else { return };
            if let (None, ResetTarget::User(found)) = (user, &snapshot.target) {
                end_sessions(session, intent, Some(found)).await;
            }
            stamp = snapshot.stamp;
        };
        if within(services.clock, clean_up_limit(services.interruptions), clean_up).await.is_none() {
            tracing::debug!("the clean-up after the failure was given up");
        }
        if stamp.as_ref().is_some_and(|stamp: &Stamp| stamp.is_newer_than(facts.snapshot.stamp.as_ref())) {
            changed = Changed::Yes;
        }
    }
    if let Err(also) = services.audit.outcome(intent, AttemptOutcome::Failed { reason, changed, stamp }).await {
        services.prompter.say(&format!("The failure could not be written to the audit log: {also}"));
    }
    services.interruptions.release();
    let customer = &facts.customer;
    match changed {
        Changed::No => Error { changed, password_may_be_set: false, ..failure },
        Changed::Unknown => {
            because(not_delivered(customer, reason, changed, "may have been set: the answer was lost"), failure)
        }
        Changed::Yes => {
            because(not_delivered(customer, reason, changed, "was set, but was not shown and is wiped"), failure)
        }
    }
}

/// Ends the user's sessions; a failure is for the log only, as the reset has failed already.
pub(super) async fn end_sessions(session: &Session, intent: &Intent, user: Option<&UserId>) {
    let Some(user) = user else { return };
    if let Err(also) = session.backend().end_sessions(intent, user).await {
        tracing::debug!(reason = ?also.reason, "sessions could not be ended after the failure");
    }
}

fn because(told: Error, beneath: Error) -> Error {
    Error { message: format!("{} {beneath}", told.message), ..told }.because(beneath)
}

/// Something changed, or may have, and no password was delivered (exit 9): issue another.
pub(super) fn not_delivered(customer: &Customer, reason: Reason, changed: Changed, what: &str) -> Error {
    let told = Error::new(
        Kind::NotDelivered,
        reason,
        format!("A temporary password for {} ({}) {what}.", customer.name, customer.id),
    )
    .hint(format!("Issue another: `tellonce reset {}`. Only the newest works.", customer.id));
    Error { changed, password_may_be_set: true, ..told }
}
