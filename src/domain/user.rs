//! The user: the customer's sign-in record in the identity backend, and its state.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::contact::Contacts;
use super::customer::Customer;
use super::obstacle::{Obstacle, Unreadable};
use super::policy::PolicyRead;
use super::status::State;
use super::user_id::UserId;
use super::user_profile::UserProfile;

/// What a backend shows of when a password was last set; never the password or its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// When it was set, by the backend's clock.
    pub at: Option<Timestamp>,
    /// A number that grows with each set, where the backend keeps one.
    pub version: Option<u64>,
}

impl Stamp {
    /// Whether this stamp is newer than the other: by version if both have one, because clocks jump and versions do
    /// not.
    pub fn is_newer_than(&self, earlier: Option<&Self>) -> bool {
        let Some(earlier) = earlier else { return true };
        match (self.version, earlier.version) {
            (Some(mine), Some(theirs)) => mine > theirs,
            _ => self.at > earlier.at,
        }
    }

    /// Whether both stamps come from the same set.
    ///
    /// A version that only one of them has decides nothing: some backends show it only until the user changes in
    /// another way. If both have a version, a missing time decides nothing: the answer to a set has no time.
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

    /// Whether `now` may show this set after something else of the entry was changed in the second of the set.
    ///
    /// On `OpenLDAP` a version numbers changes of the entry, to the microsecond, and not sets. Another set of that second
    /// looks the same.
    pub fn may_be_edited_to(&self, now: &Self) -> bool {
        let numbers_changes = |stamp: &Self| {
            let second = stamp.at.and_then(|at| u64::try_from(at.as_second()).ok());
            stamp.version.zip(second).is_some_and(|(version, second)| version / 1_000_000 == second)
        };
        self.at == now.at && numbers_changes(self) && numbers_changes(now) && now.version > self.version
    }
}

/// The user whom a temporary password is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum ResetTarget {
    /// A customer with a user.
    User(UserId),
    /// A customer for whom the user has to be created.
    NewUser(Box<NewUser>),
}

/// What the backend creates a user from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewUser {
    /// The customer as the directory has it, or, with `--create`, as it would have it.
    pub customer: Customer,
    /// The name to sign in with.
    pub username: String,
    /// Whether the directory does not know the customer yet, because of `--create`.
    pub new_customer: bool,
}

/// Everything that a reset has to know of one customer before it changes anything, read together.
#[derive(Clone, Debug)]
pub struct UserSnapshot {
    /// The user whom a temporary password would be for.
    pub target: ResetTarget,
    /// The user as the backend names them; `None` where there is no user yet.
    pub user: Option<UserProfile>,
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
    /// The user's roles; `None` if they cannot be read.
    pub roles: Option<Vec<String>>,
    /// The user's groups; `None` if they cannot be read.
    pub groups: Option<Vec<String>>,
    /// The password policy that applies to this user.
    pub policy: PolicyRead,
    /// What stands in the way, gravest first.
    pub obstacles: Vec<Obstacle>,
    /// The lock after failed attempts, if the agent may not read it and a reset goes on without it.
    pub unread_lock: Option<Unreadable>,
    /// The addresses and numbers that the backend has of the user.
    pub contacts: Contacts,
}

impl UserSnapshot {
    /// Makes the snapshot of a customer for whom the user has to be created.
    pub fn without_user(new: NewUser, policy: PolicyRead, obstacles: Vec<Obstacle>) -> Self {
        Self {
            target: ResetTarget::NewUser(Box::new(new)),
            user: None,
            state: State::default(),
            stamp: None,
            issued_at: None,
            expires_at: None,
            issued_by: None,
            changed_by_customer_at: None,
            roles: Some(Vec::new()),
            groups: Some(Vec::new()),
            policy,
            obstacles,
            unread_lock: None,
            contacts: Contacts::default(),
        }
    }
}

impl UserSnapshot {
    /// Whether the user is locked after failed attempts; `None` if that cannot be read.
    pub fn known_locked(&self) -> Option<bool> {
        self.state.known_locked().filter(|_| self.unread_lock.is_none())
    }

    /// Returns the first obstacle that is a value which the agent may not read.
    pub fn unreadable(&self) -> Option<&Unreadable> {
        self.obstacles.iter().find_map(|obstacle| match obstacle {
            Obstacle::Unreadable(value) => Some(value),
            _ => None,
        })
    }
}

