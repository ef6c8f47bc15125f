//! How often a profile lets customers be reset, and the refusal once that is reached.

use super::customer::Customer;
use super::error::{Error, Reason};

/// The most resets that a profile allows. `None` sets no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResetLimits {
    /// Resets of one customer in 24 hours.
    pub per_customer_24h: Option<u32>,
    /// Resets by one agent in one hour, without those of bulk runs.
    pub per_agent_1h: Option<u32>,
}

/// A limit that leaves no room for another reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields say how many there were, and how many there may be")]
pub enum LimitReached {
    /// The customer was reset as often as the profile allows in 24 hours.
    Customer { count: u32, most: u32 },
    /// The agent made as many resets as the profile allows in one hour.
    Agent { count: u32, most: u32 },
    /// The customer was sent as many codes as there may be in one hour.
    Codes { count: u32, most: u32 },
    /// As many wrong codes were tried for the customer as there may be in 24 hours.
    WrongCodes { count: u32, most: u32 },
    /// The verification of the caller cannot be used.
    Verification(VerificationFault),
}

/// Why the verification of a caller cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerificationFault {
    /// Another attempt has used it.
    Used,
    /// Its time has run out.
    RanOut,
    /// It is not there, or is of another agent, another user or another kind of change.
    NotTheirs,
}

impl LimitReached {
    /// Returns the limit of the customer, if these resets reach it.
    pub(super) fn of_customer(limits: ResetLimits, recent: usize) -> Option<Self> {
        let count = u32::try_from(recent).unwrap_or(u32::MAX);
        limits.per_customer_24h.filter(|most| count >= *most).map(|most| Self::Customer { count, most })
    }

    /// Returns the limit of the agent, if these resets reach it.
    pub(super) fn of_agent(limits: ResetLimits, count: u32) -> Option<Self> {
        limits.per_agent_1h.filter(|most| count >= *most).map(|most| Self::Agent { count, most })
    }

    /// Makes the refusal of a reset (exit 7).
    pub fn refusal(self, customer: &Customer, agent: &str) -> Error {
        let (message, list) = match self {
            Self::Customer { count, most } => (
                format!(
                    "{} ({}) was reset {count} times in the last 24 hours; this profile allows {most}.",
                    customer.name, customer.id
                ),
                format!("See who did it and why: `tellonce audit list --customer {}`.", customer.id),
            ),
            Self::Codes { .. } | Self::WrongCodes { .. } | Self::Verification(_) => {
                return self.refusal_to_verify(customer);
            }
            Self::Agent { count, most } => (
                format!("{agent} made {count} resets in the last hour; this profile allows {most}."),
                format!(
                    "See which: `tellonce audit list --agent {agent}`. For many customers there is `tellonce bulk`."
                ),
            ),
        };
        Error::refused(Reason::TooManyResets, message).hint(list)
    }

    fn refusal_to_verify(self, customer: &Customer) -> Error {
        let (name, id) = (&customer.name, &customer.id);
        let again = format!("Verify the caller again: `tellonce verify {id}`.");
        match self {
            Self::Codes { count, most } => Error::refused(
                Reason::TooManyCodes,
                format!("{name} ({id}) was sent {count} codes in the last hour; at most {most} are allowed."),
            )
            .hint("Wait until an hour has passed since the first of them."),
            Self::WrongCodes { count, most } => Error::refused(
                Reason::TooManyCodes,
                format!(
                    "{count} wrong codes were tried for {name} ({id}) in the last 24 hours; at most {most} are allowed."
                ),
            )
            .hint("Do nothing for this caller. Codes can be tried again 24 hours after the first of them."),
            Self::Verification(VerificationFault::Used) => Error::refused(
                Reason::VerificationUsed,
                format!("Another attempt has used the verification of {name} ({id}) meanwhile."),
            )
            .hint(again),
            Self::Verification(VerificationFault::RanOut) => {
                Error::refused(Reason::NotVerified, format!("The verification of {name} ({id}) has run out."))
                    .hint(again)
            }
            Self::Customer { .. } | Self::Agent { .. } | Self::Verification(VerificationFault::NotTheirs) => {
                Error::refused(
                    Reason::NotVerified,
                    format!("The verification of {name} ({id}) is not in the ledger, or is not for this change."),
                )
                .hint(again)
            }
        }
    }
}
