//! The sweep: withdraws every temporary password of this tool that nobody used in time.

use std::time::Duration;

use super::assessment::CustomerRef;
use super::case::Case;
use super::customer::Customer;
use super::error::{Error, Kind, Reason, Result};
use super::history::{Attempt, End, History};
use super::services::Services;
use super::session::{AT_LEAST, Session};
use super::user::Pending;
use super::withdraw::{Occasion, WithdrawalRequest, withdraw};

/// What a sweep did.
#[derive(Debug, Default)]
pub(crate) struct Swept {
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
pub(crate) async fn due(services: &Services<'_>, session: &Session, older_than: Duration) -> Result<Vec<Pending>> {
    session.backend().keep_alive(AT_LEAST).await?;
    let pending = session.backend().pending().await?;
    let histories = services.audit.histories(session).await?;
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

/// Withdraws each of these; one that fails does not stop the others. The prompter answers each confirmation.
pub(crate) async fn sweep(services: &mut Services<'_>, session: &Session, due: Vec<Pending>, case: &Case) -> Swept {
    let mut swept = Swept::default();
    for one in due {
        if let Some(signal) = services.interruptions.caught() {
            let told = Error::new(Kind::Interrupted(signal), Reason::Interrupted, "Not begun: a signal came.");
            swept.failed.push((one.customer, told));
            continue;
        }
        let request = WithdrawalRequest {
            customer: CustomerRef::Found(Box::new(one.customer.clone())),
            occasion: Occasion::Sweep(one.stamp),
            case: case.clone(),
        };
        match withdraw(services, session, request).await {
            Ok(_) => swept.withdrawn.push(one.customer),
            Err(failure) => swept.failed.push((one.customer, failure)),
        }
    }
    swept
}
