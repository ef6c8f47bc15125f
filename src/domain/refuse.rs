//! Step 4: refuses what must not be done, before anything changes and whatever flags are given.

use super::assessment::{AssessmentServices, Need};
use super::capabilities::Capabilities;
use super::customer_facts::CustomerFacts;
use super::error::{Error, Reason, Result};
use super::obstacle::{Obstacle, Right};
use super::refusals::refusal;

/// Refuses a reset that must not be done. Returns a need if the agent has to decide about a lock-out first.
///
/// # Errors
/// Exit 4: a missing right. Exit 7: everything else that must not be done.
pub(super) fn refuse(
    services: &AssessmentServices<'_>,
    facts: &CustomerFacts,
    capabilities: &Capabilities,
    unlock: bool,
) -> Result<Option<Need>> {
    let customer = &facts.customer;
    let mut need = None;
    for obstacle in &facts.snapshot.obstacles {
        match obstacle {
            Obstacle::Locked { .. } if unlock || capabilities.set_lifts_lock => {}
            Obstacle::Locked { .. } => need = Some(Need::Unlock { otherwise: Box::new(refusal(obstacle, customer)) }),
            Obstacle::MissingRight(Right::EndSessions) if services.guards.allow_without_logout => {}
            Obstacle::MissingRight(Right::Unlock) if !facts.snapshot.state.locked => {}
            _ => return Err(refusal(obstacle, customer)),
        }
    }
    check_recent_resets(services, facts)?;
    Ok(need)
}

fn check_recent_resets(services: &AssessmentServices<'_>, facts: &CustomerFacts) -> Result<()> {
    let Some(most) = services.guards.max_resets_per_customer_24h else { return Ok(()) };
    let customer = &facts.customer;
    if facts.history.damaged {
        return Err(Error::refused(
            Reason::Unreadable,
            format!(
                "How often {} ({}) was reset in the last 24 hours cannot be read: the audit log has a damaged line, and this profile allows {most} resets.",
                customer.name, customer.id
            ),
        )
        .hint("`tellonce audit verify` names the line. Move the log aside to begin a new one, and keep it."));
    }
    let recent = facts.history.recent_resets(services.clock.now()).len();
    if recent < usize::try_from(most).unwrap_or(usize::MAX) {
        return Ok(());
    }
    Err(Error::refused(
        Reason::TooManyResets,
        format!(
            "{} ({}) was reset {recent} times in the last 24 hours; this profile allows {most}.",
            customer.name, customer.id
        ),
    )
    .hint(format!("See who did it and why: `tellonce audit list --customer {}`.", customer.id)))
}
