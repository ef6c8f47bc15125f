//! The sweep: withdraws every temporary password of this tool that nobody used in time.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use super::assessment::CustomerRef;
use super::case::Case;
use super::customer::Customer;
use super::error::{Error, Kind, Reason, Result};
use super::history::{Attempt, End, History};
use super::services::Services;
use super::session::{AT_LEAST, Session};
use super::user::Pending;
use super::withdraw::{Occasion, WithdrawalRequest, withdraw};

/// The clock that the age of a pending password is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockSource {
    /// The server's, by which the times of issue are.
    Server,
    /// This machine's, because the server's cannot be read.
    Local,
}

/// The pending passwords that a sweep would withdraw.
#[derive(Debug)]
pub struct Due {
    /// The passwords.
    pub pending: Vec<Pending>,
    /// The clock by which they are old enough.
    pub clock: ClockSource,
}

/// What a sweep did.
#[derive(Debug, Default)]
pub(crate) struct Swept {
    /// The customers whose password was withdrawn or, with `dry_run`, would be.
    pub withdrawn: Vec<Customer>,
    /// The customers whose password was not withdrawn, and why.
    pub failed: Vec<(Customer, Error)>,
}

/// Lists what has been pending for longer than `older_than` and was issued by this tool, by its mark or by a stamp in
/// the ledger. Includes a user of whom too much is hidden, if a reset of theirs may be pending.
///
/// A time of issue is compared with the server's clock, and a record of this machine with this machine's.
///
/// # Errors
/// Exit 4: the agent may not list what is pending.
pub async fn due(services: &Services<'_>, session: &Session, older_than: Duration) -> Result<Due> {
    session.backend().keep_alive(AT_LEAST).await?;
    let server_time = session.backend().server_time().await?;
    let pending = session.backend().pending().await?;
    let before = |now: Timestamp| now.checked_sub(older_than).unwrap_or(Timestamp::MIN);
    let local_limit = before(services.clock.now());
    let (limit, clock) = match server_time {
        Some(now) => (before(now), ClockSource::Server),
        None => (local_limit, ClockSource::Local),
    };
    let old_enough = |item: &Pending| item.issued_at.map_or(item.unreadable.is_some(), |at| at <= limit);
    let last_was_a_reset = |history: &History| {
        let changed = |attempt: &&Attempt| attempt.may_have_reset() || attempt.end == Some(End::Withdrawn);
        let last = history.attempts.iter().rev().find(changed);
        last.is_some_and(|attempt| attempt.is_reset() && attempt.at <= local_limit)
    };
    let may_be_ours = |item: &Pending, history: &History| {
        let hidden = item.unreadable.is_some() && item.stamp.is_none();
        history.issued_by(item.stamp.as_ref()).is_some() || (hidden && last_was_a_reset(history))
    };
    let mut due = Vec::new();
    for item in pending.into_iter().filter(|item| !item.withdrawn && old_enough(item)) {
        let user = item.user_profile();
        let history = services.audit.history(session, &item.customer, Some(&user)).await?;
        if item.marked || may_be_ours(&item, &history) {
            due.push(item);
        }
    }
    Ok(Due { pending: due, clock })
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
