//! What became of an attempt, and what was issued.

use jiff::Timestamp;
use serde::Serialize;

use super::attempt::AttemptId;
use super::capabilities::Gap;
use super::customer::Customer;
use super::profile_ref::ProfileRef;
use super::status::State;
use super::user::{SessionsEnded, Stamp};

/// What became of an attempt, one record each.
#[derive(Clone, Debug)]
pub enum AttemptOutcome {
    /// The temporary password was set, or withdrawn, and read back.
    Set {
        /// The stamp of the set.
        stamp: Option<Stamp>,
    },
    /// What became of the reveal. Ends the attempt.
    Delivered(Delivery),
    /// The attempt failed: the reason and what became of the customer. Ends the attempt.
    Failed {
        /// The failure's reason.
        reason: super::error::Reason,
        /// What became of the customer.
        changed: super::error::Changed,
        /// The stamp read afterwards, where it could be.
        stamp: Option<Stamp>,
    },
    /// A withdrawal is finished. Ends the attempt.
    Withdrawn,
}

/// What became of the reveal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// It was painted, or written, and dismissed.
    Shown,
    /// It was painted, and the time ran out.
    TimedOut,
    /// It was never painted, the terminal went away, or the write failed.
    NotDelivered,
}

/// What was issued, without the password: what is said beside it and afterwards.
#[derive(Clone, Debug)]
pub struct Issuance {
    /// The customer.
    pub customer: Customer,
    /// Profile and backend.
    pub place: ProfileRef,
    /// A user was created.
    pub user_created: bool,
    /// The facts of the status, as read back.
    pub state: State,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it runs out; none: the backend does not enforce that.
    pub expires_at: Option<Timestamp>,
    /// How sessions were ended.
    pub sessions_ended: SessionsEnded,
    /// The rules for the customer's own password, in words.
    pub rules: Vec<String>,
    /// They are all of them; else the policy cannot be read, and they are those that refusals of this reset named.
    pub rules_are_all: bool,
    /// Promises not kept by this backend.
    pub gaps: Vec<Gap>,
    /// The attempt, for the ticket.
    pub attempt: AttemptId,
}
