//! The reset, step by step, in the order of docs/architecture.md.

use std::collections::BTreeSet;

use super::act::{Act, SessionsAfterFailure};
use super::action::{Action, ActionKind as _, Reset};
use super::assess::{assess_asking, end_sessions, read_facts};
use super::assessment::{Answer, Assessed, Assessment, AssessmentServices, CustomerRef, Need};
use super::authorize::{Authorized, authorize};
use super::candidates::Candidates;
use super::capabilities::{Gap, LockOuts};
use super::case_needs::case_needs;
use super::customer::Customer;
use super::customer_facts::CustomerFacts;
use super::error::{Changed, Error, Kind, Reason, Result};
use super::execute::execute;
use super::execution::{Broken, Execution};
use super::outcome::{AttemptOutcome, Delivery, Issuance};
use super::policy::Rule;
use super::ports::{Reveal, SetFailed};
use super::proof::Proof;
use super::prove::{change_not_forced, not_forced, prove};
use super::refuse::refuse;
use super::reset_plan::reset_plan;
use super::reset_request::{ResetRequest, customer_of};
use super::services::Services;
use super::session::{AT_LEAST, Session};
use super::status::{State, Unread};
use super::temporary_password::TemporaryPassword;
use super::time_limit::Reached;
use super::user::{Forced, Issued, SessionsEnded, Stamp, UserSnapshot};
use super::user_profile::UserProfile;

/// Issues a temporary password: the whole job.
///
/// # Errors
/// The errors of each step. From the set on, [`Error::changed`] is what became of the customer, and the exit code is 9.
pub async fn reset(
    services: &mut Services<'_>,
    session: &Session,
    reveal: &mut dyn Reveal,
    mut request: ResetRequest,
) -> Result<Issuance> {
    let assessment = assess_asking::<Reset>(services, session, &mut request).await?; // 1 to 4a
    let ready = reveal.prepare(assessment.password_length)?; // 5
    let assessment = assessment.with_notices(ready.notices());
    let Authorized { intent, assessment, hold } = authorize(services, session, assessment, &mut request).await?; // 6, 7
    let (password, issuance) = execute(services, session, intent, assessment).await?; // 8 to 11a
    let delivery = ready.reveal(password, &issuance).await; // 12
    record_delivery(services, &issuance, delivery).await; // 13
    drop(hold);
    conclude(issuance, delivery) // 14
}

impl Act for Reset {
    type Request = ResetRequest;
    type Done = (TemporaryPassword, Issuance);
    const SESSIONS_AFTER_FAILURE: SessionsAfterFailure = SessionsAfterFailure::End;

    /// Steps 1 to 4.
    async fn assess(
        services: &mut AssessmentServices<'_>,
        session: &Session,
        request: &ResetRequest,
    ) -> Result<Assessed<Self>> {
        session.backend().keep_alive(AT_LEAST).await?; // 1
        let customer = match customer_of(request, session).await? {
            // 2
            Ok(customer) => customer,
            Err(choice) => return Ok(Assessed::Needs { customer: None, needs: vec![choice] }),
        };
        tracing::debug!(customer = ?customer.id.as_str(), "the customer is found");
        let (facts, capabilities) = read_facts(services, session, &customer).await?; // 3
        let permitted = refuse(services, session, (&facts, &capabilities), request.unlock).await?; // 4
        if let Some(reached) = permitted.reached {
            let case = request.case.clone().checked(services.guards).unwrap_or_default();
            let plan = Box::new(reset_plan(services, session, request.unlock, (case, None), (&facts, &capabilities)));
            return Ok(Assessed::Refused { plan, reached });
        }
        let length = check_generator(services, &facts)?;
        let case = request.case.clone().checked(services.guards)?;
        let (missing, verification) = case_needs(services, session, (&facts, &case), Reset::KIND).await?;
        let needs: Vec<Need> = permitted.need.into_iter().chain(missing).collect();
        if !needs.is_empty() {
            return Ok(Assessed::Needs { customer: Some(Box::new(customer)), needs });
        }
        let plan = reset_plan(services, session, request.unlock, (case, verification), (&facts, &capabilities));
        Ok(Assessed::Planned(Box::new(Assessment::new(plan, facts, capabilities).with_password_length(length))))
    }

    fn customer(request: &mut ResetRequest) -> &mut CustomerRef {
        &mut request.customer
    }

    fn take(request: &mut ResetRequest, answer: Answer) {
        match answer {
            Answer::Customer(customer) => request.customer = CustomerRef::Chosen(customer),
            Answer::Unlock => request.unlock = true,
            Answer::Text(requirement, text) => request.case.answer(requirement, text),
        }
    }

