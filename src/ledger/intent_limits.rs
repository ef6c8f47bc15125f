//! The limits that an intent has to keep.

use super::ids::backend_ids;
use super::ledger::Ledger;
use super::store::Limit;
use crate::domain::{Plan, ResetLimits, Result, Session};

impl Ledger {
    /// Returns what the store checks in the transaction that appends the intent of this plan.
    pub(super) async fn limits(&self, session: &Session, plan: &Plan, limits: ResetLimits) -> Result<Vec<Limit>> {
        let mut checked = Vec::new();
        if let Some(most) = limits.per_customer_24h {
            let store = self.shared.writer.bare_store();
            let subject = self.shared.ids.subject(store, &plan.profile_ref, &plan.customer, plan.user.as_ref()).await?;
            checked.push(Limit::Customer { subject, most, except: self.row.clone() });
        }
        if let (Some(most), None) = (limits.per_agent_1h, &self.row) {
            let (backend_ids, agent) = (backend_ids(&plan.profile_ref), session.agent().to_owned());
            checked.push(Limit::Agent { backend_ids, agent, most });
        }
        if let Some(verification) = &plan.verification {
            let store = self.shared.writer.bare_store();
            let subject = self.shared.ids.subject(store, &plan.profile_ref, &plan.customer, plan.user.as_ref()).await?;
            let (id, purpose) = (&verification.id, verification.purpose);
            checked.push(Self::verification_limit((id, subject), session.agent(), purpose));
        }
        Ok(checked)
    }
}
