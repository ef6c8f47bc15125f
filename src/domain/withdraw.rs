//! Withdrawing a pending temporary password: one that was given to the wrong person, or a sweep of those that lie about.

use std::time::Duration;

use futures_util::future::join;

use super::after_failure::end_sessions;
use super::attempt::AttemptId;
use super::capabilities::Capabilities;
use super::case::Case;
use super::customer::Customer;
use super::customer_facts::{CustomerFacts, gather_facts};
use super::error::{Changed, Error, Kind, Reason, Result};
use super::history::{Attempt, End, History};
use super::identify::identify;
use super::intent::Intent;
use super::obstacle::{Obstacle, Right};
use super::outcome::AttemptOutcome;
use super::plan::{Action, Plan};
use super::refusals::refusal;
use super::reset::AT_LEAST;
use super::services::Services;
use super::session::Session;
use super::status::State;
use super::time_limit::{Progress, Reached, clean_up_limit, given_up, within};
use super::user::{Pending, ResetTarget, SessionsEnded, Stamp, UserId};

/// What was withdrawn.
#[derive(Clone, Debug)]
pub struct Withdrawn {
    /// The customer.
    pub customer: Customer,
    /// The facts of the status now.
    pub state: State,
    /// How sessions were ended.
    pub sessions_ended: SessionsEnded,
    /// The attempt, for the ticket.
    pub attempt: AttemptId,
}

/// Withdraws the pending temporary password of one customer.
///
/// # Errors
/// Exit 7: nothing pending, already used (with when), or protected. Exit 9: it may have been withdrawn, but was not confirmed.
pub async fn withdraw(services: &mut Services<'_>, session: &Session, text: &str, mut case: Case) -> Result<Withdrawn> {
    session.backend().keep_alive(AT_LEAST).await?;
    let customer = identify(text, session, services.prompter, true).await?;
    let facts = gather_facts(services.audit, session, &customer).await?;
    let user = pending_user(&facts, &session.backend().capabilities().await?)?;
    case.complete(services.guards, services.prompter)?;
    withdraw_this(services, session, &facts, &user, case).await
}

/// Asks, writes the intent, withdraws that very password, ends sessions, and writes down how it ended.
async fn withdraw_this(
    services: &mut Services<'_>,
    session: &Session,
    facts: &CustomerFacts,
    user: &UserId,
    case: Case,
) -> Result<Withdrawn> {
    let snapshot = &facts.snapshot;
    let capabilities = session.backend().capabilities().await?;
    let plan = Plan {
        agent: session.agent().to_owned(),
        place: session.place().clone(),
        customer: facts.customer.clone(),
        action: Action::Withdraw,
        state: snapshot.state,
        stamp: snapshot.stamp.clone(),
        pending_since: snapshot.issued_at,
        unlock: false,
        lasts: services.guards.temporary_password_lasts,
        recent: facts.history.recent_resets(services.clock.now()),
        gaps: capabilities.gaps.iter().copied().collect(),
        notices: facts.recovered.clone(),
        case,
    };
    let consent = services.prompter.confirm(&plan)?;
    if consent.was_asked() {
        session.backend().keep_alive(AT_LEAST).await?;
    }
    let intent = services.intend(session, &plan, consent).await?;
    let (clock, limit, progress) = (services.clock, services.interruptions.longest_hold(), Progress::default());
    let changing = change(services, session, &intent, user, snapshot.stamp.as_ref(), &progress);
    let done = within(clock, limit, changing).await.unwrap_or_else(|| Err(given_up(&progress.reached(), limit)));
    let told = match done {
        Ok(sessions_ended) => Ok(Withdrawn {
            customer: facts.customer.clone(),
            state: State { withdrawn: Some(true), ..snapshot.state },
            sessions_ended,
            attempt: intent.attempt().clone(),
        }),
        Err(failure) => Err(report_failure(services, session, &intent, facts, user, failure).await),
    };
    services.interruptions.release();
    told
}

async fn change(
    services: &mut Services<'_>,
    session: &Session,
    intent: &Intent,
    user: &UserId,
    only: Option<&Stamp>,
    progress: &Progress,
) -> Result<SessionsEnded> {
    progress.reaches(Reached::Sent);
    session.backend().withdraw(intent, user, only).await?;
    progress.reaches(Reached::Done(user.clone()));
    let after = |failure: Error| Error { changed: Changed::Yes, ..failure };
    let ended = session.backend().end_sessions(intent, user).await.map_err(after)?;
    services.audit.outcome(intent, AttemptOutcome::Withdrawn).await.map_err(after)?;
    Ok(ended)
}

/// Reads once whether it was withdrawn, where that is unknown; still ends sessions, and writes it down.
async fn report_failure(
    services: &mut Services<'_>,
    session: &Session,
    intent: &Intent,
    facts: &CustomerFacts,
    user: &UserId,
    mut failure: Error,
) -> Error {
    let (customer, before) = (&facts.customer, &facts.snapshot);
    if failure.changed != Changed::No {
        let unknown = failure.changed == Changed::Unknown;
        let read = async { if unknown { session.backend().user_snapshot(customer).await.ok() } else { None } };
        let clean_up = join(read, end_sessions(session, intent, Some(user)));
        let now =
            within(services.clock, clean_up_limit(services.interruptions), clean_up).await.and_then(|(now, ())| now);
        let is_the_same = |now: &super::user::UserSnapshot| Stamp::same_set(now.stamp.as_ref(), before.stamp.as_ref());
        if now.filter(is_the_same).is_some_and(|now| now.state.withdrawn == Some(true)) {
            failure.changed = Changed::Yes;
        }
    }
    let outcome = AttemptOutcome::Failed { reason: failure.reason, changed: failure.changed, stamp: None };
    if let Err(also) = services.audit.outcome(intent, outcome).await {
        services.prompter.say(&format!("The failure could not be written to the audit log: {also}"));
    }
    if failure.changed == Changed::No {
        return failure;
    }
    let what =
        if failure.changed == Changed::Yes { "was withdrawn, but that is not all" } else { "may have been withdrawn" };
    let message = format!("The temporary password of {} ({}) {what}: {failure}", customer.name, customer.id);
    let told = Error::new(Kind::NotDelivered, failure.reason, message)
        .hint(format!("See where it stands: `tellonce show {}`.", customer.id));
    Error { changed: failure.changed, ..told }.because(failure)
}