    /// Steps 8 to 11a: set, unlock, mark, end sessions, read back, prove, write down. The first that fails ends it.
    async fn change(work: &mut Execution<'_, '_, Self>) -> Result<Self::Done, Broken> {
        let (password, issued, refused_for) = set(work).await?; // 8
        // A server that was sent the password may quote it in any later answer.
        let broken = |error, reason| Broken::after_change(password.redacted_from(error), reason);
        unlock(work).await.map_err(|error| broken(error, Reason::UnlockFailed))?;
        mark_pending(work, &issued).await.map_err(|error| broken(error, Reason::MarkFailed))?; // 9
        let ended = end_sessions(work).await.map_err(|error| broken(error, Reason::SessionsNotEnded))?; // 10
        let forced = read_back(work, &issued, &password).await.map_err(|(error, reason)| broken(error, reason))?; // 11
        let (proof, forced) = prove(work, &password, forced).await.map_err(|(error, reason)| broken(error, reason))?; // 11a
        record_set(work, &issued, (&forced, &proof), ended)
            .await
            .map_err(|error| broken(error, Reason::SetNotRecorded))?;
        work.check_signals().map_err(|error| broken(error, Reason::Interrupted))?;
        let issuance = issuance(work, &issued, (&forced, proof), ended, refused_for);
        Ok((password, issuance))
    }

    fn state_after_failure(
        assessment: &Assessment<Self>,
        changed: Changed,
        now: UserSnapshot,
    ) -> (Changed, Option<Stamp>) {
        let before = assessment.facts.snapshot.stamp.as_ref();
        let is_newer = now.stamp.as_ref().is_some_and(|stamp| stamp.is_newer_than(before));
        (if is_newer { Changed::Yes } else { changed }, now.stamp)
    }

    fn explain(customer: &Customer, reason: Reason, changed: Changed, cause: Error) -> Error {
        let what = if changed == Changed::Unknown {
            "may have been set: the answer was lost"
        } else {
            "was set, but was not shown and is wiped"
        };
        let mut error = not_delivered(customer, reason, changed, what);
        error.message = format!("{} {cause}", error.message);
        if cause.reason == Reason::ChangeNotForced {
            error.hint.clone_from(&cause.hint);
        }
        error.because(cause)
    }
}

/// Part of step 4: a policy that cannot be met is found before anything changes. Returns the length of a password.
fn check_generator(services: &mut AssessmentServices<'_>, facts: &CustomerFacts) -> Result<usize> {
    let mut candidates = Candidates::new(&facts.snapshot.policy, facts.about());
    candidates.make(services.random).map(|password| password.length())
}

/// Step 8: generates a password by the live policy, and sets it. A refusal for policy changes nothing: the next
/// password keeps the rules that it named, or has another style if it named none. Returns those rules as well.
async fn set(work: &mut Execution<'_, '_, Reset>) -> Result<(TemporaryPassword, Issued, BTreeSet<Rule>), Broken> {
    let facts = &work.assessment.facts;
    let mut candidates = Candidates::new(&facts.snapshot.policy, facts.about());
    work.reaches(Reached::Sent);
    loop {
        let password = candidates.make(work.services.random).map_err(Broken::at_change)?;
        match work.backend().set_temporary_password(work.intent, &password).await {
            Ok(issued) => {
                work.reaches(Reached::Changed);
                work.intent.note_created(&issued.user);
                tracing::debug!(at = %issued.at, "a temporary password is set");
                return Ok((password, issued, candidates.learned()));
            }
            Err(SetFailed::Policy(rules)) => {
                tracing::debug!(?rules, "refused for the policy");
                candidates.refused(rules).map_err(Broken::at_change)?;
            }
            Err(SetFailed::Other(error)) => return Err(Broken::at_change(password.redacted_from(error))),
        }
    }
}

/// Lifts the lock-out, if the agent asked for that.
async fn unlock(work: &Execution<'_, '_, Reset>) -> Result<()> {
    if work.assessment.plan().unlock { work.backend().unlock(work.intent).await } else { Ok(()) }
}

/// Step 9: marks the user, if the backend needs a mark to refuse the e-mail reset.
async fn mark_pending(work: &Execution<'_, '_, Reset>, issued: &Issued) -> Result<()> {
    work.backend().mark_pending(work.intent, issued).await
}

/// Step 11: reads back that a change is forced, and that the password is that of this attempt.
///
/// Where no change is forced, a sign-in shows whether the password opens everything.
async fn read_back(
    work: &mut Execution<'_, '_, Reset>,
    issued: &Issued,
    password: &TemporaryPassword,
) -> Result<Forced, (Error, Reason)> {
    let forced = work.backend().read_back(issued).await.map_err(|error| (error, Reason::ChangeNotForced))?;
    tracing::debug!(change_required = forced.change_required, "the set is read back");
    match check_read_back(&forced, issued.stamp.as_ref(), work.assessment.facts.snapshot.stamp.as_ref()) {
        Ok(()) => Ok(forced),
        Err((message, Reason::ChangeNotForced)) => {
            let error = not_forced(work, password).await.unwrap_or_else(|| change_not_forced(message));
            Err((error, Reason::ChangeNotForced))
        }
        Err((message, reason)) => Err((Error::unavailable(message), reason)),
    }
}

