//! The port to the audit log, which alone makes an intent.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::attempt::AttemptId;
use crate::domain::customer::{Customer, CustomerId};
use crate::domain::error::Result;
use crate::domain::history::{Finding, History};
use crate::domain::intent::Intent;
use crate::domain::outcome::AttemptOutcome;
use crate::domain::plan::{Consent, Plan};
use crate::domain::session::Session;

impl Intent {
    /// Made by the audit log once the line is synced; consumes the consent.
    pub fn receipt(_session: &Session, plan: &Plan, _consent: Consent, attempt: AttemptId, at: Timestamp) -> Self {
        let expires_at = at.checked_add(plan.lasts).unwrap_or(Timestamp::MAX);
        Self { attempt, at, expires_at, stamp_before: plan.stamp.clone() }
    }
}

/// Who did what to whom, hash-chained.
#[async_trait(?Send)]
pub trait AuditLog {
    /// Writes and syncs the intent. If it fails, nothing must be changed.
    async fn intend(&mut self, session: &Session, plan: &Plan, consent: Consent) -> Result<Intent>;
    /// Writes and syncs what became of it.
    async fn outcome(&mut self, intent: &Intent, outcome: AttemptOutcome) -> Result<()>;
    /// What this machine's log knows of a customer.
    fn history(&self, session: &Session, customer: &Customer) -> Result<History>;
    /// What this machine's log knows of every customer of this backend, read once, for the sweep.
    fn histories(&self, session: &Session) -> Result<std::collections::HashMap<CustomerId, History>>;
    /// Writes down what was found out about an attempt whose end is missing.
    async fn recovered(&mut self, session: &Session, customer: &CustomerId, finding: &Finding) -> Result<()>;
}
