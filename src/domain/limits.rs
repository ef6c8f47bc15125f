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
            Self::Agent { count, most } => (
                format!("{agent} made {count} resets in the last hour; this profile allows {most}."),
                format!(
                    "See which: `tellonce audit list --agent {agent}`. For many customers there is `tellonce bulk`."
                ),
            ),
        };
        Error::refused(Reason::TooManyResets, message).hint(list)
    }
}
