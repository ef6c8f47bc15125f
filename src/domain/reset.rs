//! The reset, in order: this file reads like the list in docs/architecture.md.

use std::collections::BTreeSet;
use std::time::Duration;

use super::after_failure::{Broken, Stage, not_delivered, report_failure};
use super::candidates::Candidates;
use super::capabilities::Capabilities;
use super::case::Case;
use super::customer::Customer;
use super::customer_facts::{CustomerFacts, gather_facts};
use super::error::{Changed, Error, Kind, Reason, Result};
use super::identify::identify;
use super::intent::Intent;
use super::outcome::{AttemptOutcome, Delivery, Issuance};
use super::particulars::Particulars;
use super::plan::{Action, Consent, Plan};
use super::policy::{About, Rule};
use super::ports::{ReadyReveal, Reveal, SetFailed};
use super::refuse::refuse;
use super::services::Services;
use super::session::Session;
use super::status::{State, Unread};
use super::temporary_password::TemporaryPassword;
use super::time_limit::{Progress, Reached, within};
use super::user::{Forced, Issued, ResetTarget, SessionsEnded, Stamp};

/// The session must last this long at the start: longer than the calls of a reset take.
pub const AT_LEAST: Duration = Duration::from_mins(2);

/// What the agent asked for.
#[derive(Clone, Debug, Default)]
pub struct ResetRequest {
    /// What names the customer.
    pub customer: String,
    /// `--create`: enter the customer if the directory does not know them.
    pub create: Option<Particulars>,
    /// `--unlock`: also lift a lock-out.
    pub unlock: bool,
    /// The case.
    pub case: Case,
}

/// Issues a temporary password: the whole job.
///
/// # Errors
/// Each step's own; from the set on, [`Error::changed`] is what became of the customer, and the exit code is 9.
pub async fn reset(
    services: &mut Services<'_>,
    session: &Session,
    reveal: &mut dyn Reveal,
    mut request: ResetRequest,
) -> Result<Issuance> {
    session.backend().keep_alive(AT_LEAST).await?; // 1
    let customer = customer_of(&request, services, session).await?; // 2
    tracing::debug!(customer = ?customer.id.as_str(), "the customer is found");
    let facts = gather_facts(services.audit, session, &customer).await?; // 3
    let capabilities = session.backend().capabilities().await?; // of what was read just now, where the backend can
    request.unlock |= refuse(services, &facts, &capabilities, request.unlock)?; // 4
    services.check_generator(&customer, &facts)?;
    request.case.complete(services.guards, services.prompter)?;
    let ready = reveal.prepare()?; // 5
    let (consent, plan, facts) = confirm(services, session, &capabilities, facts, &mut request, &*ready).await?; // 6
    let intent = services.intend(session, &plan, consent).await?; // 7
    tracing::debug!(attempt = %intent.attempt(), "the intent is written");
    let (clock, limit, progress) = (services.clock, services.interruptions.longest_hold(), Progress::default());
    let changing = change(services, session, &intent, &plan, &facts, &capabilities, &progress); // 8 to 11
    let done = match within(clock, limit, changing).await {
        Some(done) => done,
        None => Err(Broken::given_up(&progress, limit)),
    };
    let (password, issuance) = match done {
        Ok(done) => done,
        Err(failure) => return Err(report_failure(services, session, &intent, &facts, failure).await),
    };
    let delivery = ready.reveal(password, &issuance).await; // 12
    tracing::debug!(?delivery, "the reveal is over");
    let written = services.audit.outcome(&intent, AttemptOutcome::Delivered(delivery)).await; // 13
    services.interruptions.release();
    if let Err(failure) = written {
        services.prompter.say(&format!("The delivery could not be written to the audit log: {failure}"));
    }
    if delivery == Delivery::NotDelivered {
        return Err(not_delivered(
            &issuance.customer,
            Reason::RevealFailed,
            Changed::Yes,
            "was set, but could not be shown",
        ));
    }
    Ok(issuance) // 14
}

