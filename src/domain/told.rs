//! What a failure after the intent means, told as it is: nothing changed, changed, or unknown.

use super::customer::Customer;
use super::desk::{Desk, Learned};
use super::error::{Changed, Failure, Kind, Reason};
use super::ports::{Intent, Outcome};
use super::session::Session;
use super::user::{UserId, Whom};

/// A failure of steps 8 to 11, and how far it had come.
pub(super) struct Broken {
    pub(super) failure: Failure,
    pub(super) user: Option<UserId>,
    pub(super) stage: Stage,
}

/// How far it had come.
pub(super) enum Stage {
    /// At the set: the failure itself says what became of the customer.
    Set,
    /// After it: the customer's password is set, and this went wrong.
    AfterSet(Reason),
}

/// Reads the stamp once to say which, still ends sessions, and writes it down: the one place where `changed` is raised.
pub(super) async fn told_as_it_is(
    desk: &mut Desk<'_>,
    session: &Session,
    intent: &Intent,
    learned: &Learned,
    broken: Broken,
) -> Failure {
    let Broken { failure, mut user, stage } = broken;
    let (mut changed, reason) = match stage {
        Stage::Set => (failure.changed, failure.reason),
        Stage::AfterSet(reason) => (Changed::Yes, reason),
    };
    let mut stamp = None;
    if changed != Changed::No {
        let standing = session.backend().standing(&learned.customer).await.ok();
        if let Some(Whom::User(found)) = standing.as_ref().map(|standing| &standing.whom) {
            user.get_or_insert_with(|| found.clone());
        }
        stamp = standing.and_then(|standing| standing.stamp);
        if stamp.as_ref().is_some_and(|stamp| stamp.is_newer_than(learned.standing.stamp.as_ref())) {
            changed = Changed::Yes;
        }
        if let Some(user) = &user
            && let Err(also) = session.backend().end_sessions(intent, user).await
        {
            tracing::debug!(%also, "sessions could not be ended after the failure");
        }
    }
    if let Err(also) = desk.audit.outcome(intent, Outcome::Failed { reason, changed, stamp }).await {
        desk.prompter.say(&format!("The failure could not be written to the audit log: {also}"));
    }
    desk.interruptions.release();
    let customer = &learned.customer;
    match changed {
        Changed::No => Failure { changed, password_may_be_set: false, ..failure },
        Changed::Unknown => {
            because(not_delivered(customer, reason, changed, "may have been set: the answer was lost"), failure)
        }
        Changed::Yes => {
            because(not_delivered(customer, reason, changed, "was set, but was not shown and is wiped"), failure)
        }
    }
}

fn because(told: Failure, beneath: Failure) -> Failure {
    Failure { message: format!("{} {beneath}", told.message), ..told }.because(beneath)
}

/// Something changed, or may have, and no password was delivered (exit 9): issue another.
pub(super) fn not_delivered(customer: &Customer, reason: Reason, changed: Changed, what: &str) -> Failure {
    let told = Failure::new(
        Kind::NotDelivered,
        reason,
        format!("A temporary password for {} ({}) {what}.", customer.name, customer.id),
    )
    .hint(format!("Issue another: `tellonce reset {}`. Only the newest works.", customer.id));
    Failure { changed, password_may_be_set: true, ..told }
}
