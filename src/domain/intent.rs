//! The intent: the permission to make one change of one user, bound to the record that was written before it.

use std::cell::OnceCell;
use std::marker::PhantomData;
use std::ops::Deref;

use jiff::Timestamp;

use super::action::ActionKind;
use super::attempt::AttemptId;
use super::consent::Consent;
use super::customer::CustomerId;
use super::error::{Error, Result};
use super::plan::{Plan, PlanDigest};
use super::user::{NewUser, ResetTarget, Stamp};
use super::user_id::UserId;

/// Shows that the audit log has written and synced the record of an intent.
///
/// It permits nothing by itself: [`authorize`](super::authorize()) alone makes an [`Intent`] of it.
#[derive(Debug)]
pub struct AppendReceipt {
    attempt: AttemptId,
    at: Timestamp,
}

impl AppendReceipt {
    /// Makes the receipt of a record that is on disk, with the attempt's id and the time on the record.
    pub const fn new(attempt: AttemptId, at: Timestamp) -> Self {
        Self { attempt, at }
    }

    /// Returns the attempt's id, which is on all of its records.
    pub const fn attempt(&self) -> &AttemptId {
        &self.attempt
    }

    /// Returns the time on the record.
    pub const fn at(&self) -> Timestamp {
        self.at
    }
}

/// The permission to make one change of the kind `A` to one user.
///
/// [`authorize`](super::authorize()) alone makes it: from the agent's consent to a plan and the receipt of its record.
/// It names the customer and the user, so that a backend takes the user from it and cannot change another.
/// [`execute`](super::execute()) consumes it.
///
/// A set takes an intent, and one of the right kind:
///
/// ```compile_fail,E0061
/// # use tellonce::domain::{TemporaryPassword, ports::IdentityBackend};
/// async fn set(backend: &dyn IdentityBackend, password: &TemporaryPassword) {
///     let _ = backend.set_temporary_password(password).await;
/// }
/// ```
/// ```compile_fail,E0308
/// # use tellonce::domain::{Intent, TemporaryPassword, Withdrawal, ports::IdentityBackend};
/// async fn set(backend: &dyn IdentityBackend, intent: &Intent<Withdrawal>, password: &TemporaryPassword) {
///     let _ = backend.set_temporary_password(intent, password).await;
/// }
/// ```
/// ```compile_fail,E0308
/// # use tellonce::domain::{Intent, Reset, ports::IdentityBackend};
/// async fn withdraw(backend: &dyn IdentityBackend, intent: &Intent<Reset>) {
///     let _ = backend.withdraw(intent).await;
/// }
/// ```
/// ```compile_fail,E0308
/// # use tellonce::domain::{Intent, Withdrawal, ports::IdentityBackend};
/// async fn unlock(backend: &dyn IdentityBackend, intent: &Intent<Withdrawal>) {
///     let _ = backend.unlock(intent).await;
/// }
/// ```
/// ```compile_fail,E0308
/// # use tellonce::domain::{Intent, Withdrawal, ports::IdentityBackend};
/// async fn unlock(backend: &dyn IdentityBackend, intent: &Intent<Withdrawal>) {
///     let _ = backend.unlock_alone(intent).await;
/// }
/// ```
/// ```compile_fail,E0308
/// # use tellonce::domain::{Intent, TemporaryPassword, Unlocking, ports::IdentityBackend};
/// async fn set(backend: &dyn IdentityBackend, intent: &Intent<Unlocking>, password: &TemporaryPassword) {
///     let _ = backend.set_temporary_password(intent, password).await;
/// }
/// ```
/// Nobody makes or copies one:
///
/// ```compile_fail,E0451
/// # use tellonce::domain::{AnyIntent, Intent, Reset};
/// fn forge(any: AnyIntent) -> Intent<Reset> {
///     Intent { any, kind: std::marker::PhantomData }
/// }
/// ```
/// ```compile_fail,E0308
/// # use tellonce::domain::{Intent, Reset};
/// fn twice(intent: &Intent<Reset>) -> Intent<Reset> {
///     intent.clone()
/// }
/// ```
#[derive(Debug)]
pub struct Intent<A: ActionKind> {
    any: AnyIntent,
    kind: PhantomData<A>,
}

