//! The port to the records of verifications.

use async_trait::async_trait;

use crate::domain::action::ChangeKind;
use crate::domain::attempt::AttemptId;
use crate::domain::contact::Contact;
use crate::domain::customer::Customer;
use crate::domain::error::Result;
use crate::domain::limits::LimitReached;
use crate::domain::session::Session;
use crate::domain::user_profile::UserProfile;
use crate::domain::verification::{Verification, VerificationWay};

/// Whom a verification is about, and what it is for.
#[derive(Clone, Copy)]
pub struct VerificationSubject<'a> {
    /// The session of the agent who verifies.
    pub session: &'a Session,
    /// The customer.
    pub customer: &'a Customer,
    /// The customer's user; `None` if there is none yet.
    pub user: Option<&'a UserProfile>,
    /// The kind of change that the verification is for.
    pub purpose: ChangeKind,
}

/// How a caller was verified.
#[derive(Clone, Copy)]
pub struct VerifiedBy<'a> {
    /// The way.
    pub way: VerificationWay,
    /// The address or number on file.
    pub contact: &'a Contact,
    /// The try that had the right code; `None` for a callback.
    pub try_id: Option<&'a AttemptId>,
    /// How long the verification can be used.
    pub valid: std::time::Duration,
}

/// The records of codes, of tries and of verifications. No record has a code, nor anything computed from one.
#[async_trait(?Send)]
pub trait VerificationLog {
    /// Writes down that a code is about to be sent, and returns once that is durable. Checks in the same transaction how
    /// many codes this customer was sent in the last hour.
    async fn sending_code(
        &self,
        about: VerificationSubject<'_>,
        to: &Contact,
    ) -> Result<Result<AttemptId, LimitReached>>;
    /// Writes down that a code was not sent, or may not have been.
    async fn code_not_sent(&self, about: VerificationSubject<'_>, code: &AttemptId, may_be_sent: bool) -> Result<()>;
    /// Writes down that a code is about to be tried, and returns the id of the try once that is durable. Checks in the
    /// same transaction how many wrong codes were tried for this customer in the last 24 hours, by any agent.
    async fn trying_code(
        &self,
        about: VerificationSubject<'_>,
        code: &AttemptId,
    ) -> Result<Result<AttemptId, LimitReached>>;
    /// Writes down that the caller is verified.
    async fn verified(&self, about: VerificationSubject<'_>, by: VerifiedBy<'_>) -> Result<Verification>;
}
