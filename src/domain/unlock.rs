//! Lifts a lock-out after failed attempts alone. The customer keeps their password.

use super::act::{Act, SessionsAfterFailure};
use super::action::{Action, ActionKind as _, Unlocking};
use super::assess::{assess_asking, gaps_for, read_facts};
use super::assessment::{Answer, Assessed, Assessment, AssessmentServices, CustomerRef};
use super::attempt::AttemptId;
use super::authorize::{Authorized, authorize};
use super::capabilities::{Gap, LockOuts};
use super::case::Case;
use super::case_needs::case_needs;
use super::contact::Contact;
use super::customer::Customer;
use super::error::{Changed, Error, Kind, Reason, Result};
use super::execute::execute;
use super::execution::{Broken, Execution};
use super::find_customer::find_customer;
use super::notified::notified;
use super::outcome::AttemptOutcome;
use super::plan::Plan;
use super::services::Services;
use super::session::{AT_LEAST, Session};
use super::status::State;
use super::time_limit::Reached;
use super::unlock_refusals::{check_is_locked, lifts_none};
use super::user::{Stamp, UserSnapshot};
use super::user_profile::UserProfile;
use super::verification::Verification;

/// What the agent asked for.
#[derive(Clone, Debug, Default)]
pub struct UnlockRequest {
    /// The customer whom the request is about.
    pub customer: CustomerRef,
    /// The case, for the audit log.
    pub case: Case,
}

/// Whose lock-out was lifted.
#[derive(Clone, Debug)]
pub struct Unlocked {
    /// The customer.
    pub customer: Customer,
    /// The user, as the backend names them.
    pub user: Option<UserProfile>,
    /// What the backend and the directory say differently of the customer.
    pub differences: Vec<String>,
    /// The facts of the status, as read back.
    pub state: State,
    /// How the caller was verified; `None` if the tool did not verify them.
    pub verification: Option<Verification>,
    /// Where the customer is told of it.
    pub notified: Vec<Contact>,
    /// The attempt, for the ticket.
    pub attempt: AttemptId,
}

/// Lifts the lock-out of one customer. Passwords, sessions and a pending temporary password stay as they are.
///
/// # Errors
/// Exit 4: a missing right. Exit 7: not locked, or refused by a rule. Exit 9: it may have been lifted, but was not
/// confirmed.
pub async fn unlock(services: &mut Services<'_>, session: &Session, mut request: UnlockRequest) -> Result<Unlocked> {
    let assessment = assess_asking::<Unlocking>(services, session, &mut request).await?;
    let Authorized { intent, assessment, hold: _hold } = authorize(services, session, assessment, &mut request).await?;
    execute(services, session, intent, assessment).await
}

impl Act for Unlocking {
    type Request = UnlockRequest;
    type Done = Unlocked;
    const SESSIONS_AFTER_FAILURE: SessionsAfterFailure = SessionsAfterFailure::Keep;

    async fn assess(
        services: &mut AssessmentServices<'_>,
        session: &Session,
        request: &UnlockRequest,
    ) -> Result<Assessed<Self>> {
        session.backend().keep_alive(AT_LEAST).await?;
        let customer = match find_customer(&request.customer, session).await? {
            Ok(customer) => customer,
            Err(choice) => return Ok(Assessed::Needs { customer: None, needs: vec![choice] }),
        };
        let (facts, capabilities) = read_facts(services, session, &customer).await?;
        if capabilities.lock_outs == LockOuts::EndByThemselves {
            return Err(lifts_none());
        }
        check_is_locked(&facts)?;
        let case = request.case.clone().checked(services.guards)?;
        let (needs, verification) = case_needs(services, session, (&facts, &case), Unlocking::KIND).await?;
        if !needs.is_empty() {
            return Ok(Assessed::Needs { customer: Some(Box::new(customer)), needs });
        }
        let (snapshot, contacts) = (&facts.snapshot, facts.contacts());
        let plan = Plan {
            agent: session.agent().to_owned(),
            profile_ref: session.profile_ref().clone(),
            customer,
            target: snapshot.target.clone(),
            user: snapshot.user.clone(),
            action: Action::Unlock,
            state: snapshot.state,
            stamp: snapshot.stamp.clone(),
            pending_since: snapshot.issued_at.filter(|_| snapshot.state.change_required),
            unlock: true,
            lasts: services.guards.temporary_password_lasts,
            recent: facts.history.recent_resets(services.clock.now()),
            gaps: untold(gaps_for(services.guards, &facts, &capabilities)),
            notices: facts.recovered.clone(),
            case,
            verification,
            notified: notified(services.guards, &contacts, services.clock.now()),
            language: contacts.language,
        };
        Ok(Assessed::Planned(Box::new(Assessment::new(plan, facts, capabilities))))
    }

