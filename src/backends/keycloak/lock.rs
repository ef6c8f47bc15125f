//! A user's sign-in state: disabled by somebody, locked for a while after failed attempts, or locked permanently.
//!
//! Seen on 26.0.8, 26.2.5, 26.4.7 and 26.7.3: a permanent lock-out disables the user, and lifting the lock does not enable
//! the user again. Up to 26.2 a read of one user who is locked for a while says "disabled"; a search says the truth.

use jiff::Timestamp;

use super::errors::role;
use super::readable::{Readable, or_unreadable};
use super::user_lookup::KeycloakAgent;
use super::wire::{BruteForce, User};
use crate::domain::{Obstacle, Result, Right, Unreadable};

/// The attribute that says why the server disabled a user (from 26.4 on).
const DISABLED_REASON: &str = "disabledReason";
/// The value of that attribute after a permanent lock-out.
const PERMANENT: &str = "permanentLockout";

/// Whether a user is disabled or locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SignInState {
    /// Whether somebody disabled the user; `None` if the server does not show it.
    pub(super) disabled: Option<bool>,
    pub(super) lock: Lock,
}

/// The lock that failed attempts led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    /// No lock, or none that the agent may see; `doctor` says which.
    None,
    /// Locked until this time, if it is known.
    Temporary(Option<Timestamp>),
    /// The realm's permanent lock-out disabled the user.
    Permanent,
}

/// Returns the lock as a value that cannot be read, if it is hidden for this reason and no other sign shows it.
pub(super) fn unread_lock(lock: &Readable<Option<BruteForce>>, sign_in: SignInState) -> Option<Unreadable> {
    let right = lock.as_ref().err()?;
    let hidden =
        Unreadable::new("attack-detection", "whether the user is locked after failed attempts", right.as_str());
    (sign_in.lock == Lock::None).then_some(hidden)
}

impl SignInState {
    /// Lists the obstacles to a reset.
    pub(super) fn obstacles(self) -> impl Iterator<Item = Obstacle> {
        let disabled = (self.disabled == Some(true)).then_some(Obstacle::Disabled);
        let lock = match self.lock {
            Lock::None => None,
            Lock::Temporary(until) => Some(Obstacle::Locked { until }),
            Lock::Permanent => Some(Obstacle::PermanentlyLocked(
                "the realm disabled it after too many failed sign-ins, and lifting the lock does not enable it again"
                    .to_owned(),
            )),
        };
        disabled.into_iter().chain(lock)
    }
}

/// Derives the state from a read of the user. Returns `None` if only a search can tell a disabled user from a locked one.
fn state_from_read(user: &User, lock: Option<&BruteForce>) -> Option<SignInState> {
    let until = lock.filter(|lock| lock.disabled).map(|lock| lock.failed_login_not_before);
    let reason = user.attributes.get(DISABLED_REASON).and_then(|reasons| reasons.first());
    if user.enabled == Some(false) && (until == Some(i64::MAX) || reason.is_some_and(|reason| reason == PERMANENT)) {
        return Some(SignInState { disabled: Some(false), lock: Lock::Permanent });
    }
    if user.enabled == Some(false) {
        return None;
    }
    let until = until.map(|at| Some(at).filter(|at| *at > 0).and_then(|at| Timestamp::from_second(at).ok()));
    Some(SignInState {
        disabled: user.enabled.map(|enabled| !enabled),
        lock: until.map_or(Lock::None, Lock::Temporary),
    })
}

impl KeycloakAgent {
    /// Determines the user's sign-in state, by a search if a read of the user is not enough.
    pub(super) async fn sign_in_state(&self, user: &User, lock: Option<&BruteForce>) -> Result<SignInState> {
        if let Some(state) = state_from_read(user, lock) {
            return Ok(state);
        }
        let enabled = self.enabled_by_search(user).await?;
        let as_enabled = User { enabled: Some(true), ..user.clone() };
        let state =
            state_from_read(&as_enabled, lock).unwrap_or(SignInState { disabled: Some(true), lock: Lock::None });
        Ok(match enabled {
            // The read says "disabled" because the user is locked, even if the agent may not see the lock.
            Some(true) if state.lock == Lock::None => {
                SignInState { disabled: Some(false), lock: Lock::Temporary(None) }
            }
            Some(true) => state,
            _ => SignInState { disabled: Some(true), ..state },
        })
    }

