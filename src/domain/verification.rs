//! How a caller was verified, and the profile's rules for it.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::action::ChangeKind;
use super::attempt::AttemptId;
use super::contact::{Channel, Contact, ContactChanged};

/// How long a code can be used after it was sent.
pub(crate) const CODE_LASTS: Duration = Duration::from_mins(10);
/// How often a code may be tried.
pub(super) const TRIES_PER_CODE: usize = 3;
/// The most codes for one customer in an hour.
pub(crate) const MAX_CODES_1H: u32 = 5;
/// The most wrong codes for one customer in 24 hours, typed by any agent.
pub(crate) const MAX_WRONG_CODES_24H: u32 = 6;
/// How long a verification can be used by default.
const VALID: Duration = Duration::from_mins(15);
/// For how long a changed address is refused by default.
const CHANGED_WITHIN: Duration = Duration::from_hours(7 * 24);

/// A way to verify a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerificationWay {
    /// The customer reads a code to the agent that was sent to an address or number on file.
    Code,
    /// The agent calls the number on file. That the right person answers is the agent's word.
    Callback,
}

impl VerificationWay {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Code, Self::Callback];

    /// Returns its name in the configuration, on the command line and in records.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Callback => "callback",
        }
    }
}

impl fmt::Display for VerificationWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The profile's rules for verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerificationRules {
    /// The ways that may be used.
    pub ways: Vec<VerificationWay>,
    /// Whether the agent's own words (`--verified TEXT`) are enough where the profile requires a verification.
    pub attested: bool,
    /// How long a verification can be used.
    pub valid: Duration,
    /// For how long an address or number that was changed is refused.
    pub contact_changed_within: Duration,
}

impl Default for VerificationRules {
    fn default() -> Self {
        Self {
            ways: VerificationWay::ALL.to_vec(),
            attested: true,
            valid: VALID,
            contact_changed_within: CHANGED_WITHIN,
        }
    }
}

impl VerificationRules {
    /// Whether an address or number was changed too lately to be trusted, as far as the directory tells.
    pub fn is_too_new(&self, contact: &Contact, now: Timestamp) -> bool {
        let ContactChanged::At(at) = contact.changed else { return false };
        now.duration_since(at).unsigned_abs() < self.contact_changed_within || at > now
    }
}

/// A verification of a caller. It is bound to one agent, one user and one kind of change, and one attempt can use it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Its id in the ledger.
    pub id: AttemptId,
    /// The kind of change that it is for.
    pub purpose: ChangeKind,
    /// How the caller was verified.
    pub way: VerificationWay,
    /// How the customer was reached.
    pub channel: Channel,
    /// The address or number, masked.
    pub to: String,
    /// When the caller was verified.
    pub at: Timestamp,
    /// From this time on it cannot be used.
    pub valid_until: Timestamp,
}

impl Verification {
    /// Returns how the caller was verified, in words: "by a code sent to a***@example.com".
    pub fn describe(&self) -> String {
        match self.way {
            VerificationWay::Code => format!("by a code sent to {}", self.to),
            VerificationWay::Callback => format!("by a call to {}, on the agent's word", self.to),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn an_address_is_too_new_for_as_long_as_the_rules_say_and_only_where_the_directory_tells() {
        let rules = VerificationRules::default();
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let days_ago = |days: i64| now - jiff::SignedDuration::from_hours(24 * days);
        let is_too_new =
            |changed| rules.is_too_new(&Contact { changed, ..Contact::new(Channel::Email, "ada@example.com") }, now);
        assert!(is_too_new(ContactChanged::At(days_ago(1))));
        assert!(is_too_new(ContactChanged::At(days_ago(-1))), "a time to come is no old one");
        assert!(!is_too_new(ContactChanged::At(days_ago(7))));
        assert!(!is_too_new(ContactChanged::NotSince(days_ago(1))));
        assert!(!is_too_new(ContactChanged::Unknown));
    }
}
