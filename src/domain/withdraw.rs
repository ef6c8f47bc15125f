//! Withdraws a pending temporary password, such as one that was given to the wrong person.

use super::act::{Act, SessionsAfterFailure};
use super::action::{Action, ActionKind as _, Withdrawal};
use super::assess::{assess_asking, end_sessions, gaps_for, read_facts};
use super::assessment::{Answer, Assessed, Assessment, AssessmentServices, CustomerRef};
use super::attempt::AttemptId;
use super::authorize::{Authorized, authorize};
use super::capabilities::{Capabilities, LockOuts};
use super::case::Case;
use super::case_needs::case_needs;
use super::contact::Contact;
use super::customer::Customer;
use super::customer_facts::CustomerFacts;
use super::error::{Changed, Error, Kind, Reason, Result};
use super::execute::execute;
use super::execution::{Broken, Execution};
use super::find_customer::find_customer;
use super::guards::Guards;
use super::history::Attempt;
use super::notified::notified;
use super::obstacle::{Obstacle, Right, Unreadable};
use super::outcome::AttemptOutcome;
use super::plan::Plan;
use super::refusals::refusal;
use super::services::Services;
use super::session::{AT_LEAST, Session};
use super::status::State;
use super::time_limit::Reached;
use super::user::{ResetTarget, SessionsEnded, Stamp, UserSnapshot};
use super::user_profile::UserProfile;
use super::verification::Verification;

/// What the agent asked for.
#[derive(Clone, Debug, Default)]
pub struct WithdrawalRequest {
    /// The customer whom the request is about.
    pub customer: CustomerRef,
    /// Why the password is withdrawn.
    pub occasion: Occasion,
    /// The case, for the audit log.
    pub case: Case,
}

/// Why a temporary password is withdrawn: the agent named the customer, or a sweep found it.
#[derive(Clone, Debug, Default)]
pub enum Occasion {
    /// The agent named the customer. The profile's required texts are asked for.
    #[default]
    Named,
    /// A sweep found it, with this stamp: only that password is withdrawn, and the profile requires no text.
    Sweep(Option<Stamp>),
}

/// What was withdrawn.
#[derive(Clone, Debug)]
pub struct Withdrawn {
    /// The customer.
    pub customer: Customer,
    /// The user, as the backend names them.
    pub user: Option<UserProfile>,
    /// What the backend and the directory say differently of the customer.
    pub differences: Vec<String>,
    /// The facts of the status now.
    pub state: State,
    /// How sessions were ended.
    pub sessions_ended: SessionsEnded,
    /// How the caller was verified; `None` if the tool did not verify them.
    pub verification: Option<Verification>,
    /// Where the customer is told of it.
    pub notified: Vec<Contact>,
    /// The attempt, for the ticket.
    pub attempt: AttemptId,
}

/// Withdraws the pending temporary password of one customer.
///
/// # Errors
/// Exit 7: nothing pending, already used (with when), or protected. Exit 9: it may have been withdrawn, but was not confirmed.
pub async fn withdraw(
    services: &mut Services<'_>,
    session: &Session,
    mut request: WithdrawalRequest,
) -> Result<Withdrawn> {
    let assessment = assess_asking::<Withdrawal>(services, session, &mut request).await?;
    let Authorized { intent, assessment, hold: _hold } = authorize(services, session, assessment, &mut request).await?;
    execute(services, session, intent, assessment).await
}

impl Act for Withdrawal {
    type Request = WithdrawalRequest;
    type Done = Withdrawn;
    const SESSIONS_AFTER_FAILURE: SessionsAfterFailure = SessionsAfterFailure::End;

    async fn assess(
        services: &mut AssessmentServices<'_>,
        session: &Session,
        request: &WithdrawalRequest,
    ) -> Result<Assessed<Self>> {
        session.backend().keep_alive(AT_LEAST).await?;
        let customer = match find_customer(&request.customer, session).await? {
            Ok(customer) => customer,
            Err(choice) => return Ok(Assessed::Needs { customer: None, needs: vec![choice] }),
        };
        let (facts, capabilities) = read_facts(services, session, &customer).await?;
        check_is_pending(&facts, &capabilities, services.guards)?;
        let case = request.case.clone().checked(services.guards)?;
        let (needs, verification) = match &request.occasion {
            Occasion::Named => case_needs(services, session, (&facts, &case), Withdrawal::KIND).await?,
            Occasion::Sweep(stamp) => {
                check_is_same_password(&facts, stamp.as_ref())?;
                (Vec::new(), None)
            }
        };
        if !needs.is_empty() {
            return Ok(Assessed::Needs { customer: Some(Box::new(customer)), needs });
        }
        let contacts = facts.contacts();
        let plan = Plan {
            agent: session.agent().to_owned(),
            profile_ref: session.profile_ref().clone(),
            customer,
            target: facts.snapshot.target.clone(),
            user: facts.snapshot.user.clone(),
            action: Action::Withdraw,
            state: facts.snapshot.state,
            stamp: facts.snapshot.stamp.clone(),
            pending_since: facts.snapshot.issued_at,
            unlock: false,
            lasts: services.guards.temporary_password_lasts,
            recent: facts.history.recent_resets(services.clock.now()),
            gaps: gaps_for(services.guards, &facts, &capabilities),
            notices: facts.recovered.clone(),
            case,
            verification,
            notified: notified(services.guards, &contacts, services.clock.now()),
            language: contacts.language,
        };
        Ok(Assessed::Planned(Box::new(Assessment::new(plan, facts, capabilities))))
    }

    fn customer(request: &mut WithdrawalRequest) -> &mut CustomerRef {
        &mut request.customer
    }

