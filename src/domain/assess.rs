//! The first act: reads and checks everything, and makes the plan. It asks nobody and changes no user, so that it can
//! run on another machine than the agent's.

use super::act::Act;
use super::assessment::{Assessed, Assessment, AssessmentServices, CustomerRef, Need};
use super::capabilities::{Capabilities, Gap};
use super::customer::Customer;
use super::customer_facts::{CustomerFacts, gather_facts};
use super::error::{Reason, Result};
use super::execution::Execution;
use super::guards::Guards;
use super::obstacle::{Obstacle, Right};
use super::services::Services;
use super::session::Session;
use super::user::SessionsEnded;
use super::verify::verify_caller;

/// Assesses one kind of change, as far as the request says enough.
///
/// # Errors
/// Those of [`Act::assess`]: nobody is meant (exit 3), a missing right (4), several are meant (5), a rule (7), and
/// what cannot be read (7 or 8). Nothing was changed.
pub async fn assess<A: Act>(
    services: &mut AssessmentServices<'_>,
    session: &Session,
    request: &A::Request,
) -> Result<Assessed<A>> {
    A::assess(services, session, request).await
}

/// Assesses, and asks the agent for each missing answer, until there is a plan. Has a refusal by a limit recorded.
pub(super) async fn assess_asking<A: Act>(
    services: &mut Services<'_>,
    session: &Session,
    request: &mut A::Request,
) -> Result<Assessment<A>> {
    loop {
        let (customer, needs) = match assess::<A>(&mut services.for_assessment(), session, request).await? {
            Assessed::Planned(assessment) => {
                *A::customer(request) = CustomerRef::Found(Box::new(assessment.plan.customer.clone()));
                return Ok(*assessment);
            }
            Assessed::Needs { customer, needs } => (customer, needs),
            Assessed::Refused { plan, reached } => {
                services.audit.refused(session, &plan, reached).await?;
                return Err(reached.refusal(&plan.customer, session.agent()));
            }
        };
        if let Some(customer) = customer {
            *A::customer(request) = CustomerRef::Found(customer);
        }
        for need in needs {
            if let Need::Verification { customer, user, contacts, otherwise } = need {
                // Who confirmed everything beforehand chooses no way: `verify` comes before, with its own flags.
                if services.verifier.is_none() || !services.prompter.can_choose() {
                    return Err(*otherwise);
                }
                services.prompter.say(&otherwise.message);
                let about = (user.as_deref(), A::KIND);
                verify_caller(services, session, (&customer, &contacts), about, (None, None)).await?;
                continue;
            }
            let answer = need.ask(services.prompter, services.guards)?;
            A::take(request, answer);
        }
    }
}

/// Lists the promises that are not kept for this customer: those of the backend, and the end of sessions if the agent may
/// not end them and the profile goes on without.
pub(super) fn gaps_for(guards: &Guards, facts: &CustomerFacts, capabilities: &Capabilities) -> Vec<Gap> {
    let mut gaps = capabilities.gaps.clone();
    let is_missing = |obstacle: &Obstacle| matches!(obstacle, Obstacle::MissingRight(Right::EndSessions, _));
    let may_not_end = facts.snapshot.obstacles.iter().any(is_missing);
    if guards.allow_without_logout && may_not_end {
        gaps.insert(Gap::SessionsGoOn);
    }
    gaps.into_iter().collect()
}

/// Ends the user's sessions. The profile may let a change go on without that right.
pub(super) async fn end_sessions<A: Act>(work: &Execution<'_, '_, A>) -> Result<SessionsEnded> {
    match work.backend().end_sessions(work.intent).await {
        Err(error) if work.services.guards.allow_without_logout && error.reason == Reason::MissingRight => {
            Ok(SessionsEnded::LeftOpen)
        }
        ended => ended,
    }
}

/// Reads where the customer stands, what the audit log knows of them, and what the backend can do for them.
pub(super) async fn read_facts(
    services: &mut AssessmentServices<'_>,
    session: &Session,
    customer: &Customer,
) -> Result<(CustomerFacts, Capabilities)> {
    let facts = gather_facts(services.audit, session, customer).await?;
    let capabilities = services.guards.with_gaps(session.backend().capabilities().await?); // after the snapshot, which may tell more
    Ok((facts, capabilities))
}
