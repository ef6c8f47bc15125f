//! The groups that a user is in, and the protected ones among them. The server finds them and names them: what it takes
//! for the same, in names and values, is the same here.

use ldap3::{Scope, ldap_escape};

use crate::backends::ldap::agent::LdapAgent;
use crate::backends::ldap::dn;
use crate::backends::ldap::entry::Entry;
use crate::domain::{Answer, Obstacle};

/// Groups whose members the agent may look for: groupOfNames and groupOfUniqueNames always have one (RFC 4519 sections
/// 3.5 and 3.6), posixGroup and groupOfMembers perhaps none (RFC 2307 section 4, rfc2307bis).
const GROUPS: &str = "(|(&(objectClass=groupOfNames)(member=*))(&(objectClass=groupOfUniqueNames)(uniqueMember=*))\
    (objectClass=posixGroup)(objectClass=groupOfMembers))";
/// The same, and entries of other classes that have members.
const HAS_MEMBERS: &str = "(member=*)(uniqueMember=*)";
/// A user who is in more groups than this is told to be in some only.
const MOST: usize = 1000;

/// A group.
pub(super) struct Group {
    dn: String,
    /// The first of its names (cn).
    pub(super) name: String,
}

/// The groups of a user.
#[derive(Default)]
pub(super) struct Groups {
    pub(super) found: Vec<Group>,
    /// The server sent no more than a part.
    in_part: bool,
}

/// Below it are the groups.
fn place(agent: &LdapAgent) -> &str {
    agent.settings.groups.as_deref().unwrap_or_else(|| agent.domain())
}

/// The groups that name the user, the user's primary group (gidNumber), and the groups that those are in.
pub(super) async fn of(agent: &LdapAgent, entry: &Entry) -> Answer<Groups> {
    let mut groups = Groups::default();
    let uids = entry.texts("uid").into_iter().map(|uid| format!("(memberUid={})", ldap_escape(uid.as_str())));
    let primary = entry.number("gidNumber").map(|number| format!("(&(objectClass=posixGroup)(gidNumber={number}))"));
    let mut also: String = uids.chain(primary).collect();
    let mut members = vec![entry.dn.clone()];
    while let Some(member) = members.pop() {
        let dn = ldap_escape(member.as_str());
        let filter = format!("(|(member={dn})(uniqueMember={dn}){})", std::mem::take(&mut also));
        let of = agent.connection.search(place(agent), Scope::Subtree, &filter, &["cn"], MOST).await?;
        groups.in_part |= !of.complete;
        for group in of.entries {
            if !groups.found.iter().any(|known| known.dn == group.dn) {
                members.push(group.dn.clone());
                groups.found.push(Group { name: group.text("cn").unwrap_or_else(|| group.dn.clone()), dn: group.dn });
            }
        }
    }
    Ok(groups)
}

/// A group whose members support does not reset.
pub(super) struct Protected {
    /// As the profile names it.
    name: String,
    /// The entries that it names, by the server's own names; or why nobody can tell who is in it.
    pub(super) entries: Result<Vec<String>, String>,
}

/// The protected groups, as they are now or were a moment ago.
pub(super) async fn protected(agent: &LdapAgent) -> Answer<Vec<Protected>> {
    let place = place(agent);
    let mut protected = Vec::new();
    for name in &agent.protected {
        let found = if name.contains('=') {
            let filter = format!("(|{GROUPS}{HAS_MEMBERS})");
            agent.connection.search_lately(name, Scope::Base, &filter, &["cn"], 1).await?
        } else {
            let filter = format!("(&{GROUPS}(cn={}))", ldap_escape(name.as_str()));
            agent.connection.search_lately(place, Scope::Subtree, &filter, &["cn"], MOST).await?
        };
        let entries: Vec<String> = found.entries.into_iter().map(|entry| entry.dn).collect();
        let entries = if entries.is_empty() {
            Err(format!("the group \"{name}\" is not there below {place}, or you may not look for its members"))
        } else if entries.iter().all(|entry| dn::is_below(entry, place)) {
            Ok(entries)
        } else {
            Err(format!("the group \"{name}\" is not below {place}, where the profile has its groups"))
        };
        protected.push(Protected { name: name.clone(), entries });
    }
    Ok(protected)
}

/// Why the user of these groups may not be reset, or nobody can tell.
pub(super) fn obstacle(protected: &[Protected], groups: &Groups) -> Option<Obstacle> {
    let is = |entry: &String| groups.found.iter().any(|group| group.dn == *entry);
    let by = protected.iter().find(|group| group.entries.iter().flatten().any(is));
    if let Some(group) = by {
        return Some(Obstacle::Protected(group.name.clone()));
    }
    let unseen = protected.iter().find_map(|group| group.entries.as_ref().err().cloned());
    let in_part = groups.in_part && !protected.is_empty();
    let in_part = in_part.then(|| "the server sends a part of the user's groups only (its size limit)".to_owned());
    unseen.or(in_part).map(Obstacle::ProtectionUnreadable)
}