/// Step 2: the one customer, or with `--create` a draft of a new one.
pub(super) async fn customer_of(
    request: &ResetRequest,
    services: &mut Services<'_>,
    session: &Session,
) -> Result<Customer> {
    let Some(particulars) = &request.create else {
        return identify(&request.customer, session, services.prompter, true).await;
    };
    let exact = session.directory().exact(super::identify::usable(&request.customer)?).await?;
    if exact.is_empty() {
        session.directory().draft(particulars).await
    } else {
        identify(&request.customer, session, services.prompter, true).await
    }
}

impl Services<'_> {
    /// Part of step 4: a policy that cannot be met is found before anything changes.
    pub(super) fn check_generator(&mut self, customer: &Customer, facts: &CustomerFacts) -> Result<()> {
        let about = about(customer, &facts.snapshot.target);
        Candidates::new(&facts.snapshot.policy, about).make(self.random).map(drop)
    }
}

fn about(customer: &Customer, target: &ResetTarget) -> About {
    let username = match target {
        ResetTarget::NewUser(new) => Some(new.username.clone()),
        ResetTarget::User(_) => customer.username.clone(),
    };
    About { username, email: customer.email.clone() }
}

/// Step 6: confirm; and if the agent was asked, read again: what changed meanwhile and matters is said, and asked again.
async fn confirm(
    services: &mut Services<'_>,
    session: &Session,
    capabilities: &Capabilities,
    mut facts: CustomerFacts,
    request: &mut ResetRequest,
    ready: &dyn ReadyReveal,
) -> Result<(Consent, Plan, CustomerFacts)> {
    let mut notices = [ready.notices(), facts.recovered.clone()].concat();
    if facts.history.damaged {
        notices.push(
            "The audit log has a damaged line, so earlier resets may be missing here: `tellonce audit verify`."
                .to_owned(),
        );
    }
    loop {
        let action =
            if matches!(facts.snapshot.target, ResetTarget::NewUser(_)) { Action::CreateAndSet } else { Action::Set };
        let plan = Plan {
            agent: session.agent().to_owned(),
            place: session.place().clone(),
            customer: facts.customer.clone(),
            action,
            state: facts.snapshot.state,
            stamp: facts.snapshot.stamp.clone(),
            pending_since: facts.snapshot.issued_at.filter(|_| facts.snapshot.state.change_required),
            unlock: request.unlock && facts.snapshot.state.locked,
            lasts: services.guards.temporary_password_lasts,
            recent: facts.history.recent_resets(services.clock.now()),
            gaps: capabilities.gaps.iter().copied().collect(),
            notices: notices.clone(),
            case: request.case.clone(),
        };
        let consent = services.prompter.confirm(&plan)?;
        if !consent.was_asked() {
            return Ok((consent, plan, facts));
        }
        session.backend().keep_alive(AT_LEAST).await?;
        let again = gather_facts(services.audit, session, &facts.customer).await?;
        request.unlock |= refuse(services, &again, capabilities, request.unlock)?;
        let same = Stamp::same_set(again.snapshot.stamp.as_ref(), facts.snapshot.stamp.as_ref())
            && (again.snapshot.state, &again.snapshot.target) == (facts.snapshot.state, &facts.snapshot.target);
        if same {
            return Ok((consent, plan, again));
        }
        notices.push(format!("Something changed while you were asked: the status is now {}, and the password may have been set by someone else.", again.snapshot.state.words()));
        facts = again;
    }
}

