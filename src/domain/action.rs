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
}

impl Action {
    /// Returns the text of the button.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Set => "Set Temporary Password",
            Self::CreateAndSet => "Create User and Set Temporary Password",
            Self::Withdraw => "Withdraw Temporary Password",
        }
    }

    /// Returns the action's name in the audit log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::CreateAndSet => "create_and_set",
            Self::Withdraw => "withdraw",
        }
    }
}

/// Marks the intents to set a temporary password, for a user who exists or who is created with it.
#[derive(Debug)]
pub enum Reset {}

/// Marks the intents to withdraw a pending temporary password.
#[derive(Debug)]
pub enum Withdrawal {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Reset {}
    impl Sealed for super::Withdrawal {}
}

/// One kind of change, as a type: an intent for one kind does not permit another. It is sealed.
pub trait ActionKind: sealed::Sealed {
    /// Whether the profile's limits of resets hold for it.
    const COUNTS_AS_RESET: bool;
}

impl ActionKind for Reset {
    const COUNTS_AS_RESET: bool = true;
}

impl ActionKind for Withdrawal {
    const COUNTS_AS_RESET: bool = false;
}
