//! Reads, right after the bind, the root DSE and who the agent is to the server.

use ldap3::{Ldap, LdapError};

use super::deadline::Deadline;
use super::entry::Entry;
use super::search::read_entry;

/// What to read, which differs between servers.
#[derive(Clone, Copy, Debug)]
pub(super) struct RootDseQuery {
    /// The attributes of the root DSE (RFC 4512 section 5.1).
    pub(super) root: &'static [&'static str],
    /// Whether the server supports "Who am I?" (RFC 4532).
    pub(super) who_am_i: bool,
}

/// The root DSE, and who the agent is.
pub(super) struct RootDse {
    pub(super) root: Entry,
    /// The answer to "Who am I?", if the server was asked and gave one.
    pub(super) own: Option<String>,
}

/// Reads both at once. The filter must be one that every entry matches.
pub(super) async fn read_root_dse(
    mut ldap: Ldap,
    query: RootDseQuery,
    filter: &str,
    deadline: Deadline,
) -> Result<RootDse, LdapError> {
    let mut other = ldap.clone();
    let root = read_entry(&mut ldap, "", filter, query.root, deadline);
    let own = async {
        if !query.who_am_i {
            return Ok(None);
        }
        other.with_timeout(deadline.remaining()).extended(ldap3::exop::WhoAmI).await.map(Some)
    };
    let both = async { tokio::try_join!(root, own) };
    let (root, own) = tokio::time::timeout_at(deadline.instant(), both).await??;
    let own = own.filter(|answer| answer.1.rc == 0).and_then(|answer| answer.0.val);
    Ok(RootDse { root: root.unwrap_or_default(), own: own.and_then(|name| String::from_utf8(name).ok()) })
}
