//! The plan of a reset, from what was read.

use super::action::Action;
use super::assess::gaps_for;
use super::assessment::AssessmentServices;
use super::capabilities::Capabilities;
use super::case::Case;
use super::customer_facts::CustomerFacts;
use super::notified::notified;
use super::plan::Plan;
use super::session::Session;
use super::user::ResetTarget;
use super::verification::Verification;

/// Makes the plan, which the agent is asked to confirm.
pub(super) fn reset_plan(
    services: &AssessmentServices<'_>,
    session: &Session,
    unlock: bool,
    (case, verification): (Case, Option<Verification>),
    (facts, capabilities): (&CustomerFacts, &Capabilities),
) -> Plan {
    let contacts = facts.contacts();
    let mut notices = facts.recovered.clone();
    if facts.history.damaged {
        notices.push(
            "The ledger has a damaged record, so earlier resets may be missing here: `tellonce ledger status`."
                .to_owned(),
        );
    }
    let snapshot = &facts.snapshot;
    let is_new = matches!(snapshot.target, ResetTarget::NewUser(_));
    Plan {
        agent: session.agent().to_owned(),
        profile_ref: session.profile_ref().clone(),
        customer: facts.customer.clone(),
        target: snapshot.target.clone(),
        user: snapshot.user.clone(),
        action: if is_new { Action::CreateAndSet } else { Action::Set },
        state: snapshot.state,
        stamp: snapshot.stamp.clone(),
        pending_since: snapshot.issued_at.filter(|_| snapshot.state.change_required),
        unlock: unlock && snapshot.state.locked,
        lasts: capabilities.lifetime.unwrap_or(services.guards.temporary_password_lasts),
        recent: facts.history.recent_resets(services.clock.now()),
        gaps: gaps_for(services.guards, facts, capabilities),
        notices,
        case,
        verification,
        notified: notified(services.guards, &contacts, services.clock.now()),
        language: contacts.language,
    }
}
