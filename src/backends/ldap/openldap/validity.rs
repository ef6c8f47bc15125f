//! Whether a user may sign in: locks, the start and the end of the user's time, and values that cannot be read.
//!
//! As in slapd 2.5, start and end always count, and locks only under a policy with pwdLockout TRUE.

use jiff::{SignedDuration, Timestamp};

use super::policy::UserPolicy;
use super::readability::unreadable;
use crate::backends::ldap::entry::Entry;
use crate::domain::{Obstacle, State, Unreadable};

/// The time of an administrator's lock, which does not end (draft-behera-ldap-password-policy-10 section 5.3.3): the first
/// instant of the year 0, in any spelling.
const YEAR_ZERO: i64 = -62_167_219_200;
/// The first instant of 1970, which means such a lock to slapd as well.
const EPOCH: i64 = 0;

/// Whether this pwdAccountLockedTime is an administrator's lock, which does not end.
pub(super) fn is_permanent(at: Timestamp) -> bool {
    matches!(at.as_second(), YEAR_ZERO | EPOCH)
}

/// The status of a user as far as sign-in goes.
#[derive(Debug, Default)]
pub(super) struct Validity {
    /// The locks and times of the state. Nothing else of it is filled in.
    pub(super) state: State,
    /// The obstacles to a reset, without an ordinary lock.
    pub(super) obstacles: Vec<Obstacle>,
    /// The values that cannot be read.
    pub(super) unread: Vec<Unreadable>,
    /// An ordinary lock, which a set lifts.
    pub(super) lock: Option<Obstacle>,
}

impl Validity {
    /// Evaluates an entry at this time. `hidden` are the attributes that the agent may not read.
    pub(super) fn of(entry: &Entry, hidden: &[&str], policy: &UserPolicy, now: Timestamp) -> Self {
        let mut validity = Self::default();
        let is_unread = |name: &str| hidden.contains(&name) || entry.is_malformed_time(name);
        if is_unread("pwdAccountLockedTime") {
            validity.state.unread.locked = true;
            validity.unread.push(unreadable("pwdAccountLockedTime"));
        } else if let Some(at) = entry.time("pwdAccountLockedTime") {
            validity.locked_at(at, policy, now);
        }
        validity.locked_for_a_while(entry, is_unread("pwdAccountTmpLockoutEnd"), policy, now);
        validity.locked_for_idleness(entry, is_unread("pwdLastSuccess"), policy, now);
        if is_unread("pwdEndTime") {
            validity.state.unread.user_expired = true;
            validity.unread.push(unreadable("pwdEndTime"));
        } else if let Some(end) = entry.time("pwdEndTime").filter(|end| *end <= now) {
            validity.state.user_expired = true;
            validity.obstacles.push(Obstacle::UserExpired(Some(end)));
        }
        if is_unread("pwdStartTime") {
            validity.state.unread.disabled = true;
            validity.unread.push(unreadable("pwdStartTime"));
        } else if let Some(start) = entry.time("pwdStartTime").filter(|start| *start > now) {
            validity.state.disabled = true;
            validity.obstacles.push(Obstacle::NotYetValid(Some(start)));
        }
        validity
    }

    /// Evaluates pwdAccountLockedTime: an administrator's lock, or one after failed attempts.
    fn locked_at(&mut self, at: Timestamp, policy: &UserPolicy, now: Timestamp) {
        let locks = policy.locks();
        if is_permanent(at) {
            // A set would delete even one that pwdLockout FALSE keeps from being enforced.
            let idle = matches!(locks, Ok(false));
            let why = if idle {
                "by an administrator, though its policy has pwdLockout FALSE"
            } else {
                "by an administrator"
            };
            self.state.locked = !idle;
            self.obstacles.push(Obstacle::PermanentlyLocked(why.to_owned()));
            return;
        }
        let until = locks.and_then(|locks| if locks { policy.lockout_seconds().map(Some) } else { Ok(None) });
        match until {
            Err(value) => {
                self.state.unread.locked = true;
                self.unread.push(value);
            }
            Ok(None) => {}
            Ok(Some(_)) if at > now => {} // it has not begun
            Ok(Some(None)) => self.lock_until(None),
            Ok(Some(Some(seconds))) => {
                let until = at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
                if until > now {
                    self.lock_until(Some(until));
                }
            }
        }
    }