    fn customer(request: &mut UnlockRequest) -> &mut CustomerRef {
        &mut request.customer
    }

    fn take(request: &mut UnlockRequest, answer: Answer) {
        match answer {
            Answer::Customer(customer) => request.customer = CustomerRef::Chosen(customer),
            Answer::Text(requirement, text) => request.case.answer(requirement, text),
            Answer::Unlock => {} // that is what the command is for, so that nobody is asked
        }
    }

    /// Lifts the lock-out, reads back that it is gone, and writes that down.
    async fn change(work: &mut Execution<'_, '_, Self>) -> Result<Unlocked, Broken> {
        work.reaches(Reached::Sent);
        work.backend().unlock_alone(work.intent).await.map_err(Broken::at_change)?;
        work.reaches(Reached::Changed);
        let broken = |error: Error| {
            let reason = error.reason;
            Broken::after_change(error, reason)
        };
        let state = read_back(work).await.map_err(broken)?;
        work.services.audit.outcome(work.intent.attempt(), AttemptOutcome::Unlocked).await.map_err(broken)?;
        let plan = work.assessment.plan();
        Ok(Unlocked {
            customer: plan.customer.clone(),
            user: plan.user.clone(),
            differences: plan.differences(),
            state,
            verification: plan.verification.clone(),
            notified: plan.notified.clone(),
            attempt: work.intent.attempt().clone(),
        })
    }

    fn state_after_failure(_: &Assessment<Self>, changed: Changed, now: UserSnapshot) -> (Changed, Option<Stamp>) {
        let changed = match now.known_locked() {
            Some(true) => Changed::No,
            Some(false) => Changed::Yes,
            None => changed,
        };
        (changed, None) // an unlock issues nothing that has a stamp
    }

    fn explain(customer: &Customer, reason: Reason, changed: Changed, cause: Error) -> Error {
        let what = if changed == Changed::Yes { "is lifted, but that is not all" } else { "may have been lifted" };
        let message = format!("The lock-out of {} ({}) {what}: {cause}", customer.name, customer.id);
        let error = Error::new(Kind::NotDelivered, reason, message)
            .hint(format!("See where it stands: `tellonce show {}`.", customer.id));
        Error { changed, ..error }.because(cause)
    }
}

/// Reads back that the user is not locked any more. Returns the facts of the status then.
///
/// # Errors
/// Exit 8: the user is still locked, or whether they are cannot be read.
async fn read_back(work: &Execution<'_, '_, Unlocking>) -> Result<State> {
    let snapshot = work.backend().user_snapshot(&work.assessment.plan().customer).await?;
    let failed = |message| Error::new(Kind::Unavailable, Reason::UnlockFailed, message);
    match snapshot.known_locked() {
        Some(false) => Ok(snapshot.state),
        Some(true) => Err(failed("The backend took the unlock, and still shows the user as locked.")),
        None => Err(failed("The backend took the unlock, and does not show any more whether the user is locked.")),
    }
}

/// Keeps of the gaps the one that is not about temporary passwords.
fn untold(mut gaps: Vec<Gap>) -> Vec<Gap> {
    gaps.retain(|gap| *gap == Gap::NotNotified);
    gaps
}

#[cfg(test)]
mod tests;
