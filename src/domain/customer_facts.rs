//! Reads everything known of a customer before anything is decided.

use super::customer::Customer;
use super::error::Result;
use super::history::History;
use super::policy::About;
use super::ports::AuditLog;
use super::session::Session;
use super::user::{ResetTarget, UserSnapshot};

/// Everything known of a customer before anything is decided.
pub(crate) struct CustomerFacts {
    pub customer: Customer,
    /// The snapshot of the customer's user.
    pub snapshot: UserSnapshot,
    /// What this machine knows of earlier attempts, findings included.
    pub history: History,
    /// What was found out just now about attempts whose end was missing, in words.
    pub recovered: Vec<String>,
}

impl CustomerFacts {
    /// Returns what the rules about names compare a password with.
    pub(super) fn about(&self) -> About {
        let username = match &self.snapshot.target {
            ResetTarget::NewUser(new) => Some(new.username.clone()),
            ResetTarget::User(_) => self.customer.username.clone(),
        };
        About { username, email: self.customer.email.clone() }
    }
}

/// Reads the customer's snapshot and history, and writes down what became of attempts whose end is missing.
pub(crate) async fn gather_facts(
    audit: &mut dyn AuditLog,
    session: &Session,
    customer: &Customer,
) -> Result<CustomerFacts> {
    let snapshot = session.backend().user_snapshot(customer).await?;
    let mut history = audit.history(session, customer).await?;
    let mut recovered = Vec::new();
    for finding in history.findings(&snapshot) {
        audit.recovered(session, &customer.id, &finding).await?;
        recovered.push(history.note(&finding));
    }
    if !recovered.is_empty() {
        history = audit.history(session, customer).await?;
    }
    Ok(CustomerFacts { customer: customer.clone(), snapshot, history, recovered })
}
