//! The groups that a user is in, and the protected ones among them. The server finds them and names them: what it takes
//! for the same, in names and values, is the same here.

use ldap3::{Scope, ldap_escape};

use super::nesting::{self, CONTENTS, GROUPS, HAS_MEMBERS, groups_base};
use super::readability::fits;
use crate::backends::ldap::dialect::LdapAgent;
use crate::backends::ldap::dn;
use crate::backends::ldap::entry::Entry;
use crate::domain::{Obstacle, Result};

/// A user who is in more groups than this is told to be in some only.
const MAX_GROUPS: usize = 1000;
/// So many values of one filter are compared at once.
const BATCH: usize = 50;

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

impl Groups {
    /// Takes in a group; whether it is a new one.
    fn note(&mut self, group: Entry) -> bool {
        if self.found.iter().any(|known| known.dn == group.dn) {
            return false;
        }
        self.found.push(Group { name: group.text("cn").unwrap_or_else(|| group.dn.clone()), dn: group.dn });
        true
    }
}

/// The groups that name the user, the user's primary group (gidNumber), and the groups that those are in.
pub(super) async fn of(agent: &LdapAgent, entry: &Entry) -> Result<Groups> {
    let mut groups = Groups::default();
    let names = entry.texts("uid");
    let uids = names.iter().map(|uid| {
        // The schema compares memberUid by the letter's case and uid without it; and it is a uid that is meant.
        let uid = ldap_escape(uid.as_str());
        format!("(memberUid={uid})(&(objectClass=posixGroup)(memberUid:caseIgnoreIA5Match:={uid}))")
    });
    let primary = entry.texts("gidNumber").into_iter();
    let primary =
        primary.map(|number| format!("(&(objectClass=posixGroup)(gidNumber={}))", ldap_escape(number.as_str())));
    let mut also: String = uids.chain(primary).collect();
    let mut members = vec![entry.dn.clone()];
    if !names.iter().all(|uid| uid.is_ascii()) {
        for group in groups_by_equivalent_uid(agent, entry).await? {
            members.push(group.dn.clone());
            groups.note(group);
        }
    }
    while let Some(member) = members.pop() {
        let dn = ldap_escape(member.as_str());
        let filter = format!("(|(member={dn})(uniqueMember={dn}){})", std::mem::take(&mut also));
        let of = agent.connection.search(groups_base(agent), Scope::Subtree, &filter, &["cn"], MAX_GROUPS).await?;
        groups.in_part |= !of.complete;
        for group in of.entries {
            let dn = group.dn.clone();
            if groups.note(group) {
                members.push(dn);
            }
        }
    }
    Ok(groups)
}

/// The groups of Unix with a memberUid that the server takes for a uid of the user: letters beyond ASCII may stand for
/// others there (RFC 4518 section 2.3), which no filter on memberUid knows.
async fn groups_by_equivalent_uid(agent: &LdapAgent, entry: &Entry) -> Result<Vec<Entry>> {
    let filter = "(&(objectClass=posixGroup)(memberUid=*))";
    let all = agent
        .connection
        .search_cached(groups_base(agent), Scope::Subtree, filter, &["cn", "memberUid"], MAX_GROUPS)
        .await?;
    let mut naming = Vec::new();
    for group in all.entries {
        for some in group.texts("memberUid").chunks(BATCH) {
            let uids: Vec<String> = some.iter().map(|uid| format!("(uid={})", ldap_escape(uid.as_str()))).collect();
            if fits(agent, &entry.dn, &format!("(|{})", uids.concat())).await? {
                naming.push(group);
                break;
            }
        }
    }
    Ok(naming)
}

/// A group whose members support does not reset.
pub(super) struct Protected {
    /// As the profile names it.
    name: String,
    /// The entries that it names, by the server's own names; or why nobody can tell who is in it.
    pub(super) entries: Result<Vec<String>, String>,
}

/// The protected groups, as they are now or were a moment ago.
pub(super) async fn protected(agent: &LdapAgent) -> Result<Vec<Protected>> {
    let place = groups_base(agent);
    let mut protected = Vec::new();
    for name in &agent.protected {
        let found = if name.contains('=') {
            let filter = format!("(|{GROUPS}{HAS_MEMBERS})");
            agent.connection.search_cached(name, Scope::Base, &filter, &CONTENTS, 1).await?
        } else {
            let filter = format!("(&{GROUPS}(cn={}))", ldap_escape(name.as_str()));
            agent.connection.search_cached(place, Scope::Subtree, &filter, &CONTENTS, MAX_GROUPS).await?
        };
        let entries: Vec<String> = found.entries.iter().map(|entry| entry.dn.clone()).collect();
        let entries = if entries.is_empty() {
            Err(format!("the group \"{name}\" is not there below {place}, or you may not look for its members"))
        } else if !entries.iter().all(|entry| dn::is_below(entry, place)) {
            Err(format!("the group \"{name}\" is not below {place}, where the profile has its groups"))
        } else if let Some(why) = nesting::unseen(agent, found.entries).await? {
            Err(format!("the group \"{name}\" cannot be seen into: {why}"))
        } else {
            Ok(entries)
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
