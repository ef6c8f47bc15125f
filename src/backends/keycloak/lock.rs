//! Whether a user may sign in: disabled by somebody, locked for a while after failed attempts, or locked for good.
//!
//! Seen on 26.0.8, 26.2.5, 26.4.7 and 26.7.3: a permanent lock-out disables the user, and lifting the lock does not enable
//! it again. Up to 26.2 a user who is locked for a while is shown as disabled by its own address, and as it is by a search.

use jiff::Timestamp;

use super::user_lookup::KeycloakAgent;
use super::wire::{BruteForce, User};
use crate::domain::{Obstacle, Reason, Result, Right};

/// The attribute by which the server says why it disabled a user (from 26.4 on), and what it says of a lock-out.
const DISABLED_REASON: &str = "disabledReason";
const PERMANENT: &str = "permanentLockout";

/// Whether a user may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SignInState {
    /// Disabled by somebody; none: the server does not show it.
    pub(super) disabled: Option<bool>,
    pub(super) lock: Lock,
}

/// What failed attempts have led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    /// Nothing, or nothing that this agent is shown; `doctor` says which.
    None,
    /// Locked until then, where known.
    ForAWhile(Option<Timestamp>),
    /// The realm's permanent lock-out has disabled the user.
    ForGood,
}

impl SignInState {
    /// What stands in the way of a reset.
    pub(super) fn obstacles(self) -> impl Iterator<Item = Obstacle> {
        let disabled = (self.disabled == Some(true)).then_some(Obstacle::Disabled);
        let lock = match self.lock {
            Lock::None => None,
            Lock::ForAWhile(until) => Some(Obstacle::Locked { until }),
            Lock::ForGood => Some(Obstacle::PermanentlyLocked(
                "the realm disabled it after too many failed sign-ins, and lifting the lock does not enable it again"
                    .to_owned(),
            )),
        };
        disabled.into_iter().chain(lock)
    }
}

/// What the user's own answers say; none: a search has to say whether it is disabled, or only locked.
fn of(user: &User, lock: Option<&BruteForce>) -> Option<SignInState> {
    let lock = lock.filter(|lock| lock.disabled);
    let until = lock.map(|lock| lock.failed_login_not_before);
    let reason = user.attributes.get(DISABLED_REASON).and_then(|reasons| reasons.first());
    if user.enabled == Some(false) && (until == Some(i64::MAX) || reason.is_some_and(|reason| reason == PERMANENT)) {
        return Some(SignInState { disabled: Some(false), lock: Lock::ForGood });
    }
    if user.enabled == Some(false) {
        return None;
    }
    let until = until.map(|at| Some(at).filter(|at| *at > 0).and_then(|at| Timestamp::from_second(at).ok()));
    Some(SignInState {
        disabled: user.enabled.map(|enabled| !enabled),
        lock: until.map_or(Lock::None, Lock::ForAWhile),
    })
}

impl KeycloakAgent {
    /// Whether this user may sign in.
    pub(super) async fn sign_in_state(&self, user: &User, lock: Option<&BruteForce>) -> Result<SignInState> {
        if let Some(told) = of(user, lock) {
            return Ok(told);
        }
        let itself = self.enabled_by_search(user).await?;
        let locked = User { enabled: Some(true), ..user.clone() };
        let told = of(&locked, lock).unwrap_or(SignInState { disabled: Some(true), lock: Lock::None });
        Ok(match itself {
            // It is shown as disabled because it is locked, also where the lock itself is not shown.
            Some(true) if told.lock == Lock::None => SignInState { disabled: Some(false), lock: Lock::ForAWhile(None) },
            Some(true) => told,
            _ => SignInState { disabled: Some(true), ..told },
        })
    }

    /// Whether a search shows the user as enabled; none: it does not show the user.
    async fn enabled_by_search(&self, user: &User) -> Result<Option<bool>> {
        if self.realm().await?.brute_force_protected == Some(false) {
            return Ok(None);
        }
        let Some(username) = user.username.as_deref() else { return Ok(None) };
        let query = [("username", username), ("exact", "true"), ("briefRepresentation", "true")];
        let found: Vec<User> = self.api().get(&["users"], &query, Right::FindCustomers).await?;
        Ok(found.into_iter().find(|found| found.id == user.id).and_then(|found| found.enabled))
    }

    /// How far failed attempts have come; none: there are no locks, or this agent is not shown them.
    pub(super) async fn lock(&self, id: &str) -> Result<Option<BruteForce>> {
        if self.realm().await?.brute_force_protected == Some(false) {
            return Ok(None);
        }
        let path = ["attack-detection", "brute-force", "users", id];
        match self.api().get_if_any(&path, &[], Right::FindCustomers).await {
            // Not on every server do fine-grained permissions reach these. The set does no harm without it: the lock
            // stays, and `doctor` says so.
            Err(failure) if failure.reason == Reason::MissingRight => Ok(None),
            lock => lock,
        }
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
    fn a_lock_for_good_is_told_by_either_sign() {
        let good = Some(SignInState { disabled: Some(false), lock: Lock::ForGood });
        assert_eq!(of(&user(r#","enabled":false"#), Some(&lock(i64::MAX))), good);
        let reason = r#","enabled":false,"attributes":{"disabledReason":["permanentLockout"]}"#;
        assert_eq!(of(&user(reason), None), good, "also where the lock was lifted, or is not shown");
    }

    #[test]
    fn what_is_not_shown_is_neither_enabled_nor_disabled() {
        assert_eq!(of(&user(""), None).unwrap().disabled, None);
        assert_eq!(of(&user(r#","enabled":true"#), None).unwrap().disabled, Some(false));
        assert_eq!(of(&user(r#","enabled":false"#), None), None, "a search says which");
    }

    #[test]
    fn a_lock_for_a_while_has_an_end_where_the_server_says_it() {
        let enabled = user(r#","enabled":true"#);
        let of = |until| of(&enabled, Some(&lock(until))).unwrap().lock;
        assert_eq!(of(0), Lock::ForAWhile(None));
        assert_eq!(of(60), Lock::ForAWhile(Timestamp::from_second(60).ok()));
        let free = BruteForce { disabled: false, failed_login_not_before: i64::MAX };
        assert_eq!(super::of(&enabled, Some(&free)).unwrap().lock, Lock::None);
    }
}
