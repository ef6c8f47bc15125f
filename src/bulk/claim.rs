//! A row's claim to a customer: each customer of a run is one row's.

use crate::domain::{Customer, Error, Reason, Result};

/// What became of a row's claim to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The customer is this row's, by this claim or by an earlier one.
    Granted,
    /// Another row, which has not ended in this sitting, has the customer.
    HeldInFlight {
        /// The line of that row.
        line: u64,
    },
    /// Another row, which ended or was begun in an earlier sitting, has the customer.
    HeldBefore {
        /// The line of that row.
        line: u64,
    },
}

impl Claim {
    /// Returns an error unless the claim was granted.
    ///
    /// # Errors
    /// The customer is another row's: this row is a duplicate.
    pub fn check(self, customer: &Customer) -> Result<()> {
        match self {
            Self::Granted => Ok(()),
            Self::HeldInFlight { line } | Self::HeldBefore { line } => {
                tracing::debug!(claim = ?self, "the customer is another row's");
                let words = format!("{} is the customer of line {line} as well.", customer.id);
                Err(Error::refused(Reason::Duplicate, words))
            }
        }
    }
}
