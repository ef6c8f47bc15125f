//! A row's claim to a customer: each customer of a run belongs to one row.

use crate::domain::{Customer, Error, Plan, Reason, Result};

/// What became of a row's claim to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The customer belongs to this row, by this claim or by an earlier one.
    Granted,
    /// Another row, which has not ended in this invocation, has the customer.
    HeldInFlight {
        /// The line of that row.
        line: u64,
    },
    /// Another row, which ended or was begun in an earlier invocation, has the customer.
    HeldBefore {
        /// The line of that row.
        line: u64,
    },
}

impl Claim {
    /// Returns an error unless the claim was granted.
    ///
    /// # Errors
    /// The customer belongs to another row, so this row is a duplicate.
    pub(crate) fn check(self, customer: &Customer) -> Result<()> {
        match self {
            Self::Granted => Ok(()),
            Self::HeldInFlight { line } | Self::HeldBefore { line } => {
                tracing::debug!(claim = ?self, "the customer is another row's");
                let words = format!("{} is the customer of line {line} as well.", customer.id);
                Err(Error::refused(Reason::Duplicate, words))
            }
        }
    }

    /// Returns an error unless the claim of the plan's user was granted.
    ///
    /// # Errors
    /// The user belongs to another row: two customers lead to one user.
    pub(super) fn check_user(self, plan: &Plan) -> Result<()> {
        match self {
            Self::Granted => Ok(()),
            Self::HeldInFlight { line } | Self::HeldBefore { line } => {
                let (customer, user) = (&plan.customer.id, plan.describe_user());
                let words = format!("{customer} leads to the user {user}, who is the user of line {line} as well.");
                let hint = "Give each customer the username of their own user in the customers' file.";
                Err(Error::refused(Reason::UserShared, words).hint(hint))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use std::rc::Rc;
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::bulk::{Change, Journal, RowLog};
    use crate::config::{AuditSettings, Folders};
    use crate::domain::CustomerId;
    use crate::domain::ports::AuditLog as _;
    use crate::ledger::Ledger;
    use crate::ledger::tests::stub;
    use crate::platform::SystemRandom;

    fn customer(id: &str, email: &str) -> Customer {
        Customer { email: Some(email.to_owned()), ..Customer::known_by(CustomerId::new(id)) }
    }

    fn wait_for<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
    }

    #[test]
    fn a_customer_is_one_rows_while_that_row_is_in_flight_and_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("run")).unwrap();
        let ada = customer("C-1", "ada@example.com");
        assert_eq!(journal.claim(&ada, 2).unwrap(), Claim::Granted);
        assert_eq!(journal.claim(&ada, 2).unwrap(), Claim::Granted, "the same row, once more");
        let held = journal.claim(&ada, 5).unwrap();
        assert_eq!(held, Claim::HeldInFlight { line: 2 });
        let failure = held.check(&ada).unwrap_err();
        assert_eq!(
            (failure.reason, failure.message.as_str()),
            (Reason::Duplicate, "C-1 is the customer of line 2 as well.")
        );
        wait_for(journal.write(Change::Fact { name: "state", value: "stopped".to_owned() })).unwrap();
        journal.release(2);
        assert_eq!(journal.claim(&ada, 5).unwrap(), Claim::HeldBefore { line: 2 });
        assert_eq!(journal.claim(&ada, 2).unwrap(), Claim::Granted, "the row that has the customer");
        drop(journal);
        let resumed = Journal::open(&folder.path().join("run")).unwrap();
        assert_eq!(resumed.claim(&ada, 5).unwrap(), Claim::HeldBefore { line: 2 });
    }

    #[test]
    fn a_user_who_was_entered_under_an_address_is_the_same_customer() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("run")).unwrap();
        assert_eq!(journal.claim(&customer("ada@example.com", "ada@example.com"), 2).unwrap(), Claim::Granted);
        let entered = journal.claim(&customer("7f3e", "Ada@Example.com"), 5).unwrap();
        assert_eq!(entered, Claim::HeldInFlight { line: 2 });
    }

    #[test]
    fn reading_the_history_claims_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Rc::new(Journal::open(&folder.path().join("run")).unwrap());
        let folders = Folders::all_in(folder.path());
        let ledger = Ledger::new(&folders, &AuditSettings::default(), Arc::new(Timestamp::now), Box::new(SystemRandom));
        let (session, ada) = (stub::session("sam", "practice"), customer("C-1", "ada@example.com"));
        let of_row = RowLog::new(ledger.of_row("run", 2), &journal, 2);
        assert!(wait_for(of_row.history(&session, &ada, None)).unwrap().attempts.is_empty());
        assert_eq!(journal.claim(&ada, 5).unwrap(), Claim::Granted);
        assert!(wait_for(of_row.history(&session, &ada, None)).is_ok(), "whoever has the customer");
    }
}