/// Steps 8 to 11: set, unlock, mark, end sessions, read back, write down. The first that fails ends it.
async fn change(
    services: &mut Services<'_>,
    session: &Session,
    intent: &Intent,
    plan: &Plan,
    facts: &CustomerFacts,
    capabilities: &Capabilities,
    progress: &Progress,
) -> Result<(TemporaryPassword, Issuance), Broken> {
    let backend = session.backend();
    let target = &facts.snapshot.target;
    progress.reaches(Reached::Sent);
    let (password, issued, refused_for) = set(services, session, intent, &plan.customer, facts).await?; // 8
    progress.reaches(Reached::Done(issued.user.clone()));
    tracing::debug!(at = %issued.at, "a temporary password is set");
    let user = &issued.user;
    // A server that was sent the password may quote it in any later answer.
    let broken = |failure, reason| {
        let failure = password.redacted_from(failure);
        Broken { failure, user: Some(user.clone()), stage: Stage::AfterSet(reason) }
    };
    if plan.unlock {
        backend.unlock(intent, user).await.map_err(|failure| broken(failure, Reason::UnlockFailed))?;
    }
    backend.mark_pending(intent, &issued).await.map_err(|failure| broken(failure, Reason::MarkFailed))?; // 9
    let sessions_ended = match backend.end_sessions(intent, user).await {
        // 10
        Err(failure) if services.guards.allow_without_logout && failure.reason == Reason::MissingRight => {
            SessionsEnded::NotHere
        }
        ended => ended.map_err(|failure| broken(failure, Reason::SessionsNotEnded))?,
    };
    let forced = backend.read_back(&issued).await.map_err(|failure| broken(failure, Reason::ChangeNotForced))?; // 11
    tracing::debug!(
        ?sessions_ended,
        change_required = forced.change_required,
        "sessions are ended, the set is read back"
    );
    check_read_back(&forced, issued.stamp.as_ref(), facts.snapshot.stamp.as_ref())
        .map_err(|(words, reason)| broken(Error::unavailable(words), reason))?;
    let issued_at = forced.stamp.as_ref().and_then(|stamp| stamp.at).unwrap_or(issued.at);
    services
        .audit
        .outcome(intent, AttemptOutcome::Set { stamp: forced.stamp })
        .await
        .map_err(|failure| broken(failure, Reason::SetNotRecorded))?;
    if let Some(signal) = services.interruptions.caught() {
        return Err(broken(
            Error::new(
                Kind::NotDelivered,
                Reason::Interrupted,
                format!("Signal {signal} came while the password was being set."),
            ),
            Reason::Interrupted,
        ));
    }
    let issuance = Issuance {
        customer: Customer { username: about(&plan.customer, target).username, ..plan.customer.clone() },
        place: plan.place.clone(),
        user_created: matches!(target, ResetTarget::NewUser(_)),
        state: State {
            has_user: true,
            change_required: true,
            locked: plan.state.locked && !plan.unlock && !capabilities.set_lifts_lock,
            expired: Some(false),
            withdrawn: Some(false),
            unread: Unread::default(),
            ..plan.state
        },
        issued_at,
        expires_at: issued.expires_at,
        sessions_ended,
        rules: facts.snapshot.policy.known().with(refused_for).words(),
        rules_are_all: facts.snapshot.policy.is_whole(),
        gaps: plan.gaps.clone(),
        attempt: intent.attempt().clone(),
    };
    Ok((password, issuance))
}

/// Part of step 11: what was read back is this very set, and a change is forced.
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

/// Step 8: generate to the live policy and set; a refusal for policy changed nothing and is tried again for its rules,
/// which are given as well, and in other styles where it names none.
async fn set(
    services: &mut Services<'_>,
    session: &Session,
    intent: &Intent,
    customer: &Customer,
    facts: &CustomerFacts,
) -> Result<(TemporaryPassword, Issued, BTreeSet<Rule>), Broken> {
    let not_sent = |failure| Broken { failure, user: None, stage: Stage::Set };
    let mut candidates = Candidates::new(&facts.snapshot.policy, about(customer, &facts.snapshot.target));
    loop {
        let password = candidates.make(services.random).map_err(not_sent)?;
        match session.backend().set_temporary_password(intent, &facts.snapshot.target, &password).await {
            Ok(issued) => return Ok((password, issued, candidates.learned())),
            Err(SetFailed::Policy(rules)) => {
                tracing::debug!(?rules, "refused for the policy");
                candidates.refused(rules).map_err(not_sent)?;
            }
            Err(SetFailed::Other(failure)) => return Err(not_sent(password.redacted_from(failure))),
        }
    }
}