/// An intent of any kind, for the calls that belong to every kind of change.
#[derive(Debug)]
pub struct AnyIntent {
    attempt: AttemptId,
    at: Timestamp,
    expires_at: Timestamp,
    stamp_before: Option<Stamp>,
    customer: CustomerId,
    target: ResetTarget,
    immutable_id: Option<String>,
    /// The user who was created under this intent.
    created: OnceCell<UserId>,
    digest: PlanDigest,
}

impl<A: ActionKind> Intent<A> {
    /// Makes the intent from a plan, the consent to it, and the receipt of its record.
    pub(super) fn new(plan: &Plan, consent: Consent, receipt: AppendReceipt) -> Self {
        let AppendReceipt { attempt, at } = receipt;
        let any = AnyIntent {
            attempt,
            at,
            expires_at: at.checked_add(plan.lasts).unwrap_or(Timestamp::MAX),
            stamp_before: plan.stamp.clone(),
            customer: plan.customer.id.clone(),
            target: plan.target.clone(),
            immutable_id: plan.user.as_ref().and_then(|user| user.immutable_id.clone()),
            created: OnceCell::new(),
            digest: consent.into_digest(),
        };
        Self { any, kind: PhantomData }
    }

    /// Makes an intent of a plan that nobody was asked about.
    #[cfg(test)]
    pub(crate) fn of_test(plan: &Plan, attempt: AttemptId, at: Timestamp) -> Self {
        let consent = Consent::of_test(plan, super::consent::Decision::ConfirmedBeforehand);
        Self::new(plan, consent, AppendReceipt::new(attempt, at))
    }
}

impl<A: ActionKind> Deref for Intent<A> {
    type Target = AnyIntent;

    fn deref(&self) -> &AnyIntent {
        &self.any
    }
}

impl AnyIntent {
    /// Returns the attempt's id, which is on all of its records.
    pub const fn attempt(&self) -> &AttemptId {
        &self.attempt
    }

    /// Returns when the intent was written.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// Returns when a password that is set under this intent has to run out.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// Returns the stamp before the change.
    pub const fn stamp_before(&self) -> Option<&Stamp> {
        self.stamp_before.as_ref()
    }

    /// Returns the customer who is helped.
    pub const fn customer(&self) -> &CustomerId {
        &self.customer
    }

    /// Returns the target of the change: a user, or a user who has to be created.
    pub const fn target(&self) -> &ResetTarget {
        &self.target
    }

    /// Returns the unchanging id of the user whom the plan named; `None` if it was not read, or the user is new.
    pub fn immutable_id(&self) -> Option<&str> {
        self.immutable_id.as_deref()
    }

    /// Returns the digest of the plan that was consented to.
    pub const fn digest(&self) -> &PlanDigest {
        &self.digest
    }

    /// Returns the user who may be changed: the user whom the plan named, or who was created under this intent.
    ///
    /// # Errors
    /// Exit 1: the user has to be created first.
    pub fn user(&self) -> Result<&UserId> {
        match &self.target {
            ResetTarget::User(user) => Ok(user),
            ResetTarget::NewUser(_) => {
                self.created.get().ok_or_else(|| Error::bug("The user of this attempt has not been created yet."))
            }
        }
    }

    /// Returns what the user has to be created from; `None` if there is a user, also one who was created under this intent.
    pub fn new_user(&self) -> Option<&NewUser> {
        match &self.target {
            ResetTarget::NewUser(new) if self.created.get().is_none() => Some(new),
            ResetTarget::NewUser(_) | ResetTarget::User(_) => None,
        }
    }

    /// Notes the user who was created under this intent. A user who is named already stays.
    pub(super) fn note_created(&self, user: &UserId) {
        if matches!(self.target, ResetTarget::NewUser(_)) {
            let _ = self.created.set(user.clone()); // the first answer of the backend stands
        }
    }
}
