//! Lifts a lock without a new password, by removing what slapd keeps of it.

use super::errors::modify_error;
use super::validity::is_permanent;
use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::entry::Entry;
use crate::backends::ldap::result_code::{NO_RIGHT, NO_SUCH_ATTRIBUTE};
use crate::domain::{Error, Reason, Result, UserId};

/// What slapd keeps of a lock after failed attempts: the lock itself, and that of pwdMinDelay.
const LOCKS: [&str; 2] = ["pwdAccountLockedTime", "pwdAccountTmpLockoutEnd"];

/// Lifts the user's lock after failed attempts.
///
/// It removes the very values that were read, so that it cannot lift a lock that an administrator sets meanwhile.
pub(super) async fn lift_lock(session: &LdapSession, user: &UserId) -> Result<()> {
    let entry = session.entry(user, &LOCKS).await?;
    if entry.time("pwdAccountLockedTime").is_some_and(is_permanent) {
        return Err(Error::refused(Reason::PermanentlyLocked, "An administrator locked this user just now.")
            .hint("Have an administrator lift the lock first, if that is right."));
    }
    let values = values_to_remove(&entry);
    if values.is_empty() {
        return Ok(());
    }
    let result = session.connection.remove(user.as_str(), &values).await?;
    match result.rc {
        0 | NO_SUCH_ATTRIBUTE => Ok(()), // somebody else removed it, or replaced it: the read-back tells
        NO_RIGHT => Err(modify_error(session, &result).hint(
            "Have the agents granted write on pwdAccountLockedTime (docs/backends/openldap.md); or issue a temporary password, which lifts the lock-out as well: `tellonce reset CUSTOMER`.",
        )),
        _ => Err(modify_error(session, &result)),
    }
}

/// Returns each value of the lock, as the server has it.
fn values_to_remove(entry: &Entry) -> Vec<(&'static str, Vec<u8>)> {
    let of = |name: &'static str| entry.values(name).iter().map(move |value| (name, value.clone()));
    LOCKS.into_iter().flat_map(of).collect()
}