/// The backend's answer to a set.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The user it was set for (new where it was created).
    pub user: UserId,
    /// The user's [`UserProfile::immutable_id`]. `None` after a creation if only a further call would show it.
    pub immutable_id: Option<String>,
    /// The stamp of this set. If the backend's answer has none, the stamp that it must be: the version that follows the
    /// earlier one, or the stamp that is read directly afterwards.
    pub stamp: Option<Stamp>,
    /// When it was set, by the backend's clock.
    pub at: Timestamp,
    /// When it runs out, where the backend enforces that.
    pub expires_at: Option<Timestamp>,
}

impl Issued {
    /// Returns the user's id as records have it.
    pub fn id_in_records(&self) -> &str {
        self.immutable_id.as_deref().unwrap_or(self.user.as_str())
    }
}

/// The result of a read-back.
#[derive(Clone, Debug)]
pub struct Forced {
    /// Whether the next sign-in must choose a new password.
    pub change_required: bool,
    /// The stamp now.
    pub stamp: Option<Stamp>,
}

/// How sessions were ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionsEnded {
    /// This many.
    Count(u64),
    /// All; the backend does not say how many.
    All,
    /// All but this many, which the backend still shows.
    AllBut(u64),
    /// None: the agent has no right to end them, and the profile goes on without (`allow_without_logout`).
    LeftOpen,
    /// The backend keeps no sessions.
    NotHere,
}

impl SessionsEnded {
    /// Whether sessions go on that the backend could end.
    pub const fn leaves_some(self) -> bool {
        matches!(self, Self::AllBut(_) | Self::LeftOpen)
    }
}

/// One pending temporary password, for the sweep.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The customer.
    pub customer: Customer,
    /// The user.
    pub user: UserId,
    /// The user's [`UserProfile::immutable_id`].
    pub immutable_id: Option<String>,
    /// When the password was set.
    pub stamp: Option<Stamp>,
    /// When it was issued, where the backend knows.
    pub issued_at: Option<Timestamp>,
    /// Whether the backend itself shows that this tool issued the password.
    pub marked: bool,
    /// Whether the password was withdrawn already.
    pub withdrawn: bool,
    /// The unreadable value for which nobody knows whether the password is pending, or who issued it.
    pub unreadable: Option<Unreadable>,
}

impl Pending {
    /// Returns the user, as far as the list names them.
    pub(crate) fn user_profile(&self) -> UserProfile {
        UserProfile {
            id: self.user.clone(),
            immutable_id: self.immutable_id.clone(),
            username: self.customer.username.clone(),
            name: None,
            email: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_set_is_distinguished_from_another_by_version_where_both_have_one() {
        let stamp = |second: i64, version| Stamp { at: Timestamp::from_second(second).ok(), version };
        let same = |one: &Stamp, other: &Stamp| Stamp::same_set(Some(one), Some(other));
        assert!(same(&stamp(7, Some(1)), &stamp(7, Some(1))));
        assert!(!same(&stamp(7, Some(1)), &stamp(7, Some(2))));
        assert!(same(&stamp(7, Some(1)), &stamp(7, None)) && same(&stamp(7, None), &stamp(7, None)));
        assert!(!same(&stamp(7, Some(1)), &stamp(8, Some(1))) && !same(&stamp(7, None), &stamp(8, None)));
        assert!(Stamp::same_set(None, None) && !Stamp::same_set(None, Some(&stamp(7, None))));
    }

    #[test]
    fn an_edit_within_the_second_of_a_set_is_one_where_versions_number_changes() {
        let stamp = |second: i64, version| Stamp { at: Timestamp::from_second(second).ok(), version };
        let set = stamp(7, Some(7_000_004));
        assert!(set.may_be_edited_to(&stamp(7, Some(7_900_000))));
        for other in [
            stamp(7, Some(7_000_003)),
            stamp(7, Some(7_000_004)),
            stamp(8, Some(8_000_005)),
            stamp(7, None),
            stamp(7, Some(5)),
        ] {
            assert!(!set.may_be_edited_to(&other), "{other:?}");
        }
        assert!(!stamp(7, Some(4)).may_be_edited_to(&stamp(7, Some(5))), "a counter of sets, as a domain has it");
    }
}
