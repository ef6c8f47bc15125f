//! What the agent is asked to confirm, and the proof that they did.

use std::time::Duration;

use jiff::Timestamp;

use super::capabilities::Gap;
use super::case::Case;
use super::customer::Customer;
use super::history::Attempt;
use super::profile_ref::ProfileRef;
use super::status::State;
use super::user::Stamp;

/// What is going to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Set a temporary password for a user.
    Set,
    /// Create the user, with a temporary password.
    CreateAndSet,
    /// Make a pending temporary password unusable.
    Withdraw,
}

impl Action {
    /// What the button says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Set => "Set Temporary Password",
            Self::CreateAndSet => "Create User and Set Temporary Password",
            Self::Withdraw => "Withdraw Temporary Password",
        }
    }

    /// The action's name in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::CreateAndSet => "create_and_set",
            Self::Withdraw => "withdraw",
        }
    }
}

/// Everything the confirmation shows.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The agent's own name.
    pub agent: String,
    /// Profile and backend.
    pub place: ProfileRef,
    /// The customer.
    pub customer: Customer,
    /// What will be done.
    pub action: Action,
    /// The status before.
    pub state: State,
    /// When the password was last set.
    pub stamp: Option<Stamp>,
    /// When the one that is pending now was issued; none pending: none.
    pub pending_since: Option<Timestamp>,
    /// Also lift a lock-out.
    pub unlock: bool,
    /// How long the temporary password is to last.
    pub lasts: Duration,
    /// Earlier resets of this customer in the last 24 hours, as this machine knows them.
    pub recent: Vec<Attempt>,
    /// Promises that this backend does not keep.
    pub gaps: Vec<Gap>,
    /// What else has to be said: what records the terminal, an attempt whose end is unknown.
    pub notices: Vec<String>,
    /// The case.
    pub case: Case,
}

/// The proof of a confirmation, or of `--yes`. It is used up by the intent.
#[derive(Debug)]
pub struct Consent {
    asked: bool,
}

impl Consent {
    /// The agent said yes when asked.
    pub const fn answered() -> Self {
        Self { asked: true }
    }

    /// The agent said `--yes` beforehand.
    pub const fn by_flag() -> Self {
        Self { asked: false }
    }

    /// Whether time passed at a question, so that what was read before it may be old.
    pub const fn was_asked(&self) -> bool {
        self.asked
    }
}
