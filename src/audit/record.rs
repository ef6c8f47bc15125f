//! One record: a line of the log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{Changed, Delivery, Stamp};

/// The version of the record's form.
pub(super) const VERSION: u8 = 1;

/// What a record tells of its attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Written before anything changes.
    Intent,
    /// The temporary password was set, and that was read back.
    Set,
    /// What became of the reveal.
    Delivery,
    /// The withdrawal is finished.
    Withdrawn,
    /// It failed.
    Failed,
    /// Found out by a later command, where the end was missing.
    Recovered,
}

/// One line of the log. It never holds a password, nor a hash of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The version of this form.
    pub v: u8,
    /// When it was written.
    pub at: Timestamp,
    /// The attempt that this record belongs to.
    pub attempt: String,
    /// What it tells.
    pub event: Event,
    /// The agent's name at the backend.
    pub agent: String,
    /// The system's user who ran the tool.
    pub system_user: String,
    /// The profile.
    pub profile: String,
    /// The backend's kind.
    pub backend: String,
    /// The customer's id.
    pub customer: String,
    /// `set`, `create_and_set` or `withdraw`.
    pub action: String,
    /// The ticket.
    pub ticket: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// How the caller was verified.
    pub verified: Option<String>,
    /// Whether the agent was asked (`asked`) or said so beforehand (`flag`); of an intent.
    pub consent: Option<String>,
    /// Whether a lock-out was to be lifted as well; of an intent.
    pub unlock: Option<bool>,
    /// The reveal's outcome; of a delivery.
    pub delivery: Option<Delivery>,
    /// The failure's reason; of a failure.
    pub failure: Option<String>,
    /// What became of the customer; of a failure or a recovery.
    pub changed: Option<Changed>,
    /// The stamp before; of an intent.
    pub stamp_before: Option<Stamp>,
    /// The stamp that this record knows of.
    pub stamp: Option<Stamp>,
    /// The hash of the record before; of the first one: zeros.
    pub prev: String,
    /// The hash of this line up to here: SHA-256 of the object without this field, in hexadecimal.
    #[serde(default, skip_serializing)]
    pub hash: String,
}

impl Record {
    /// What the record tells, in words, for the list.
    pub fn words(&self) -> String {
        let changed = |what: &str| match self.changed {
            Some(Changed::No) | None => format!("{what}: nothing changed"),
            Some(Changed::Yes) => format!("{what}: changed, not delivered"),
            Some(Changed::Unknown) => format!("{what}: unknown"),
        };
        match self.event {
            Event::Intent => "intent".to_owned(),
            Event::Set => "set, read back".to_owned(),
            Event::Withdrawn => "withdrawn".to_owned(),
            Event::Recovered if self.changed == Some(Changed::Yes) => "recovered: changed, delivery unknown".to_owned(),
            Event::Recovered => changed("recovered"),
            Event::Failed => changed(&format!("failed ({})", self.failure.as_deref().unwrap_or("no reason"))),
            Event::Delivery => match self.delivery {
                Some(Delivery::Shown) => "shown".to_owned(),
                Some(Delivery::TimedOut) => "shown, timed out".to_owned(),
                Some(Delivery::NotDelivered) | None => "not delivered".to_owned(),
            },
        }
    }

    /// Whether no further record of the attempt is to come.
    pub(super) const fn ends_the_attempt(&self) -> bool {
        !matches!(self.event, Event::Intent | Event::Set)
    }
}
