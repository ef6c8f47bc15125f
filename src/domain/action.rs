//! The changes of a user: as values for plans and records, and as types for intents.

use serde::Serialize;

/// The change of a user that a plan or a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Set a temporary password for a user.
    Set,
    /// Create the user, with a temporary password.
    CreateAndSet,
    /// Make a pending temporary password unusable.
    Withdraw,
    /// Lift a lock-out alone, without a new password.
    Unlock,
}

impl Action {
    /// Returns the text of the button.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Set => "Set Temporary Password",
            Self::CreateAndSet => "Create User and Set Temporary Password",
            Self::Withdraw => "Withdraw Temporary Password",
            Self::Unlock => "Lift Lock-Out",
        }
    }

    /// Returns the action's name in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::CreateAndSet => "create_and_set",
            Self::Withdraw => "withdraw",
            Self::Unlock => "unlock",
        }
    }
}

impl Action {
    /// Returns the action with this name in the audit log; `None` if there is none.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Set, Self::CreateAndSet, Self::Withdraw, Self::Unlock].into_iter().find(|action| action.name() == name)
    }
}

/// The kind of change that an action belongs to, as a value for records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub enum ChangeKind {
    /// A reset of a user, who may have been created with it.
    #[serde(rename = "reset")]
    Reset,
    /// A withdrawal of a pending temporary password.
    #[serde(rename = "withdraw")]
    Withdrawal,
    /// An unlock alone, without a new password.
    #[serde(rename = "unlock")]
    Unlocking,
}

impl ChangeKind {
    /// Returns the name of the command that makes such a change.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Withdrawal => "withdraw",
            Self::Unlocking => "unlock",
        }
    }

    /// Returns the kind of the action with this name in the audit log. An unknown name counts as a reset, the gravest kind.
    pub fn of_action(name: &str) -> Self {
        if name == Action::Withdraw.name() {
            Self::Withdrawal
        } else if name == Action::Unlock.name() {
            Self::Unlocking
        } else {
            Self::Reset
        }
    }
}

/// Marks the intents to set a temporary password, for a user who exists or who is created with it.
#[derive(Debug)]
pub enum Reset {}

/// Marks the intents to withdraw a pending temporary password.
#[derive(Debug)]
pub enum Withdrawal {}

/// Marks the intents to lift a lock-out alone, without a new password.
#[derive(Debug)]
pub enum Unlocking {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Reset {}
    impl Sealed for super::Withdrawal {}
    impl Sealed for super::Unlocking {}
}

/// One kind of change, as a type: an intent for one kind does not permit another. It is sealed.
pub trait ActionKind: sealed::Sealed {
    /// Whether the profile's limits of resets hold for it.
    const COUNTS_AS_RESET: bool;
    /// The kind as a value.
    const KIND: ChangeKind;
}

impl ActionKind for Reset {
    const COUNTS_AS_RESET: bool = true;
    const KIND: ChangeKind = ChangeKind::Reset;
}

impl ActionKind for Withdrawal {
    const COUNTS_AS_RESET: bool = false;
    const KIND: ChangeKind = ChangeKind::Withdrawal;
}
impl ActionKind for Unlocking {
    const COUNTS_AS_RESET: bool = false;
    const KIND: ChangeKind = ChangeKind::Unlocking;
}