    /// Evaluates a lock of some seconds after a failed attempt (pwdMinDelay).
    fn locked_for_a_while(&mut self, entry: &Entry, is_unread: bool, policy: &UserPolicy, now: Timestamp) {
        if !policy.delays() || policy.locks() == Ok(false) {
            return;
        }
        if is_unread {
            self.state.unread.locked = true;
            self.unread.push(unreadable("pwdAccountTmpLockoutEnd"));
        } else if let Some(end) = entry.time("pwdAccountTmpLockoutEnd").filter(|end| *end > now) {
            self.lock_until(Some(end));
        }
    }

    /// Evaluates the lock of a user who did not sign in for long (pwdMaxIdle). A set does not lift it.
    fn locked_for_idleness(&mut self, entry: &Entry, is_unread: bool, policy: &UserPolicy, now: Timestamp) {
        let idle = match (policy.locks(), policy.idle_seconds()) {
            (Ok(false), _) | (_, Ok(None)) | (Err(_), Err(_)) => return, // a policy that cannot be read is reported anyway
            (_, Err(value)) => {
                self.state.unread.locked = true;
                self.unread.push(value);
                return;
            }
            (_, Ok(Some(seconds))) => seconds,
        };
        let until = |last: Timestamp| last.checked_add(SignedDuration::from_secs(idle)).unwrap_or(Timestamp::MAX);
        if is_unread {
            self.state.unread.locked = true;
            self.unread.push(unreadable("pwdLastSuccess"));
        } else if entry.time("pwdLastSuccess").is_some_and(|last| until(last) < now) {
            self.state.locked = true;
            let why = "no sign-in for longer than pwdMaxIdle of its policy".to_owned();
            self.obstacles.push(Obstacle::PermanentlyLocked(why));
        }
    }

