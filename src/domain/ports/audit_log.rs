//! The port to the audit log.

use std::collections::HashMap;

use async_trait::async_trait;

use crate::domain::attempt::AttemptId;
use crate::domain::consent::Consent;
use crate::domain::customer::{Customer, CustomerId};
use crate::domain::error::Result;
use crate::domain::history::{Finding, History};
use crate::domain::intent::AppendReceipt;
use crate::domain::outcome::AttemptOutcome;
use crate::domain::plan::Plan;
use crate::domain::session::Session;

/// The audit log: a hash-chained record of who changed which customer, and how.
#[async_trait(?Send)]
pub trait AuditLog {
    /// Writes and syncs the intent. If it fails, nothing must be changed.
    async fn intend(&mut self, session: &Session, plan: &Plan, consent: &Consent) -> Result<AppendReceipt>;
    /// Writes and syncs what became of an attempt.
    async fn outcome(&mut self, attempt: &AttemptId, outcome: AttemptOutcome) -> Result<()>;
    /// Reads what this machine's log knows of a customer.
    async fn history(&self, session: &Session, customer: &Customer) -> Result<History>;
    /// Reads what this machine's log knows of every customer of this backend, for the sweep.
    async fn histories(&self, session: &Session) -> Result<HashMap<CustomerId, History>>;
    /// Writes what was found out about an attempt whose end is missing.
    async fn recovered(&mut self, session: &Session, customer: &CustomerId, finding: &Finding) -> Result<()>;
}