    /// Reports whether a search shows the user as enabled. Returns `None` if it does not show the user.
    async fn enabled_by_search(&self, user: &User) -> Result<Option<bool>> {
        if self.realm().await?.brute_force_protected == Some(false) {
            return Ok(None);
        }
        let Some(username) = user.username.as_deref() else { return Ok(None) };
        let query = [("username", username), ("exact", "true"), ("briefRepresentation", "true")];
        let found: Vec<User> = self.api().get(&["users"], &query, Right::FindCustomers).await?;
        Ok(found.into_iter().find(|found| found.id == user.id).and_then(|found| found.enabled))
    }

    /// Reads the user's lock. It is `None` if the realm has no locks, or none of this user.
    pub(super) async fn read_lock(&self, id: &str) -> Result<Readable<Option<BruteForce>>> {
        if self.realm().await?.brute_force_protected == Some(false) {
            return Ok(Ok(None));
        }
        let path = ["attack-detection", "brute-force", "users", id];
        // Fine-grained permissions do not cover this on every server. The set does no harm without it: the lock stays, and
        // `doctor` says so. An unlock is refused.
        or_unreadable(self.api().get_if_any(&path, &[], Right::FindCustomers).await, role(Right::FindCustomers))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn user(more: &str) -> User {
        serde_json::from_str(&format!(r#"{{"id":"7"{more}}}"#)).unwrap()
    }

    fn lock(until: i64) -> BruteForce {
        BruteForce { disabled: true, failed_login_not_before: until }
    }

    #[test]
    fn a_permanent_lock_is_recognised_by_either_sign() {
        let permanent = Some(SignInState { disabled: Some(false), lock: Lock::Permanent });
        assert_eq!(state_from_read(&user(r#","enabled":false"#), Some(&lock(i64::MAX))), permanent);
        let reason = r#","enabled":false,"attributes":{"disabledReason":["permanentLockout"]}"#;
        assert_eq!(state_from_read(&user(reason), None), permanent, "also where the lock was lifted, or is not shown");
    }

    #[test]
    fn a_hidden_state_is_neither_enabled_nor_disabled() {
        assert_eq!(state_from_read(&user(""), None).unwrap().disabled, None);
        assert_eq!(state_from_read(&user(r#","enabled":true"#), None).unwrap().disabled, Some(false));
        assert_eq!(state_from_read(&user(r#","enabled":false"#), None), None, "a search says which");
    }

    #[test]
    fn a_temporary_lock_has_an_end_if_the_server_says_it() {
        let enabled = user(r#","enabled":true"#);
        let lock_until = |until| state_from_read(&enabled, Some(&lock(until))).unwrap().lock;
        assert_eq!(lock_until(0), Lock::Temporary(None));
        assert_eq!(lock_until(60), Lock::Temporary(Timestamp::from_second(60).ok()));
        let free = BruteForce { disabled: false, failed_login_not_before: i64::MAX };
        assert_eq!(state_from_read(&enabled, Some(&free)).unwrap().lock, Lock::None);
    }

    #[test]
    fn a_hidden_lock_is_unread_unless_another_sign_shows_it() {
        let state = |lock| SignInState { disabled: Some(false), lock };
        let hidden = Err("view-users".to_owned());
        assert_eq!(unread_lock(&hidden, state(Lock::None)).unwrap().right, "view-users");
        assert_eq!(unread_lock(&hidden, state(Lock::Temporary(None))), None);
        assert_eq!(unread_lock(&Ok(None), state(Lock::None)), None);
    }
}