    fn lock_until(&mut self, until: Option<Timestamp>) {
        self.state.locked = true;
        self.lock = Some(Obstacle::Locked { until });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn of(attributes: &[(&str, &str)], policy: &[(&str, &str)], hidden: &[&'static str]) -> Validity {
        let lockout = [("pwdAttribute", "userPassword"), ("pwdLockout", "TRUE"), ("pwdLockoutDuration", "600")];
        let entry = Entry::of_texts("cn=default", &[&lockout[..], policy].concat());
        let policy = UserPolicy::seen(entry, hidden);
        let now = "2026-11-28T19:00:00Z".parse().unwrap();
        Validity::of(&Entry::of_texts("uid=a", attributes), hidden, &policy, now)
    }

    fn locked(time: &str) -> Validity {
        of(&[("pwdAccountLockedTime", time)], &[], &[])
    }

    #[test]
    fn a_permanent_lock_is_one_however_it_is_written() {
        for time in [
            "000001010000Z",
            "00000101000000Z",
            "000001010000.0Z",
            "0000010100Z",
            "00000101000000,000Z",
            "000001010200+0200",
            "19700101000000Z",
        ] {
            let found = locked(time);
            assert!(matches!(&found.obstacles[..], [Obstacle::PermanentlyLocked(_)]), "{time}: {found:?}");
            assert!(found.state.locked && !found.state.disabled, "{time}");
        }
        let idle = of(&[("pwdAccountLockedTime", "000001010000Z")], &[("pwdLockout", "FALSE")], &[]);
        assert!(matches!(&idle.obstacles[..], [Obstacle::PermanentlyLocked(_)]), "a set would delete it");
        assert!(!idle.state.locked);
    }

    #[test]
    fn a_lock_lasts_as_long_as_the_policy_says() {
        for (time, holds) in [
            ("20261128185500Z", true),
            ("202611281855Z", true),
            ("20261128205500+0200", true),
            ("20261128184959Z", false),
            ("20991231000000Z", false),
        ] {
            assert_eq!(locked(time).state.locked, holds, "{time}");
            assert_eq!(locked(time).lock.is_some(), holds, "{time}");
        }
        let old = [("pwdAccountLockedTime", "20200101000000Z")];
        assert!(of(&old, &[("pwdLockoutDuration", "0")], &[]).state.locked, "until somebody lifts it");
        assert!(!of(&old, &[("pwdLockout", "FALSE")], &[]).state.locked, "slapd passes over it");
    }

    #[test]
    fn what_is_hidden_or_no_time_is_not_known() {
        let unread = |found: Validity| {
            (found.state.unread, found.unread.into_iter().map(|value| value.value).collect::<Vec<_>>())
        };
        for found in [of(&[], &[], &["pwdAccountLockedTime"]), locked("20261331000000Z"), locked("")] {
            let (unread, values) = unread(found);
            assert!(unread.locked && values == ["pwdAccountLockedTime"]);
        }
        assert!(unread(of(&[], &[], &["pwdEndTime"])).0.user_expired);
        assert!(unread(of(&[("pwdEndTime", "soon")], &[], &[])).0.user_expired);
        assert!(unread(of(&[], &[], &["pwdStartTime"])).0.disabled);
        let lock = [("pwdAccountLockedTime", "20261128185500Z")];
        for of_the_policy in ["pwdLockout", "pwdLockoutDuration"] {
            assert!(of(&lock, &[], &[of_the_policy]).state.unread.locked, "{of_the_policy}");
            assert!(!of(&[], &[], &[of_the_policy]).state.unread.any(), "nothing depends on it");
        }
        assert!(!of(&[], &[], &["pwdLastSuccess", "pwdAccountTmpLockoutEnd"]).state.unread.any());
        assert!(of(&[], &[("pwdMaxIdle", "60")], &["pwdLastSuccess"]).state.unread.locked);
        assert!(of(&[], &[("pwdMinDelay", "1")], &["pwdAccountTmpLockoutEnd"]).state.unread.locked);
        assert!(of(&[], &[], &["pwdMaxIdle"]).state.unread.locked);
    }

    #[test]
    fn an_end_is_no_disabling_and_a_start_is_reported() {
        let ended = of(&[("pwdEndTime", "202611281900Z")], &[], &[]);
        assert!(ended.state.user_expired && !ended.state.disabled && !ended.state.locked);
        assert!(matches!(&ended.obstacles[..], [Obstacle::UserExpired(Some(_))]));
        let not_begun = of(&[("pwdStartTime", "2026112820Z")], &[("pwdLockout", "FALSE")], &[]);
        assert!(matches!(&not_begun.obstacles[..], [Obstacle::NotYetValid(Some(_))]));
        let within = [("pwdStartTime", "20261128185959Z"), ("pwdEndTime", "20261128190001Z")];
        assert!(of(&within, &[], &[]).obstacles.is_empty());
    }

    #[test]
    fn who_was_idle_for_too_long_is_locked_whatever_is_set() {
        let idle = |last: &str, policy: &[(&str, &str)]| of(&[("pwdLastSuccess", last)], policy, &[]);
        assert!(matches!(
            &idle("20261128185800Z", &[("pwdMaxIdle", "60")]).obstacles[..],
            [Obstacle::PermanentlyLocked(_)]
        ));
        assert!(idle("20261128185930Z", &[("pwdMaxIdle", "60")]).obstacles.is_empty());
        assert!(idle("20261128185800Z", &[("pwdMaxIdle", "60"), ("pwdLockout", "FALSE")]).obstacles.is_empty());
        assert!(idle("20261128185800Z", &[]).obstacles.is_empty());
        let delayed = [("pwdAccountTmpLockoutEnd", "20261128190010Z")];
        assert!(of(&delayed, &[("pwdMinDelay", "5")], &[]).state.locked);
        assert!(!of(&delayed, &[], &[]).state.locked);
    }
}
