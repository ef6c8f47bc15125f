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
    /// The customers whose password was withdrawn or, with `dry_run`, would be.
    pub withdrawn: Vec<Customer>,
    /// The customers whose password was not withdrawn, and why.
    pub failed: Vec<(Customer, Error)>,
}

/// Lists what has been pending for longer than `older_than` and was issued by this tool, by its mark or by a stamp in
/// this audit log. Includes a user of whom too much is hidden, if a reset of theirs may be pending.
///
/// # Errors
/// Exit 4: the agent may not list what is pending.
pub(crate) async fn due(services: &Services<'_>, session: &Session, older_than: Duration) -> Result<Vec<Pending>> {
    session.backend().keep_alive(AT_LEAST).await?;
    let pending = session.backend().pending().await?;
    let histories = services.audit.histories(session).await?;
    let before = services.clock.now().checked_sub(older_than).unwrap_or(jiff::Timestamp::MIN);
    let old_enough = |item: &Pending| item.issued_at.map_or(item.unreadable.is_some(), |at| at <= before);
    let last_was_a_reset = |history: &History| {
        let changed = |attempt: &&Attempt| attempt.may_have_reset() || attempt.end == Some(End::Withdrawn);
        let last = history.attempts.iter().rev().find(changed);
        last.is_some_and(|attempt| attempt.is_reset() && attempt.at <= before)
    };
    let may_be_ours = |item: &Pending, history: &History| {
        let hidden = item.unreadable.is_some() && item.stamp.is_none();
        history.issued_by(item.stamp.as_ref()).is_some() || (hidden && last_was_a_reset(history))
    };
    let ours = |item: &Pending| {
        let mut known = item.customer.known_as().filter_map(|id| histories.get(&id));
        item.marked || known.any(|history| may_be_ours(item, history))
    };
    Ok(pending.into_iter().filter(|item| !item.withdrawn && old_enough(item) && ours(item)).collect())
}

/// Withdraws each of these passwords. An error with one does not stop the others. The prompter answers each
/// confirmation.
pub(crate) async fn sweep(services: &mut Services<'_>, session: &Session, due: Vec<Pending>, case: &Case) -> Swept {
    let mut swept = Swept::default();
    for item in due {
        if let Some(signal) = services.interruptions.caught() {
            let error = Error::new(Kind::Interrupted(signal), Reason::Interrupted, "Not begun: a signal came.");
            swept.failed.push((item.customer, error));
            continue;
        }
        let request = WithdrawalRequest {
            customer: CustomerRef::Found(Box::new(item.customer.clone())),
            occasion: Occasion::Sweep(item.stamp),
            case: case.clone(),
        };
        match withdraw(services, session, request).await {
            Ok(_) => swept.withdrawn.push(item.customer),
            Err(error) => swept.failed.push((item.customer, error)),
        }
    }
    swept
}
