//! The groups that a user is in, and the protected ones among them.
//!
//! The server finds and names them, so that names and values are compared as the server compares them.

use ldap3::{Scope, ldap_escape};

use super::nesting::{self, CONTENTS, GROUPS, HAS_MEMBERS, groups_base};
use super::readability::matches;
use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::dn;
use crate::backends::ldap::entry::Entry;
use crate::domain::{Obstacle, Result};

/// The most groups that one search finds. Of more than these only a part is known.
const MAX_GROUPS: usize = 1000;
/// How many values one filter compares.
const BATCH: usize = 50;

/// A group.
pub(super) struct Group {
    dn: String,
    /// Its first cn.
    pub(super) name: String,
}

/// The groups that a user is in.
#[derive(Default)]
pub(super) struct Groups {
    pub(super) found: Vec<Group>,
    /// Whether the server sent only a part of them.
    in_part: bool,
}

impl Groups {
    /// Returns the names; `None` if the server sent only a part of them.
    pub(super) fn names(self) -> Option<Vec<String>> {
        (!self.in_part).then(|| self.found.into_iter().map(|group| group.name).collect())
    }

    /// Adds a group. Returns whether it is a new one.
    fn add(&mut self, group: Entry) -> bool {
        if self.found.iter().any(|known| known.dn == group.dn) {
            return false;
        }
        self.found.push(Group { name: group.text("cn").unwrap_or_else(|| group.dn.clone()), dn: group.dn });
        true
    }
}

/// Reads the groups that name the user, the user's primary group (gidNumber), and the groups that those are in.
pub(super) async fn read(session: &LdapSession, entry: &Entry) -> Result<Groups> {
    let mut groups = Groups::default();
    let names = entry.texts("uid");
    let uids = names.iter().map(|uid| {
        // memberUid means a uid. But the schema compares memberUid with case, and uid without.
        let uid = ldap_escape(uid.as_str());
        format!("(memberUid={uid})(&(objectClass=posixGroup)(memberUid:caseIgnoreIA5Match:={uid}))")
    });
    let primary = entry.texts("gidNumber").into_iter();
    let primary =
        primary.map(|number| format!("(&(objectClass=posixGroup)(gidNumber={}))", ldap_escape(number.as_str())));
    let mut also: String = uids.chain(primary).collect();
    let mut members = vec![entry.dn.clone()];
    if !names.iter().all(|uid| uid.is_ascii()) {
        for group in groups_by_equivalent_uid(session, entry).await? {
            members.push(group.dn.clone());
            groups.add(group);
        }
    }
    while let Some(member) = members.pop() {
        let dn = ldap_escape(member.as_str());
        let filter = format!("(|(member={dn})(uniqueMember={dn}){})", std::mem::take(&mut also));
        let of = session.connection.search(groups_base(session), Scope::Subtree, &filter, &["cn"], MAX_GROUPS).await?;
        groups.in_part |= !of.complete;
        for group in of.entries {
            let dn = group.dn.clone();
            if groups.add(group) {
                members.push(dn);
            }
        }
    }
    Ok(groups)
}

/// Finds the Unix groups with a memberUid that the server takes for a uid of the user.
///
/// Letters beyond ASCII may match others in a uid (RFC 4518 section 2.3), which no filter on memberUid does.
async fn groups_by_equivalent_uid(session: &LdapSession, entry: &Entry) -> Result<Vec<Entry>> {
    let filter = "(&(objectClass=posixGroup)(memberUid=*))";
    let all = session
        .connection
        .search_cached(groups_base(session), Scope::Subtree, filter, &["cn", "memberUid"], MAX_GROUPS)
        .await?;
    let mut naming = Vec::new();
    for group in all.entries {
        for some in group.texts("memberUid").chunks(BATCH) {
            let uids: Vec<String> = some.iter().map(|uid| format!("(uid={})", ldap_escape(uid.as_str()))).collect();
            if matches(session, &entry.dn, &format!("(|{})", uids.concat())).await? {
                naming.push(group);
                break;
            }
        }
    }
    Ok(naming)
}

/// A protected group of the profile.
pub(super) struct Protected {
    /// Its name in the profile.
    name: String,
    /// The names of its entries as the server writes them, or why its members cannot be told.
    pub(super) entries: Result<Vec<String>, String>,
}

/// Reads the protected groups of the profile, perhaps from the cache.
pub(super) async fn protected(session: &LdapSession) -> Result<Vec<Protected>> {
    let base = groups_base(session);
    let mut protected = Vec::new();
    for name in &session.protected {
        let found = if name.contains('=') {
            let filter = format!("(|{GROUPS}{HAS_MEMBERS})");
            session.connection.search_cached(name, Scope::Base, &filter, &CONTENTS, 1).await?
        } else {
            let filter = format!("(&{GROUPS}(cn={}))", ldap_escape(name.as_str()));
            session.connection.search_cached(base, Scope::Subtree, &filter, &CONTENTS, MAX_GROUPS).await?
        };
        let entries: Vec<String> = found.entries.iter().map(|entry| entry.dn.clone()).collect();
        let entries = if entries.is_empty() {
            Err(format!("the group \"{name}\" is not there below {base}, or you may not look for its members"))
        } else if !entries.iter().all(|entry| dn::is_below(entry, base)) {
            Err(format!("the group \"{name}\" is not below {base}, where the profile has its groups"))
        } else if let Some(why) = nesting::unreadable_members(session, found.entries).await? {
            Err(format!("the group \"{name}\" cannot be seen into: {why}"))
        } else {
            Ok(entries)
        };
        protected.push(Protected { name: name.clone(), entries });
    }
    Ok(protected)
}

/// Returns the obstacle of a user in these groups: protected, or not known whether protected.
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
