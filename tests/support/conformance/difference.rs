//! What an emulator does otherwise than the service that it plays, by that service's own documentation.
//!
//! A backend claims what the service documents. The story asserts each difference as what it is, and fails where an
//! emulator has learned better.

use tellonce::domain::Gap;

/// One such difference. The versions are those of `tests/servers/cognito.sh`: ministack 1.5.33 and moto 5.2.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// moto lets in whoever names the id of a key, whatever they sign with. AWS: `InvalidSignatureException`.
    SecretNotChecked,
    /// moto lets every agent do everything. AWS: `AccessDeniedException` without a policy that allows it.
    RightsNotChecked,
    /// moto leaves `UserLastModifiedDate` as it is when a password is set. AWS: when the user was last modified.
    SetLeavesStamp,
    /// Both send a code to whom a temporary password is pending for. AWS: `NotAuthorizedException`, "User password cannot be
    /// reset in the current state".
    SelfServiceWhilePending,
    /// Both take a temporary password for ever. AWS: for `TemporaryPasswordValidityDays`.
    NeverRunsOut,
    /// Both take the temporary password as the new one, whatever `PasswordHistorySize` says. AWS: refused from 1 on.
    TemporaryMayBeKept,
    /// ministack takes a new password that breaks the policy. AWS: `InvalidPasswordException`.
    WeakPasswordTaken,
    /// moto refuses such a password, and does not say why. AWS names what is missing.
    RuleNotNamed,
    /// ministack takes a new password with a session that nobody was given. AWS: `NotAuthorizedException`.
    MadeUpSessionTaken,
}

impl Difference {
    /// Which step asserts what the difference means: a new one does not compile until one does.
    pub const fn asserted_in(self) -> &'static str {
        match self {
            Self::SecretNotChecked => "signs_in",
            Self::RightsNotChecked => "is_refused_without_the_right",
            Self::SetLeavesStamp => "resets",
            Self::SelfServiceWhilePending => "is_locked_out",
            Self::NeverRunsOut => "runs_out",
            Self::TemporaryMayBeKept | Self::WeakPasswordTaken | Self::RuleNotNamed | Self::MadeUpSessionTaken => {
                "chooses"
            }
        }
    }

    /// The gap of a backend that looks the same; where the backend has that, nothing differs.
    pub const fn looks_like(self) -> Option<Gap> {
        match self {
            Self::SelfServiceWhilePending => Some(Gap::SelfServiceWhilePending),
            Self::NeverRunsOut => Some(Gap::NeverRunsOut),
            Self::TemporaryMayBeKept => Some(Gap::TemporaryMayBeKept),
            Self::SecretNotChecked
            | Self::RightsNotChecked
            | Self::SetLeavesStamp
            | Self::WeakPasswordTaken
            | Self::RuleNotNamed
            | Self::MadeUpSessionTaken => None,
        }
    }
}