    fn take(request: &mut WithdrawalRequest, answer: Answer) {
        match answer {
            Answer::Customer(customer) => request.customer = CustomerRef::Chosen(customer),
            Answer::Text(requirement, text) => request.case.answer(requirement, text),
            Answer::Unlock => {} // a withdrawal leaves a lock-out alone, and never asks
        }
    }

    /// Withdraws the password of the plan, ends the user's sessions, and writes that down.
    async fn change(work: &mut Execution<'_, '_, Self>) -> Result<Withdrawn, Broken> {
        work.reaches(Reached::Sent);
        work.backend().withdraw(work.intent).await.map_err(Broken::at_change)?;
        work.reaches(Reached::Changed);
        let broken = |error: Error| {
            let reason = error.reason;
            Broken::after_change(error, reason)
        };
        let sessions_ended = end_sessions(work).await.map_err(broken)?;
        work.services
            .audit
            .outcome(work.intent.attempt(), AttemptOutcome::Withdrawn { sessions: sessions_ended })
            .await
            .map_err(broken)?;
        let plan = work.assessment.plan();
        Ok(Withdrawn {
            customer: plan.customer.clone(),
            user: plan.user.clone(),
            differences: plan.differences(),
            state: State { withdrawn: Some(true), ..plan.state },
            sessions_ended,
            verification: plan.verification.clone(),
            notified: plan.notified.clone(),
            attempt: work.intent.attempt().clone(),
        })
    }

    fn state_after_failure(
        assessment: &Assessment<Self>,
        changed: Changed,
        now: UserSnapshot,
    ) -> (Changed, Option<Stamp>) {
        let is_the_same = Stamp::same_set(now.stamp.as_ref(), assessment.plan().stamp.as_ref());
        let is_withdrawn = is_the_same && now.state.withdrawn == Some(true);
        (if is_withdrawn { Changed::Yes } else { changed }, None) // a withdrawal issues nothing that has a stamp
    }

    fn explain(customer: &Customer, reason: Reason, changed: Changed, cause: Error) -> Error {
        let what =
            if changed == Changed::Yes { "was withdrawn, but that is not all" } else { "may have been withdrawn" };
        let message = format!("The temporary password of {} ({}) {what}: {cause}", customer.name, customer.id);
        let error = Error::new(Kind::NotDelivered, reason, message)
            .hint(format!("See where it stands: `tellonce show {}`.", customer.id));
        Error { changed, ..error }.because(cause)
    }
}

/// Checks that the pending password is the one that the sweep found.
fn check_is_same_password(facts: &CustomerFacts, stamp: Option<&Stamp>) -> Result<()> {
    if Stamp::same_set(facts.snapshot.stamp.as_ref(), stamp) {
        return Ok(());
    }
    let message = format!("{} got another temporary password meanwhile.", facts.customer.id);
    Err(Error::refused(Reason::NothingPending, message))
}

/// Checks that the user has a temporary password that is pending, and that this agent may withdraw it.
///
/// # Errors
/// Exit 7: nothing is pending, it was used already, or the user is protected. Exit 4: a missing right.
fn check_is_pending(facts: &CustomerFacts, capabilities: &Capabilities, guards: &Guards) -> Result<()> {
    let (customer, snapshot) = (&facts.customer, &facts.snapshot);
    let who = format!("{} ({})", customer.name, customer.id);
    for obstacle in &snapshot.obstacles {
        let is_irrelevant = matches!(
            obstacle,
            Obstacle::Disabled
                | Obstacle::UserExpired(_)
                | Obstacle::NotYetValid(_)
                | Obstacle::WouldNotStick(_)
                | Obstacle::MayNotChoose(_)
                | Obstacle::Locked { .. }
                | Obstacle::Unreadable(Unreadable { for_resets_alone: true, .. })
                | Obstacle::NewUserIncomplete(_)
                | Obstacle::MissingRight(Right::CreateUsers | Right::Unlock, _)
        );
        // Only an administrator may lift a permanent lock: a backend whose changes lift locks refuses.
        let lock_stays =
            matches!(obstacle, Obstacle::PermanentlyLocked(_)) && capabilities.lock_outs != LockOuts::LiftedBySet;
        let goes_on = guards.allow_without_logout && matches!(obstacle, Obstacle::MissingRight(Right::EndSessions, _));
        if !is_irrelevant && !lock_stays && !goes_on {
            return Err(refusal(obstacle, customer));
        }
    }
    if matches!(snapshot.target, ResetTarget::NewUser(_)) {
        return Err(Error::refused(Reason::NothingPending, format!("{who} has no user, so nothing is pending.")));
    }
    if snapshot.state.withdrawn == Some(true) {
        return Err(Error::refused(
            Reason::NothingPending,
            format!("The temporary password of {who} was withdrawn already."),
        )
        .hint(format!("Issue another: `tellonce reset {}`.", customer.id)));
    }
    if snapshot.state.change_required {
        return Ok(());
    }
    let lock_out = format!(
        "If that was not the customer, lock them out: `tellonce reset {}` makes every earlier password void, and ends the sessions that the backend keeps.",
        customer.id
    );
    let was_issued = facts.history.attempts.iter().any(Attempt::may_have_reset);
    match snapshot.changed_by_customer_at {
        Some(at) if was_issued => Err(Error::refused(
            Reason::AlreadyUsed,
            format!(
                "The temporary password of {who} was already used, and a new password chosen, at {}.",
                at.strftime("%F %T UTC")
            ),
        )
        .hint(lock_out)),
        None if was_issued => {
            Err(Error::refused(Reason::AlreadyUsed, format!("The temporary password of {who} was already used."))
                .hint(lock_out))
        }
        _ => Err(Error::refused(Reason::NothingPending, format!("No temporary password is pending for {who}."))),
    }
}
