//! The stamp of a set that was just made.

use super::SET;
use super::errors::unreadable_after_set;
use super::facts::stamp;
use crate::backends::ldap::backend::gone_after_set;
use crate::backends::ldap::dialect::LdapSession;
use crate::domain::{Changed, Error, Issued, Result, Stamp, UserId};

/// Describes a set by the version that follows the one before, since the server's answer has no stamp.
///
/// The time comes with the read-back. If no version was read before, the stamp is read now.
pub(super) async fn describe(session: &LdapSession, dn: &str, before: Option<&Stamp>) -> Result<Issued> {
    let stamp = match before.and_then(|stamp| stamp.version) {
        Some(before) => Some(Stamp { at: None, version: Some(before + 1) }),
        None => stamp_now(session, dn).await?,
    };
    let at = stamp.as_ref().and_then(|stamp| stamp.at).unwrap_or_else(|| session.clock.now());
    Ok(Issued { user: UserId::new(dn), stamp, at, expires_at: None })
}

/// Reads the stamp directly after a set.
pub(super) async fn stamp_now(session: &LdapSession, dn: &str) -> Result<Option<Stamp>> {
    let read =
        session.connection.read_after_a_change(dn, &SET).await.and_then(|entry| entry.ok_or_else(gone_after_set));
    let read = read.and_then(|entry| stamp(&entry).map_err(|hidden| unreadable_after_set(&hidden)));
    read.map_err(|error| Error { changed: Changed::Yes, ..error })
}
