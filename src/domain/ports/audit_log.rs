//! The port to the audit log.

use async_trait::async_trait;

use crate::domain::action::ChangeKind;
use crate::domain::attempt::AttemptId;
use crate::domain::consent::Consent;
use crate::domain::customer::{Customer, CustomerId};
use crate::domain::error::Result;
use crate::domain::history::{Finding, History};
use crate::domain::intent::AppendReceipt;
use crate::domain::limits::{LimitReached, ResetLimits};
use crate::domain::outcome::AttemptOutcome;
use crate::domain::outstanding::{OutstandingPage, Settlement};
use crate::domain::plan::Plan;
use crate::domain::session::Session;
use crate::domain::user_profile::UserProfile;
use crate::domain::verification::Verification;

/// The audit log: a hash-chained record of who changed which customer, and how.
#[async_trait(?Send)]
pub trait AuditLog {
    /// Checks the limits and writes the intent, in one transaction, and returns once it is durable. If it fails, or a
    /// limit is reached, nothing must be changed.
    async fn intend(
        &mut self,
        session: &Session,
        plan: &Plan,
        consent: &Consent,
        limits: ResetLimits,
    ) -> Result<Result<AppendReceipt, LimitReached>>;
    /// Writes down that a limit refused this reset before the agent was asked. A row of a bulk run is refused once.
    async fn refused(&mut self, session: &Session, plan: &Plan, reached: LimitReached) -> Result<()>;
    /// Writes what became of an attempt, and returns once it is durable.
    async fn outcome(&mut self, attempt: &AttemptId, outcome: AttemptOutcome) -> Result<()>;
    /// Reads what the log knows of a customer and their user.
    async fn history(&self, session: &Session, customer: &Customer, user: Option<&UserProfile>) -> Result<History>;
    /// Counts the resets that the session's agent made in the last hour, without those of bulk runs.
    async fn resets_by_agent(&self, session: &Session) -> Result<u32>;
    /// Reads the newest verification of the caller that the session's agent can use now for this kind of change.
    async fn verification(
        &self,
        _session: &Session,
        _customer: &Customer,
        _user: Option<&UserProfile>,
        _purpose: ChangeKind,
    ) -> Result<Option<Verification>> {
        Ok(None)
    }
    /// Writes what was found out about an attempt whose end is missing.
    async fn recovered(&mut self, session: &Session, customer: &CustomerId, finding: &Finding) -> Result<()>;
    /// Reads what was issued at the session's backend and is outstanding, in the order of issue: a page after this
    /// number of [`OutstandingPage::next`], from 0.
    async fn outstanding(&self, session: &Session, after: u64) -> Result<OutstandingPage>;
    /// Writes down that what this attempt had issued is outstanding no more.
    async fn settle(&mut self, session: &Session, attempt: &AttemptId, settlement: Settlement) -> Result<()>;
}
