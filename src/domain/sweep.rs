//! The sweep: withdraws every temporary password of this tool that nobody used in time.

use std::time::Duration;

use super::assessment::CustomerRef;
use super::case::Case;
use super::customer::Customer;
use super::error::{Error, Kind, Reason, Result};
use super::outstanding::{Outstanding, Settlement};
use super::pending_list::{ClockSource, ListedPassword, PendingList, Unlisted};
use super::services::Services;
use super::session::Session;
use super::user::Pending;
use super::withdraw::{Occasion, WithdrawalRequest, withdraw};

/// The pending passwords that a sweep would withdraw, and those that it would settle.
#[derive(Debug)]
pub struct Due {
    /// The passwords to withdraw.
    pub pending: Vec<Pending>,
    /// The clock by which they are old enough.
    pub clock: ClockSource,
    /// The passwords to settle.
    pub unlisted: Unlisted,
}

/// What a sweep did.
#[derive(Debug, Default)]
pub(crate) struct Swept {
    /// The customers whose password was withdrawn or, with `dry_run`, would be.
    pub withdrawn: Vec<Customer>,
    /// The customers whose password was not withdrawn, and why.
    pub failed: Vec<(Customer, Error)>,
    /// The passwords whose user is not found any more.
    pub not_found: Vec<Outstanding>,
    /// Why the agent may not look users up; `None` if all were looked up.
    pub lookup_refusal: Option<Error>,
    /// Why the ledger has not settled what is outstanding no more; `None` if it has.
    pub settling_failed: Option<Error>,
}

/// Lists what has been pending for longer than `older_than` and was issued by this tool, by its mark or the ledger.
///
/// # Errors
/// Exit 4: the agent may not list what is pending.
pub async fn due(services: &Services<'_>, session: &Session, older_than: Duration) -> Result<Due> {
    let list = PendingList::read(services, session, Some(older_than)).await?;
    let unlisted = list.look_up_unlisted(services, session).await?;
    let is_due = |password: &ListedPassword| password.is_ours && !password.pending.withdrawn;
    let pending = list.passwords.into_iter().filter(is_due).map(|password| password.pending).collect();
    Ok(Due { pending, clock: list.clock, unlisted })
}

/// Withdraws each of these passwords, and settles those that are outstanding no more.
///
/// An error with one does not stop the others. The prompter answers each confirmation.
pub(crate) async fn sweep(services: &mut Services<'_>, session: &Session, due: Due, case: &Case) -> Swept {
    let mut swept = Swept::default();
    for item in due.pending {
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
    swept.settling_failed = settle(services, session, &due.unlisted).await.err();
    (swept.not_found, swept.lookup_refusal) = (due.unlisted.not_found, due.unlisted.refusal);
    swept
}

async fn settle(services: &mut Services<'_>, session: &Session, unlisted: &Unlisted) -> Result<()> {
    let not_found = unlisted.not_found.iter().map(|password| (password, Settlement::NotFound));
    let finished = unlisted.finished.iter().map(|password| (password, Settlement::Finished));
    for (password, settlement) in not_found.chain(finished) {
        services.audit.settle(session, &password.attempt, settlement).await?;
    }
    Ok(())
}
