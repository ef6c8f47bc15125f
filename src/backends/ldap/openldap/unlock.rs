//! Lifts a lock without a new password, by removing what slapd keeps of it.

use jiff::Timestamp;

use super::errors::modify_error;
use super::validity::is_permanent;
use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::entry::Entry;
use crate::backends::ldap::result_code::{NO_RIGHT, NO_SUCH_ATTRIBUTE};
use crate::domain::{Error, Reason, Result, UserId};

/// The lock after failed attempts. slapd forgets the attempts with it (seen on 2.5).
const LOCK: &str = "pwdAccountLockedTime";
/// The end of the pause of pwdMinDelay. Nobody may write it (NO-USER-MODIFICATION in the schema of 2.5).
const PAUSE_END: &str = "pwdAccountTmpLockoutEnd";

/// Lifts the user's lock after failed attempts.
///
/// It removes the very value that was read, so that it cannot lift a lock that an administrator sets meanwhile.
pub(super) async fn lift_lock(session: &LdapSession, user: &UserId) -> Result<()> {
    let entry = session.entry(user, &[LOCK, PAUSE_END]).await?;
    check_can_be_lifted(&entry, session.clock.now())?;
    let Some(value) = entry.values(LOCK).first() else { return Ok(()) };
    let result = session.connection.remove(user.as_str(), LOCK, value).await?;
    match result.rc {
        0 | NO_SUCH_ATTRIBUTE => Ok(()), // somebody else removed it, or put another in its place: the read-back tells
        NO_RIGHT => Err(modify_error(session, &result).hint(
            "Have the agents granted write on pwdAccountLockedTime (docs/backends/openldap.md). A temporary password lifts the lock-out as well: `tellonce reset CUSTOMER`.",
        )),
        _ => Err(modify_error(session, &result)),
    }
}

/// Refuses what no agent may lift, or nobody can.
fn check_can_be_lifted(entry: &Entry, now: Timestamp) -> Result<()> {
    if entry.time(LOCK).is_some_and(is_permanent) {
        return Err(Error::refused(Reason::PermanentlyLocked, "An administrator locked this user just now.")
            .hint("Have an administrator lift the lock first, if that is right."));
    }
    if entry.time(PAUSE_END).is_some_and(|end| end > now) {
        let message = "slapd makes this user wait after each failed attempt (pwdMinDelay), and lets nobody end that.";
        return Err(Error::refused(Reason::RefusedByBackend, message)
            .hint("It ends by itself after some seconds. Then try again, if they are still locked out."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn an_administrators_lock_and_a_pause_are_not_lifted() {
        let refused = |attributes: &[(&str, &str)]| {
            let entry = Entry::of_texts("uid=a", attributes);
            let checked = check_can_be_lifted(&entry, "2026-11-28T19:00:00Z".parse().unwrap());
            checked.err().map(|error| error.reason)
        };
        let lock = (LOCK, "20261128185500Z");
        assert_eq!(refused(&[lock]), None);
        assert_eq!(refused(&[(LOCK, "000001010000Z")]), Some(Reason::PermanentlyLocked));
        assert_eq!(refused(&[lock, (PAUSE_END, "20261128190010Z")]), Some(Reason::RefusedByBackend));
        assert_eq!(refused(&[lock, (PAUSE_END, "20261128185959Z")]), None, "it is over");
    }
}
