//! A notice that waits to be sent to a customer.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{Channel, Contact};

/// How long a notice is put off after each try. The last stands for all later ones.
const RETRY_AFTER: [Duration; 5] = [
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(15),
    Duration::from_hours(1),
    Duration::from_hours(4),
];

/// After this time a notice that could not be sent is given up.
const GIVEN_UP_AFTER: Duration = Duration::from_hours(3 * 24);

/// What a customer is to be told at one address or number. The store keeps it until it is sent or given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedNotice {
    /// Its own id, which is also that of the message.
    pub id: String,
    /// The attempt that changes the customer.
    pub attempt: String,
    /// The action of that attempt, by its name in records.
    pub action: String,
    /// The profile, whose sender and texts are used.
    pub profile: String,
    /// The agent, for messages that are signed.
    pub agent: String,
    /// How it is sent.
    pub channel: Channel,
    /// The address or number. No record has it.
    pub address: String,
    /// The customer's language, where the directory has it.
    pub language: Option<String>,
}

/// A notice that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingNotice {
    /// What is to be told, and where.
    pub notice: QueuedNotice,
    /// When it was queued.
    pub at: Timestamp,
    /// How often it was taken to be sent.
    pub tries: u32,
    /// When it is due again.
    pub next_at: Timestamp,
}

impl WaitingNotice {
    /// Returns how long a notice is put off when it is taken for this time, from 1.
    pub fn retry_after(tries: u32) -> Duration {
        let place = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
        RETRY_AFTER.get(place).copied().unwrap_or(RETRY_AFTER[RETRY_AFTER.len() - 1])
    }

    /// Whether it is given up if it cannot be sent now.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        now.duration_since(self.at).unsigned_abs() >= GIVEN_UP_AFTER && now > self.at
    }

    /// Returns where it goes.
    pub fn contact(&self) -> Contact {
        Contact::new(self.notice.channel, self.notice.address.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_put_off_longer_each_time_and_never_for_more_than_four_hours() {
        let all: Vec<u64> =
            [0, 1, 2, 3, 4, 5, 6, 100].map(|tries| WaitingNotice::retry_after(tries).as_secs()).to_vec();
        assert_eq!(all, [60, 60, 300, 900, 3600, 14_400, 14_400, 14_400]);
    }
}