/// Writes the set, its proof, and how sessions were ended, to the audit log.
async fn record_set(
    work: &mut Execution<'_, '_, Reset>,
    issued: &Issued,
    (forced, proof): (&Forced, &Proof),
    sessions: SessionsEnded,
) -> Result<()> {
    let user =
        work.assessment.plan().user.as_ref().map_or(issued.id_in_records(), UserProfile::id_in_records).to_owned();
    let outcome = AttemptOutcome::Set { user, stamp: forced.stamp.clone(), proof: proof.clone(), sessions };
    work.services.audit.outcome(work.intent.attempt(), outcome).await
}

/// Returns what was issued.
fn issuance(
    work: &Execution<'_, '_, Reset>,
    issued: &Issued,
    (forced, proof): (&Forced, Proof),
    sessions_ended: SessionsEnded,
    refused_for: BTreeSet<Rule>,
) -> Issuance {
    let (plan, facts) = (work.assessment.plan(), &work.assessment.facts);
    let mut gaps = plan.gaps.clone();
    if sessions_ended == SessionsEnded::LeftOpen && !gaps.contains(&Gap::SessionsGoOn) {
        gaps.push(Gap::SessionsGoOn);
    }
    let username = facts.about().username;
    let user = plan.user.clone().unwrap_or_else(|| UserProfile {
        id: issued.user.clone(),
        username: username.clone(),
        name: Some(plan.customer.name.clone()),
        email: plan.customer.email.clone(),
        immutable_id: issued.immutable_id.clone(),
    });
    Issuance {
        customer: Customer { username, ..plan.customer.clone() },
        user: Some(user),
        differences: plan.differences(),
        profile_ref: plan.profile_ref.clone(),
        user_created: plan.action == Action::CreateAndSet,
        state: State {
            has_user: true,
            change_required: true,
            locked: plan.state.locked
                && !plan.unlock
                && work.assessment.capabilities.lock_outs != LockOuts::LiftedBySet,
            expired: Some(false),
            withdrawn: Some(false),
            unread: Unread::default(),
            ..plan.state
        },
        issued_at: forced.stamp.as_ref().and_then(|stamp| stamp.at).unwrap_or(issued.at),
        expires_at: issued.expires_at,
        proof,
        sessions_ended,
        change_screen: work.assessment.capabilities.change_screen,
        rules: facts.snapshot.policy.known().with(refused_for),
        rules_are_all: facts.snapshot.policy.is_whole(),
        gaps,
        verification: plan.verification.clone(),
        notified: plan.notified.clone(),
        attempt: work.intent.attempt().clone(),
    }
}

/// Part of step 11: checks that the read-back shows this set, and that a change is forced.
fn check_read_back(
    forced: &Forced,
    issued: Option<&Stamp>,
    before: Option<&Stamp>,
) -> Result<(), (&'static str, Reason)> {
    let now = forced.stamp.as_ref();
    let is_newer = now.is_none_or(|now| now.is_newer_than(before));
    let is_this_set = Stamp::same_set(now, issued) && is_newer;
    let (words, reason) = if !is_this_set && before.is_some() && Stamp::same_set(now, before) {
        let words = "This server does not know the change yet: it still shows the password from before. It seems to be a copy; name the server that takes the changes in the profile.";
        (words, Reason::NotReplicated)
    } else if !forced.change_required {
        ("The backend took the temporary password but does not force a change.", Reason::ChangeNotForced)
    } else if !is_this_set {
        ("Someone else set a password for this customer at the same moment.", Reason::Superseded)
    } else {
        return Ok(());
    };
    Err((words, reason))
}

/// Step 13: writes the delivery to the audit log. The password was shown, or was not, whether or not that can be written.
async fn record_delivery(services: &mut Services<'_>, issuance: &Issuance, delivery: Delivery) {
    tracing::debug!(?delivery, "the reveal is over");
    if let Err(error) = services.audit.outcome(&issuance.attempt, AttemptOutcome::Delivered(delivery)).await {
        services.prompter.say(&format!("The delivery could not be written to the audit log: {error}"));
    }
}

/// Step 14: returns what was issued, or the error if it was not delivered. The caller shows it to the agent.
fn conclude(issuance: Issuance, delivery: Delivery) -> Result<Issuance> {
    if delivery == Delivery::NotDelivered {
        let what = "was set, but could not be shown";
        return Err(not_delivered(&issuance.customer, Reason::RevealFailed, Changed::Yes, what));
    }
    Ok(issuance)
}

/// Makes the error of a change, or a possible one, without a delivery (exit 9): another password has to be issued.
fn not_delivered(customer: &Customer, reason: Reason, changed: Changed, what: &str) -> Error {
    let message = format!("A temporary password for {} ({}) {what}.", customer.name, customer.id);
    let error = Error::new(Kind::NotDelivered, reason, message)
        .hint(format!("Issue another: `tellonce reset {}`. Only the newest works.", customer.id));
    Error { changed, password_may_be_set: true, ..error }
}
