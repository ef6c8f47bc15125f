//! The agent's own user: by what the server says of them (RFC 4532), and by the name that they signed in with.

use ldap3::Scope;

use super::readability;
use crate::backends::ldap::dialect::LdapAgent;
use crate::backends::ldap::dn;
use crate::backends::ldap::entry::Entry;
use crate::domain::{Obstacle, Result, Unreadable};

/// The name in the answer to "Who am I?" (RFC 4513 section 5.2.1.8). Returns `None` for any other identity.
pub(super) fn told(answer: &str) -> Option<String> {
    let is_name = answer.get(..3).is_some_and(|form| form.eq_ignore_ascii_case("dn:"));
    answer.get(3..).filter(|name| is_name && !name.trim().is_empty()).map(str::to_owned)
}

/// The obstacle where an entry is the agent's own user, or where nobody can tell.
pub(super) async fn obstacle(agent: &LdapAgent, entry: &Entry) -> Result<Option<Obstacle>> {
    let Some(names) = names(agent).await? else { return Ok(Some(Obstacle::Unreadable(not_known()))) };
    Ok(names.iter().any(|name| dn::same(name, &entry.dn)).then_some(Obstacle::OwnUser))
}

/// The agent's own names. Returns `None` where the server does not tell, and the agent signed in with no name of an entry.
pub(super) async fn names(agent: &LdapAgent) -> Result<Option<Vec<String>>> {
    let bound = agent.connection.bind_name();
    let told = agent.server_facts.dn.clone();
    if told.as_deref().is_some_and(|told| dn::same(told, bound)) {
        return Ok(told.map(|told| vec![told]));
    }
    // A server that maps names knows the agent by two of them: neither is reset.
    let entry = if dn::problem(bound).is_none() { Some(as_the_server_writes(agent, bound).await?) } else { None };
    let names: Vec<String> = told.into_iter().chain(entry).collect();
    Ok(Some(names).filter(|names| !names.is_empty()))
}

/// The name of this entry as the server writes it: `userid=` is `uid=` to it. An entry that the agent does not see is no
/// customer that they could reset, and any way to write its name will do.
async fn as_the_server_writes(agent: &LdapAgent, name: &str) -> Result<String> {
    let found = agent.connection.search_cached(name, Scope::Base, "(objectClass=*)", &["1.1"], 1).await?;
    Ok(found.entries.into_iter().next().map_or_else(|| name.to_owned(), |entry| entry.dn))
}

/// What cannot be told then.
pub(super) fn not_known() -> Unreadable {
    let right = readability::right_to_read("their own entry, or \"Who am I?\" (RFC 4532)");
    Unreadable::new("your own name in the directory", "whether the customer is you", right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_and_nobody_is_not() {
        assert_eq!(told("dn:uid=a,o=b").as_deref(), Some("uid=a,o=b"));
        assert_eq!(told("DN:uid=a").as_deref(), Some("uid=a"));
        for other in ["", "dn:", "dn: ", "u:a", "d\u{fc}:uid=a"] {
            assert_eq!(told(other), None, "{other}");
        }
    }
}
