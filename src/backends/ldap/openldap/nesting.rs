//! Checks whether the agent can read the members of a protected group and of all groups in it.
//!
//! Otherwise a member would not be known as one.

use std::collections::{HashSet, VecDeque};

use ldap3::{Scope, ldap_escape};

use super::readability::{Freshness, hidden};
use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::dn;
use crate::backends::ldap::entry::Entry;
use crate::domain::Result;

/// The filter for groups whose members the agent may search.
///
/// groupOfNames and groupOfUniqueNames always have a member (RFC 4519 sections 3.5 and 3.6), posixGroup and groupOfMembers
/// perhaps none (RFC 2307 section 4, rfc2307bis).
pub(super) const GROUPS: &str = "(|(&(objectClass=groupOfNames)(member=*))\
    (&(objectClass=groupOfUniqueNames)(uniqueMember=*))\
    (&(objectClass=posixGroup)(gidNumber=*)(|(memberUid=*)(!(memberUid=*))))\
    (&(objectClass=groupOfMembers)(|(member=*)(!(member=*)))))";
/// The filter for entries of any class that have members.
pub(super) const HAS_MEMBERS: &str = "(member=*)(uniqueMember=*)";
/// The attributes that are read of a group.
pub(super) const CONTENTS: [&str; 6] = ["cn", "objectClass", "member", "uniqueMember", "memberUid", "gidNumber"];
/// How many entries one search asks for.
const BATCH: usize = 50;

/// How a group was found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    /// By its name, with the filter [`GROUPS`].
    ByName,
    /// As a member of another group.
    Nested,
}

/// Returns why the members of these groups, or of groups in them, cannot be read. Returns `None` if all can.
pub(super) async fn unreadable_members(session: &LdapSession, groups: Vec<Entry>) -> Result<Option<String>> {
    let mut homes = Homes::of(session);
    let mut known: HashSet<String> = groups.iter().map(|group| group.dn.clone()).collect();
    let mut to_look_into: VecDeque<(Entry, Found)> = groups.into_iter().map(|group| (group, Found::ByName)).collect();
    while let Some((group, how)) = to_look_into.pop_front() {
        if let Some(why) = unreadable_members_of(session, &group, how).await? {
            return Ok(Some(why));
        }
        homes.note(&group);
        let members: Vec<String> = members(&group).into_iter().filter(|name| known.insert(name.clone())).collect();
        for some in members.chunks(BATCH) {
            let found = entries(session, some, &group.dn).await?;
            if !found.iter().any(|entry| entry.dn == group.dn) {
                return Ok(Some(format!("you may not look up its members (entryDN of {})", group.dn)));
            }
            let is_seen = |name: &str| found.iter().any(|entry| dn::same(&entry.dn, name));
            // A member that is not seen and is kept elsewhere is a person who is gone, or whom the agent need not see.
            if let Some(lost) = some.iter().find(|name| !is_seen(name) && homes.have(name)) {
                return Ok(Some(format!("{lost}, which is in it, is not there, or you may not see it")));
            }
            let nested = found.into_iter().filter(|entry| entry.dn != group.dn && is_group(entry));
            to_look_into.extend(nested.map(|group| (group, Found::Nested)));
        }
    }
    Ok(None)
}

/// The entries below which groups are kept.
struct Homes {
    below: Vec<String>,
    /// The top of the directory. A group may be right below it, but not everything below it may be a group.
    top: String,
}

impl Homes {
    fn of(session: &LdapSession) -> Self {
        Self { below: session.settings.groups.iter().cloned().collect(), top: session.domain().to_owned() }
    }

    fn note(&mut self, group: &Entry) {
        self.below.push(dn::split(&group.dn).1.to_owned());
    }

    /// Whether an entry of this name could be a group.
    fn have(&self, name: &str) -> bool {
        let (parent, is_top) = (dn::split(name).1, |home: &str| dn::same(home, &self.top));
        self.below.iter().any(|home| if is_top(home) { dn::same(parent, home) } else { dn::is_below(name, home) })
    }
}

/// Returns the names of a group's members. A uniqueMember may have a number behind the name (RFC 4517 section 3.3.21).
fn members(group: &Entry) -> Vec<String> {
    let bare = |name: String| match name.rsplit_once('#') {
        Some((name, number)) if number.starts_with('\'') && number.ends_with("'B") => name.to_owned(),
        _ => name,
    };
    [group.texts("member"), group.texts("uniqueMember")].concat().into_iter().map(bare).collect()
}

/// Reads the entries of these names, and one that the agent surely sees, as a control.
async fn entries(session: &LdapSession, names: &[String], seen: &str) -> Result<Vec<Entry>> {
    let names = names.iter().map(String::as_str).chain([seen]);
    let names: Vec<String> = names.map(|name| format!("(entryDN={})", ldap_escape(name))).collect();
    let filter = format!("(|{})", names.concat());
    let found =
        session.connection.search_cached(groups_base(session), Scope::Subtree, &filter, &CONTENTS, BATCH + 1).await?;
    Ok(found.entries)
}

fn is_group(entry: &Entry) -> bool {
    let classes = ["groupOfNames", "groupOfUniqueNames", "groupOfMembers", "posixGroup"];
    entry.has("member") || entry.has("uniqueMember") || classes.iter().any(|class| is_a(entry, class))
}

fn is_a(entry: &Entry, class: &str) -> bool {
    entry.texts("objectClass").iter().any(|has| has.eq_ignore_ascii_case(class))
}

/// Returns why the members of one group cannot be read.
async fn unreadable_members_of(session: &LdapSession, group: &Entry, how: Found) -> Result<Option<String>> {
    let mut asked = Vec::new();
    if is_a(group, "groupOfNames") || is_a(group, "groupOfMembers") {
        asked.push("member");
    }
    if is_a(group, "groupOfUniqueNames") {
        asked.push("uniqueMember");
    }
    if is_a(group, "posixGroup") {
        asked.extend(["memberUid", "gidNumber"]);
    }
    if asked.is_empty() && !group.has("member") && !group.has("uniqueMember") {
        return Ok(Some(format!("you may not read what {} is (objectClass)", group.dn)));
    }
    let hidden = hidden(session, group, &asked, Freshness::Cached).await?;
    if let Some(attribute) = hidden.first() {
        return Ok(Some(format!("you may not read {attribute} of {}", group.dn)));
    }
    if how == Found::ByName && asked.len() == 1 {
        return Ok(None); // it was found by that very attribute
    }
    // An attribute that is sent but may not be searched finds nobody's groups.
    let sent: Vec<String> = asked.iter().filter(|name| group.has(name)).map(|name| format!("({name}=*)")).collect();
    let filter = format!("(&{})", sent.concat());
    let found = session.connection.search_cached(&group.dn, Scope::Base, &filter, &["1.1"], 1).await?;
    let is_searched = sent.is_empty() || !found.entries.is_empty();
    Ok((!is_searched).then(|| format!("you may not search the members of {}", group.dn)))
}

/// Returns the entry below which groups are.
pub(super) fn groups_base(session: &LdapSession) -> &str {
    session.settings.groups.as_deref().unwrap_or_else(|| session.domain())
}
