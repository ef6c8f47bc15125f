//! Step 4: refuses what must not be done, before anything changes and whatever flags are given.

use super::assessment::{AssessmentServices, Need};
use super::capabilities::{Capabilities, LockOuts};
use super::customer_facts::CustomerFacts;
use super::error::{Error, Reason, Result};
use super::limits::LimitReached;
use super::obstacle::{Obstacle, Right};
use super::refusals::refusal;
use super::session::Session;

/// What step 4 leaves to be decided.
pub(super) struct Permitted {
    /// Whether the lock-out is lifted as well, which the agent has to decide first.
    pub(super) need: Option<Need>,
    /// The limit that refuses the reset.
    pub(super) reached: Option<LimitReached>,
}

/// Refuses a reset that must not be done. A limit that is reached is returned, for it is recorded.
///
/// # Errors
/// Exit 4: a missing right. Exit 7: everything else that must not be done.
pub(super) async fn refuse(
    services: &AssessmentServices<'_>,
    session: &Session,
    (facts, capabilities): (&CustomerFacts, &Capabilities),
    unlock: bool,
) -> Result<Permitted> {
    let customer = &facts.customer;
    if unlock && capabilities.lock_outs == LockOuts::EndByThemselves {
        let message = "This backend lifts no lock-out after failed attempts: it ends by itself.";
        return Err(Error::refused(Reason::RefusedByBackend, message).hint("Leave out `--unlock`."));
    }
    let mut need = None;
    for obstacle in &facts.snapshot.obstacles {
        match obstacle {
            Obstacle::Locked { .. } if unlock || capabilities.lock_outs == LockOuts::LiftedBySet => {}
            Obstacle::Locked { .. } => need = Some(Need::Unlock { otherwise: Box::new(refusal(obstacle, customer)) }),
            Obstacle::MissingRight(Right::EndSessions, _) if services.guards.allow_without_logout => {}
            Obstacle::MissingRight(Right::Unlock, _) if !facts.snapshot.state.locked => {}
            _ => return Err(refusal(obstacle, customer)),
        }
    }
    Ok(Permitted { need, reached: check_limits(services, session, facts).await? })
}

/// Returns the limit that has no room for one more reset. The intent's transaction checks the limits again.
async fn check_limits(
    services: &AssessmentServices<'_>,
    session: &Session,
    facts: &CustomerFacts,
) -> Result<Option<LimitReached>> {
    let (limits, customer) = (services.guards.limits(), &facts.customer);
    if let (Some(most), true) = (limits.per_customer_24h, facts.history.damaged) {
        return Err(Error::refused(
            Reason::Unreadable,
            format!(
                "How often {} ({}) was reset in the last 24 hours cannot be read: the ledger has a damaged record, and this profile allows {most} resets.",
                customer.name, customer.id
            ),
        )
        .hint("`tellonce ledger status` names the record. `tellonce ledger prune` removes it, with what is older."));
    }
    let recent = facts.history.recent_resets(services.clock.now()).len();
    let mut reached = LimitReached::of_customer(limits, recent);
    if reached.is_none() && limits.per_agent_1h.is_some() {
        reached = LimitReached::of_agent(limits, services.audit.resets_by_agent(session).await?);
    }
    Ok(reached)
}
