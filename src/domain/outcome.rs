//! The outcome of an attempt, and what was issued.

use jiff::Timestamp;
use serde::Serialize;

use super::attempt::AttemptId;
use super::capabilities::{ChangeScreen, Gap};
use super::contact::Contact;
use super::customer::Customer;
use super::policy::Policy;
use super::profile_ref::ProfileRef;
use super::proof::Proof;
use super::status::State;
use super::user::{SessionsEnded, Stamp};
use super::user_profile::UserProfile;
use super::verification::Verification;

/// An outcome of an attempt. Each is one record.
#[derive(Clone, Debug)]
pub enum AttemptOutcome {
    /// The temporary password was set, read back, and tried by a sign-in.
    Set {
        /// The user's id as records have it ([`UserProfile::id_in_records`]).
        user: String,
        /// The stamp of the set.
        stamp: Option<Stamp>,
        /// What a sign-in with the password showed.
        proof: Proof,
        /// How sessions were ended.
        sessions: SessionsEnded,
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
    Withdrawn {
        /// How sessions were ended.
        sessions: SessionsEnded,
    },
    /// The lock-out was lifted, and that was read back. Ends the attempt.
    Unlocked,
}

impl AttemptOutcome {
    /// Whether the customer is told, because this is the first record that says that they were changed.
    pub(crate) const fn tells_the_customer(&self) -> bool {
        match self {
            Self::Set { .. } | Self::Withdrawn { .. } | Self::Unlocked => true,
            Self::Failed { changed, .. } => matches!(changed, super::error::Changed::Yes),
            Self::Delivered(_) => false,
        }
    }
}

/// What became of the reveal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// The password was shown and dismissed, or was written.
    Shown,
    /// The password was shown until the time ran out.
    TimedOut,
    /// The password was never shown, the terminal went away, or the write failed.
    NotDelivered,
}

/// What was issued, without the password: the facts that are shown beside it and afterwards.
#[derive(Clone, Debug)]
pub struct Issuance {
    /// The customer, with the name to sign in with.
    pub customer: Customer,
    /// The user, as the backend names them; `None` if that is not known here.
    pub user: Option<UserProfile>,
    /// What the backend and the directory say differently of the customer, in sentences.
    pub differences: Vec<String>,
    /// Profile and backend.
    pub profile_ref: ProfileRef,
    /// Whether a user was created.
    pub user_created: bool,
    /// The facts of the status, as read back.
    pub state: State,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When the password runs out; `None` if the backend does not enforce that.
    pub expires_at: Option<Timestamp>,
    /// What a sign-in with the temporary password showed.
    pub proof: Proof,
    /// How sessions were ended.
    pub sessions_ended: SessionsEnded,
    /// Where the customer chooses the new password.
    pub change_screen: ChangeScreen,
    /// The rules for the customer's own password, as far as they are known.
    pub rules: Policy,
    /// Whether these are all rules. If not, the policy cannot be read in full, and refusals of this reset named the
    /// others.
    pub rules_are_all: bool,
    /// The promises that this backend does not keep, or may not keep where it is not known which backend this is.
    pub gaps: Vec<Gap>,
    /// How the caller was verified; `None` if the tool did not verify them.
    pub verification: Option<Verification>,
    /// Where the customer is told of it.
    pub notified: Vec<Contact>,
    /// The attempt, for the ticket.
    pub attempt: AttemptId,
}
