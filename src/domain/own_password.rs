//! The agent's own password, as the backend reports it at the sign-in.

use std::time::Duration;

/// A password that expires sooner than this gets a warning.
const SOON: Duration = Duration::from_hours(7 * 24);
const A_DAY: u64 = 24 * 60 * 60;

/// What the backend reported about the agent's own password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnPassword {
    /// The password has expired, and each sign-in uses up one of those that are left.
    Expired {
        /// How many are left after this one.
        sign_ins_left: u32,
    },
    /// The password expires after this time.
    ExpiresIn(Duration),
}

impl OwnPassword {
    /// Whether it has expired.
    pub const fn has_expired(self) -> bool {
        matches!(self, Self::Expired { .. })
    }

    /// Returns the warning in words; `None` if there is nothing to warn of yet.
    pub fn warning(self) -> Option<String> {
        match self {
            Self::Expired { sign_ins_left: 0 } => Some(
                "Your own password has expired, and this was the last sign-in with it. Choose a new one, or have it reset."
                    .to_owned(),
            ),
            Self::Expired { sign_ins_left } => {
                let left = if sign_ins_left == 1 { "1 sign-in".to_owned() } else { format!("{sign_ins_left} sign-ins") };
                Some(format!(
                    "Your own password has expired, {left} left; each command uses one up. Choose a new one now."
                ))
            }
            Self::ExpiresIn(time) if time < SOON => {
                let words = match time.as_secs() {
                    seconds if seconds >= 2 * A_DAY => format!("{} days", seconds / A_DAY),
                    seconds if seconds >= 2 * 60 * 60 => format!("{} hours", seconds / 60 / 60),
                    seconds => format!("{} min", (seconds / 60).max(1)),
                };
                Some(format!("Your own password expires in {words}. Choose a new one soon."))
            }
            Self::ExpiresIn(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_said() {
        let expired = |sign_ins_left| OwnPassword::Expired { sign_ins_left }.warning().unwrap_or_default();
        assert!(expired(0).contains("the last sign-in"));
        assert!(expired(1).contains("1 sign-in left") && expired(2).contains("2 sign-ins left"));
        let soon = |seconds| OwnPassword::ExpiresIn(Duration::from_secs(seconds)).warning();
        assert!(soon(600).is_some_and(|words| words.contains("10 min")));
        assert!(soon(5).is_some_and(|words| words.contains("1 min")));
        assert!(soon(3 * 60 * 60).is_some_and(|words| words.contains("3 hours")));
        assert!(soon(6 * A_DAY).is_some_and(|words| words.contains("6 days")));
        assert_eq!(soon(7 * A_DAY), None);
    }
}
