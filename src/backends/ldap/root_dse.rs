//! What is asked right after the bind, at once: the server's own entry, and who the agent is to it.

use ldap3::{Ldap, LdapError};

use super::deadline::Deadline;
use super::entry::Entry;
use super::search::entry;

/// What differs between the servers in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct RootDseQuery {
    /// What is read of the server's own entry.
    pub(super) root: &'static [&'static str],
    /// Whether the server knows the question who the agent is (RFC 4532).
    pub(super) who_am_i: bool,
}

/// What the server says of itself and of the agent.
pub(super) struct RootDse {
    pub(super) root: Entry,
    /// Who the agent is; none where the server was not asked, or does not say.
    pub(super) own: Option<String>,
}

/// Asks; every entry has to fit the filter.
pub(super) async fn read_root_dse(
    mut ldap: Ldap,
    query: RootDseQuery,
    filter: &str,
    deadline: Deadline,
) -> Result<RootDse, LdapError> {
    let mut other = ldap.clone();
    let root = entry(&mut ldap, "", filter, query.root, deadline);
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
