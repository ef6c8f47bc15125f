//! The stamp of a set that was just made.

use super::SET;
use super::errors::unreadable_after_set;
use super::facts::stamp;
use super::guid::OBJECT_GUID;
use crate::backends::ldap::backend::gone_after_set;
use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::entry::Entry;
use crate::domain::{Changed, Error, Intent, Issued, Reset, Result, Stamp, UserId};

/// Describes a set by the version that follows the one before, since the server's answer has no stamp.
///
/// The time comes with the read-back. If no version was read before, the stamp is read now.
pub(super) async fn describe(session: &LdapSession, intent: &Intent<Reset>, dn: &str) -> Result<Issued> {
    let (stamp, read) = match intent.stamp_before().and_then(|stamp| stamp.version) {
        Some(before) => (Some(Stamp { at: None, version: Some(before + 1) }), None),
        None => read_now(session, dn).await.map(|(stamp, entry)| (stamp, OBJECT_GUID.of(&entry)))?,
    };
    let immutable_id = intent.immutable_id().map(str::to_owned).or(read);
    let at = stamp.as_ref().and_then(|stamp| stamp.at).unwrap_or_else(|| session.clock.now());
    Ok(Issued { user: UserId::new(dn), immutable_id, stamp, at, expires_at: None })
}

/// Reads the stamp directly after a set.
pub(super) async fn stamp_now(session: &LdapSession, dn: &str) -> Result<Option<Stamp>> {
    Ok(read_now(session, dn).await?.0)
}

/// Reads the stamp, with the entry that shows it.
async fn read_now(session: &LdapSession, dn: &str) -> Result<(Option<Stamp>, Entry)> {
    let read =
        session.connection.read_after_a_change(dn, &SET).await.and_then(|entry| entry.ok_or_else(gone_after_set));
    let stamp_of = |entry: &Entry| stamp(entry).map_err(|hidden| unreadable_after_set(&hidden));
    let read = read.and_then(|entry| Ok((stamp_of(&entry)?, entry)));
    read.map_err(|error| Error { changed: Changed::Yes, ..error })
}
