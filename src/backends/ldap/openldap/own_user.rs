//! The agent's own user, by "Who am I?" (RFC 4532) and by the name that they signed in with.

use ldap3::Scope;

use super::readability;
use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::dn;
use crate::backends::ldap::entry::Entry;
use crate::domain::{Obstacle, Result, Unreadable};

/// Reads the name in the answer to "Who am I?" (RFC 4513 section 5.2.1.8). Returns `None` for any other identity.
pub(super) fn parse_authz_id(answer: &str) -> Option<String> {
    let is_name = answer.get(..3).is_some_and(|form| form.eq_ignore_ascii_case("dn:"));
    answer.get(3..).filter(|name| is_name && !name.trim().is_empty()).map(str::to_owned)
}

/// Returns the obstacle of an entry that is the agent's own user, or that may be.
pub(super) async fn obstacle(session: &LdapSession, entry: &Entry) -> Result<Option<Obstacle>> {
    let Some(names) = names(session).await? else { return Ok(Some(Obstacle::Unreadable(unknown_identity()))) };
    Ok(names.iter().any(|name| dn::same(name, &entry.dn)).then_some(Obstacle::OwnUser))
}

/// Returns the agent's own names (DN). Returns `None` if neither the server nor the sign-in gave one.
pub(super) async fn names(session: &LdapSession) -> Result<Option<Vec<String>>> {
    let bound = session.connection.bind_name();
    let authz = session.server_facts.dn.clone();
    if authz.as_deref().is_some_and(|authz| dn::same(authz, bound)) {
        return Ok(authz.map(|name| vec![name]));
    }
    // A server that maps names knows the agent by two of them, and neither may be reset.
    let entry = if dn::problem(bound).is_none() { Some(as_the_server_writes(session, bound).await?) } else { None };
    let names: Vec<String> = authz.into_iter().chain(entry).collect();
    Ok(Some(names).filter(|names| !names.is_empty()))
}

/// Returns a name as the server writes it, to which `userid=` is `uid=`.
///
/// An entry that the agent does not see is no customer that they could reset, so any spelling will do.
async fn as_the_server_writes(session: &LdapSession, name: &str) -> Result<String> {
    let found = session.connection.search_cached(name, Scope::Base, "(objectClass=*)", &["1.1"], 1).await?;
    Ok(found.entries.into_iter().next().map_or_else(|| name.to_owned(), |entry| entry.dn))
}

/// Describes the agent's own name as a value that cannot be read.
pub(super) fn unknown_identity() -> Unreadable {
    let right = readability::right_to_read("their own entry, or \"Who am I?\" (RFC 4532)");
    Unreadable::new("your own name in the directory", "whether the customer is you", right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_reported_and_nobody_is_not() {
        assert_eq!(parse_authz_id("dn:uid=a,o=b").as_deref(), Some("uid=a,o=b"));
        assert_eq!(parse_authz_id("DN:uid=a").as_deref(), Some("uid=a"));
        for other in ["", "dn:", "dn: ", "u:a", "d\u{fc}:uid=a"] {
            assert_eq!(parse_authz_id(other), None, "{other}");
        }
    }
}
