//! The status of a user: the facts, which of them are known, and the one status that sums them up.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The status people see. The order is the precedence when several hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The customer has no user yet.
    NoUser,
    /// The password is kept by another system.
    External,
    /// The user may not sign in at all.
    Disabled,
    /// The user's time has ended.
    UserExpired,
    /// Locked out for a while after failed attempts.
    Locked,
    /// Something that the status depends on cannot be read.
    Unknown,
    /// A temporary password is pending.
    ForcePasswordReset,
    /// The customer can sign in.
    Active,
}

impl Status {
    /// Returns the words that people read.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::NoUser => "No user yet",
            Self::External => "Password kept by another system",
            Self::Disabled => "Disabled",
            Self::UserExpired => "Expired",
            Self::Locked => "Locked",
            Self::Unknown => "Not known (not everything can be read)",
            Self::ForcePasswordReset => "Force Password Reset",
            Self::Active => "Active",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.describe())
    }
}

/// The facts a status is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts, each reported on its own")]
pub struct State {
    /// Whether there is a user.
    pub has_user: bool,
    /// The password is kept by another system.
    pub external: bool,
    /// The user is disabled.
    pub disabled: bool,
    /// The user's time has ended.
    pub user_expired: bool,
    /// The user is locked after failed attempts.
    pub locked: bool,
    /// The next sign-in must choose a new password.
    pub change_required: bool,
    /// Whether the pending temporary password has run out; `None` if none is pending.
    pub expired: Option<bool>,
    /// Whether the pending temporary password was withdrawn; `None` if none is pending or that is not known.
    pub withdrawn: Option<bool>,
    /// Which of these facts could not be read; their values mean nothing then.
    pub unread: Unread,
}

/// The facts of a [`State`] that the agent may not read: true means "not known".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "one for each fact of the state")]
pub struct Unread {
    /// Where the password is kept.
    pub external: bool,
    /// Whether the user is disabled.
    pub disabled: bool,
    /// Whether the user's time has ended.
    pub user_expired: bool,
    /// Whether the user is locked.
    pub locked: bool,
    /// Whether the next sign-in must choose a new password.
    pub change_required: bool,
}

impl Unread {
    /// Whether any fact is not known.
    pub const fn any(self) -> bool {
        self.external || self.disabled || self.user_expired || self.locked || self.change_required
    }
}

impl State {
    /// Whether the user is disabled; `None` if that cannot be read.
    pub const fn known_disabled(&self) -> Option<bool> {
        if self.unread.disabled { None } else { Some(self.disabled) }
    }

    /// Whether the user is locked; `None` if that cannot be read.
    pub const fn known_locked(&self) -> Option<bool> {
        if self.unread.locked { None } else { Some(self.locked) }
    }

    /// Whether a change is required; `None` if that cannot be read.
    pub const fn known_change_required(&self) -> Option<bool> {
        if self.unread.change_required { None } else { Some(self.change_required) }
    }

    /// Whether the user's time has ended; `None` if that cannot be read.
    pub const fn known_user_expired(&self) -> Option<bool> {
        if self.unread.user_expired { None } else { Some(self.user_expired) }
    }

    /// Returns the one status that sums up these facts.
    pub const fn status(&self) -> Status {
        if !self.has_user {
            Status::NoUser
        } else if self.external {
            Status::External
        } else if self.disabled {
            Status::Disabled
        } else if self.user_expired {
            Status::UserExpired
        } else if self.locked {
            Status::Locked
        } else if self.unread.any() {
            Status::Unknown
        } else if self.change_required {
            Status::ForcePasswordReset
        } else {
            Status::Active
        }
    }

    /// Returns what people read: "Force Password Reset" whenever a change is required, with what else holds beside it.
    pub fn describe(&self) -> String {
        let status = self.status();
        let mut words = status.describe().to_owned();
        if self.change_required && status != Status::ForcePasswordReset {
            words = format!("{words}, {}", Status::ForcePasswordReset);
        }
        if self.withdrawn == Some(true) {
            words.push_str(" (temporary password withdrawn)");
        } else if self.expired == Some(true) {
            words.push_str(" (temporary password ran out)");
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_not_active() {
        let unread = |unread| State { has_user: true, unread, ..State::default() };
        let each = [
            Unread { external: true, ..Unread::default() },
            Unread { disabled: true, ..Unread::default() },
            Unread { user_expired: true, ..Unread::default() },
            Unread { locked: true, ..Unread::default() },
            Unread { change_required: true, ..Unread::default() },
        ];
        for facts in each {
            assert_eq!(unread(facts).status(), Status::Unknown, "{facts:?}");
        }
        assert_eq!(unread(each[1]).known_disabled(), None);
        assert_eq!(unread(each[3]).known_locked(), None);
        assert_eq!(unread(each[4]).known_change_required(), None);
        assert_eq!(unread(Unread::default()).status(), Status::Active);
    }

    #[test]
    fn what_is_known_to_keep_the_user_out_outweighs_what_is_not_known() {
        let unread = Unread { change_required: true, ..Unread::default() };
        let state = State { has_user: true, disabled: true, unread, ..State::default() };
        assert_eq!(state.status(), Status::Disabled);
        let state = State { has_user: true, user_expired: true, unread, ..State::default() };
        assert_eq!(state.status(), Status::UserExpired);
    }
}
