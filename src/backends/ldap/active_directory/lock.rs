//! Lifts the lock that failed attempts led to.

use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::errors;
use crate::domain::{Result, UserId};

/// Lifts the user's lock: a lockoutTime of 0 means that there is none.
pub(super) async fn lift_lock(session: &LdapSession, user: &UserId) -> Result<()> {
    let changes = [("lockoutTime", b"0".as_slice())];
    let result = session.connection.replace(user.as_str(), &changes, Vec::new()).await?;
    if result.rc == 0 { Ok(()) } else { Err(errors::from_result(&session.connection.server(), &result)) }
}