/// The user whose temporary password is pending.
fn pending_user(facts: &CustomerFacts, capabilities: &Capabilities) -> Result<UserId> {
    let (customer, snapshot) = (&facts.customer, &facts.snapshot);
    let who = format!("{} ({})", customer.name, customer.id);
    for obstacle in &snapshot.obstacles {
        let beside_the_point = matches!(
            obstacle,
            Obstacle::Disabled
                | Obstacle::UserExpired(_)
                | Obstacle::NotYetValid(_)
                | Obstacle::WouldNotStick(_)
                | Obstacle::MayNotChoose(_)
                | Obstacle::Locked { .. }
                | Obstacle::MissingRight(Right::CreateUsers | Right::Unlock)
        );
        // A lock that a set would lift is an administrator's to lift; elsewhere a withdrawal leaves it alone.
        let stays = matches!(obstacle, Obstacle::PermanentlyLocked(_)) && !capabilities.set_lifts_lock;
        if !beside_the_point && !stays {
            return Err(refusal(obstacle, customer));
        }
    }
    let ResetTarget::User(user) = &snapshot.target else {
        return Err(Error::refused(Reason::NothingPending, format!("{who} has no user, so nothing is pending.")));
    };
    if snapshot.state.withdrawn == Some(true) {
        return Err(Error::refused(
            Reason::NothingPending,
            format!("The temporary password of {who} was withdrawn already."),
        )
        .hint(format!("Issue another: `tellonce reset {}`.", customer.id)));
    }
    if snapshot.state.change_required {
        return Ok(user.clone());
    }
    let lock_out = format!(
        "If that was not the customer, lock them out: `tellonce reset {}` makes every earlier password void, and ends the sessions that the backend keeps.",
        customer.id
    );
    let was_issued = facts.history.attempts.iter().any(|attempt| !attempt.withdrawal && attempt.may_have_reset());
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

/// What a sweep did.
#[derive(Debug, Default)]
pub struct Swept {
    /// Withdrawn; with `dry_run`: would be.
    pub withdrawn: Vec<Customer>,
    /// Not withdrawn, and why.
    pub failed: Vec<(Customer, Error)>,
}

/// Everything pending for longer than `older_than` that this tool issued: by its mark, or by a stamp in this audit log.
/// A user of whom too much is hidden is among them, where a reset of theirs may be what is pending.
///
/// # Errors
/// Exit 4: the agent may not list what is pending.
pub async fn due(services: &Services<'_>, session: &Session, older_than: Duration) -> Result<Vec<Pending>> {
    session.backend().keep_alive(AT_LEAST).await?;
    let pending = session.backend().pending().await?;
    let histories = services.audit.histories(session)?;
    let before = services.clock.now().checked_sub(older_than).unwrap_or(jiff::Timestamp::MIN);
    let old_enough = |one: &Pending| one.issued_at.map_or(one.unreadable.is_some(), |at| at <= before);
    let last_was_a_reset = |history: &History| {
        let changed = |attempt: &&Attempt| attempt.may_have_reset() || attempt.end == Some(End::Withdrawn);
        let last = history.attempts.iter().rev().find(changed);
        last.is_some_and(|attempt| !attempt.withdrawal && attempt.at <= before)
    };
    let may_be_ours = |one: &Pending, history: &History| {
        let hidden = one.unreadable.is_some() && one.stamp.is_none();
        history.issued_by(one.stamp.as_ref()).is_some() || (hidden && last_was_a_reset(history))
    };
    let ours = |one: &Pending| {
        let mut known = one.customer.known_as().filter_map(|id| histories.get(&id));
        one.marked || known.any(|history| may_be_ours(one, history))
    };
    Ok(pending.into_iter().filter(|one| !one.withdrawn && old_enough(one) && ours(one)).collect())
}

/// Withdraws each of these; one that fails does not stop the others. The desk's prompter answers each confirmation.
pub async fn sweep(services: &mut Services<'_>, session: &Session, due: Vec<Pending>, case: &Case) -> Swept {
    let mut swept = Swept::default();
    for one in due {
        if let Some(signal) = services.interruptions.caught() {
            let told = Error::new(Kind::Interrupted(signal), Reason::Interrupted, "Not begun: a signal came.");
            swept.failed.push((one.customer, told));
            continue;
        }
        match sweep_one(services, session, &one, case).await {
            Ok(()) => swept.withdrawn.push(one.customer),
            Err(failure) => swept.failed.push((one.customer, failure)),
        }
    }
    swept
}

async fn sweep_one(services: &mut Services<'_>, session: &Session, one: &Pending, case: &Case) -> Result<()> {
    let facts = gather_facts(services.audit, session, &one.customer).await?;
    let user = pending_user(&facts, &session.backend().capabilities().await?)?;
    if !Stamp::same_set(facts.snapshot.stamp.as_ref(), one.stamp.as_ref()) {
        return Err(Error::refused(
            Reason::NothingPending,
            format!("{} got another temporary password meanwhile.", one.customer.id),
        ));
    }
    let case = case.clone().checked(services.guards)?;
    withdraw_this(services, session, &facts, &user, case).await.map(drop)
}
