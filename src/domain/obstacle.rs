//! The obstacles to a reset, and the rights of an agent.

use jiff::Timestamp;
use serde::Serialize;

/// A fact about one user for which a reset must not be done, or would not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The user is the agent's own.
    OwnUser,
    /// The user is disabled.
    Disabled,
    /// The user has expired (`accountExpires`, `pwdEndTime`), at this time if it is known.
    UserExpired(Option<Timestamp>),
    /// The user is not valid yet (`pwdStartTime`), but from this time on if it is known.
    NotYetValid(Option<Timestamp>),
    /// Locked without an end, by an administrator or after failed attempts, so that only an administrator may lift it: why.
    PermanentlyLocked(String),
    /// A value that decides about the reset, or about what is said of the user, may not be read.
    Unreadable(Unreadable),
    /// The password is kept by another system, named here.
    External(String),
    /// The user is the service account of this client, and has no password.
    ServiceAccount(String),
    /// The user is in a protected group, or has a protected role: its name.
    Protected(String),
    /// Whether the user is protected cannot be read: the right that is missing.
    ProtectionUnreadable(String),
    /// A forced change would not stick: why ("Password never expires").
    WouldNotStick(String),
    /// The user may not choose a password, so that a temporary one would lock them out for good: why.
    MayNotChoose(String),
    /// Locked after failed attempts; `--unlock` lifts it.
    Locked {
        /// When the lock ends by itself, where known.
        until: Option<Timestamp>,
    },
    /// The user is another customer's.
    UserShared {
        /// The user.
        user: String,
        /// The other customer, with id.
        other: String,
    },
    /// The agent lacks this right on this user. The text is what the backend calls it, if that is known.
    MissingRight(Right, Option<&'static str>),
    /// The user has to be created, and the backend requires more of a user than is known: what, and where to give it.
    NewUserIncomplete(String),
}

/// A right of an agent at the backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Find customers and read where they stand.
    FindCustomers,
    /// Set a temporary password.
    IssueTemporaryPasswords,
    /// Create a user for a customer who has none.
    CreateUsers,
    /// End a user's sessions.
    EndSessions,
    /// Lift a lock-out after failed attempts.
    Unlock,
    /// Mark a user as pending, where the backend needs a mark.
    MarkPending,
    /// List everything pending, for the sweep.
    Sweep,
}

impl Right {
    /// Returns the right in words, as in "the right to …".
    pub const fn describe(self) -> &'static str {
        match self {
            Self::FindCustomers => "find customers",
            Self::IssueTemporaryPasswords => "issue temporary passwords",
            Self::CreateUsers => "create users",
            Self::EndSessions => "end sessions",
            Self::Unlock => "lift a lock-out",
            Self::MarkPending => "mark a user as pending",
            Self::Sweep => "sweep all pending temporary passwords",
        }
    }
}

/// A value of the user that the agent may not read, although something depends on it.
///
/// An absent value and one that may not be read look alike in most answers. A backend that cannot tell them apart
/// reports the value here: it never takes it for "no".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// What the server calls it (`userAccountControl`).
    pub value: String,
    /// What depends on it, as in "it says …" ("whether the user is disabled").
    pub decides: String,
    /// The right that shows it, as in "it takes …" ("the right to read userAccountControl of customers").
    pub right: String,
    /// Whether the value matters to a reset alone, so that a withdrawal goes on without it.
    pub for_resets_alone: bool,
}

impl Unreadable {
    /// Makes an unreadable value, with what depends on it and the right that shows it.
    pub fn new(value: impl Into<String>, decides: impl Into<String>, right: impl Into<String>) -> Self {
        Self { value: value.into(), decides: decides.into(), right: right.into(), for_resets_alone: false }
    }

    /// Marks the value as one that matters to a reset alone.
    #[must_use]
    pub fn for_resets_alone(self) -> Self {
        Self { for_resets_alone: true, ..self }
    }

    /// Returns the finding in words, for `doctor`: the value, what depends on it, and the right that shows it.
    pub fn describe(&self) -> String {
        format!("{} cannot be read; it says {}. It takes {}", self.value, self.decides, self.right)
    }
}
