//! The user: the customer's sign-in record in the identity backend, and where it stands.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::customer::Customer;
use super::obstacle::{Obstacle, Unreadable};
use super::policy::PolicyRead;
use super::status::State;

/// What the identity backend calls a user by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct UserId(String);

impl UserId {
    /// An id as the backend gave it.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a backend shows of when a password was last set; never the password or its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// When it was set, by the backend's clock.
    pub at: Option<Timestamp>,
    /// A number that grows with each set, where the backend keeps one.
    pub version: Option<u64>,
}

impl Stamp {
    /// Whether this stamp was made after the other. By version where both have one: clocks jump, versions do not.
    pub fn is_newer_than(&self, earlier: Option<&Self>) -> bool {
        let Some(earlier) = earlier else { return true };
        match (self.version, earlier.version) {
            (Some(mine), Some(theirs)) => mine > theirs,
            _ => self.at > earlier.at,
        }
    }

    /// Whether one set left both. A version that only one of them has decides nothing: some backends show it only as
    /// long as nothing else of the user changed. Nor does a time, where both have a version: a set is answered without one.
    pub fn same_set(one: Option<&Self>, other: Option<&Self>) -> bool {
        let (one, other) = match (one, other) {
            (Some(one), Some(other)) => (one, other),
            (one, other) => return one.is_none() && other.is_none(),
        };
        match (one.version, other.version) {
            (Some(mine), Some(theirs)) => {
                mine == theirs && (one.at == other.at || one.at.is_none() || other.at.is_none())
            }
            _ => one.at == other.at,
        }
    }
}

/// Whom a temporary password is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum ResetTarget {
    /// A customer with a user.
    User(UserId),
    /// A customer for whom the user has to be created.
    NewUser(NewUser),
}

/// What the backend creates a user from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewUser {
    /// The customer as the directory has it, or, with `--create`, as it would have it.
    pub customer: Customer,
    /// The name to sign in with.
    pub username: String,
    /// True with `--create`: the directory does not know the customer yet.
    pub new_customer: bool,
}

/// Everything a reset has to know of one customer before it changes anything: one answer, read side by side.
#[derive(Clone, Debug)]
pub struct UserSnapshot {
    /// Whom a temporary password would be for.
    pub target: ResetTarget,
    /// The facts of the status.
    pub state: State,
    /// When the password was last set.
    pub stamp: Option<Stamp>,
    /// When the pending temporary password was issued.
    pub issued_at: Option<Timestamp>,
    /// When the pending temporary password runs out.
    pub expires_at: Option<Timestamp>,
    /// Who issued it, where the backend itself knows.
    pub issued_by: Option<String>,
    /// When the customer last chose a password of their own, where the backend knows.
    pub changed_by_customer_at: Option<Timestamp>,
    /// The user's roles.
    pub roles: Vec<String>,
    /// The user's groups.
    pub groups: Vec<String>,
    /// The password policy that applies to this user.
    pub policy: PolicyRead,
    /// What stands in the way, gravest first.
    pub obstacles: Vec<Obstacle>,
}

impl UserSnapshot {
    /// Where a customer stands for whom the user has to be created.
    pub fn without_user(new: NewUser, policy: PolicyRead, obstacles: Vec<Obstacle>) -> Self {
        Self {
            target: ResetTarget::NewUser(new),
            state: State::default(),
            stamp: None,
            issued_at: None,
            expires_at: None,
            issued_by: None,
            changed_by_customer_at: None,
            roles: Vec::new(),
            groups: Vec::new(),
            policy,
            obstacles,
        }
    }
}

impl UserSnapshot {
    /// The first value that the agent may not read and that decides about the reset, or about what is said of the user.
    pub fn unreadable(&self) -> Option<&Unreadable> {
        self.obstacles.iter().find_map(|obstacle| match obstacle {
            Obstacle::Unreadable(value) => Some(value),
            _ => None,
        })
    }
}

/// What a set answered.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The user it was set for (new where it was created).
    pub user: UserId,
    /// The stamp of this very set; where the backend's answer has none, what it must be: the version that follows the one
    /// before, or the one read directly after it.
    pub stamp: Option<Stamp>,
    /// When it was set, by the backend's clock.
    pub at: Timestamp,
    /// When it runs out, where the backend enforces that.
    pub expires_at: Option<Timestamp>,
}

/// What a read-back answered.
#[derive(Clone, Debug)]
pub struct Forced {
    /// The next sign-in must choose a new password.
    pub change_required: bool,
    /// The stamp now.
    pub stamp: Option<Stamp>,
}

/// How sessions were ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionsEnded {
    /// This many.
    Count(u64),
    /// All; the backend does not say how many.
    All,
    /// The backend keeps no sessions.
    NotHere,
}

/// One pending temporary password, for the sweep.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The customer.
    pub customer: Customer,
    /// The user.
    pub user: UserId,
    /// When the password was set.
    pub stamp: Option<Stamp>,
    /// When it was issued, where the backend knows.
    pub issued_at: Option<Timestamp>,
    /// The backend itself shows that this tool issued it.
    pub marked: bool,
    /// It was withdrawn already.
    pub withdrawn: bool,
    /// What is hidden of the user, so that nobody can tell whether their password is pending, or whose it is.
    pub unreadable: Option<Unreadable>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_set_is_told_from_another_by_version_where_both_have_one() {
        let stamp = |second: i64, version| Stamp { at: Timestamp::from_second(second).ok(), version };
        let same = |one: &Stamp, other: &Stamp| Stamp::same_set(Some(one), Some(other));
        assert!(same(&stamp(7, Some(1)), &stamp(7, Some(1))));
        assert!(!same(&stamp(7, Some(1)), &stamp(7, Some(2))));
        assert!(same(&stamp(7, Some(1)), &stamp(7, None)) && same(&stamp(7, None), &stamp(7, None)));
        assert!(!same(&stamp(7, Some(1)), &stamp(8, Some(1))) && !same(&stamp(7, None), &stamp(8, None)));
        assert!(Stamp::same_set(None, None) && !Stamp::same_set(None, Some(&stamp(7, None))));
    }
}
