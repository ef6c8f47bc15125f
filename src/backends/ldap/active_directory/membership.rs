//! Whether a user is in a protected group of the profile, by any chain of groups.
//!
//! tokenGroups has no distribution groups, nor the groups that those are in ([MS-ADTS] section 3.1.1.4.5.19). memberOf has
//! no primary group. So each group is followed up, since a hidden one may lead to a protected one. A filter by chain does
//! not help: Samba 4.17 stops at a hidden group there, too.

use std::collections::HashSet;

use ldap3::{Scope, ldap_escape};

use super::attributes::{Fact, MEMBER_OF};
use super::facts::Facts;
use super::values::{are_of_one_domain, is_built_in, sid_to_string};
use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::dn::{first_rdn_value, is_below, same};
use crate::backends::ldap::entry::Entry;
use crate::backends::ldap::settings::suffix;
use crate::domain::{Obstacle, Result, Unreadable};

/// The matching rule for membership by any number of steps ([MS-ADTS] section 3.1.1.3.4.4.3).
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";
/// How many groups one search asks for.
const BATCH: usize = 100;
/// The most groups that are followed up. A user in more of them is refused.
const MAX_GROUPS: usize = 5_000;
/// The attributes that are read of a group.
const GROUP: [&str; 3] = ["objectSid", "memberOf", crate::backends::ldap::ber::DESCRIPTOR];

/// Returns the obstacle of a user in a protected group of the profile, or of one for whom that cannot be read.
pub(super) async fn protection(
    session: &LdapSession,
    user: &Entry,
    facts: &Facts,
    sids: &[Vec<u8>],
) -> Result<Option<Obstacle>> {
    let mut protected = Vec::new();
    for name in &session.protected {
        match groups_named(session, name).await? {
            Ok(groups) => protected.extend(groups.into_iter().map(|group| (name, group))),
            Err(unseen) => return Ok(Some(Obstacle::ProtectionUnreadable(unseen))),
        }
    }
    if protected.is_empty() {
        return Ok(None);
    }
    let token = facts.token.as_deref().unwrap_or_default();
    let in_token = |(_, group): &&(&String, Entry)| group.values("objectSid").iter().any(|sid| token.contains(sid));
    if let Some((name, _)) = protected.iter().find(in_token) {
        return Ok(Some(Obstacle::Protected((*name).clone())));
    }
    let chain = Chain::follow(session, facts, sids).await?;
    let met = |(_, group): &&(&String, Entry)| chain.groups.iter().any(|name| same(name, &group.dn));
    if let Some((_, group)) = protected.iter().find(met) {
        return Ok(Some(Obstacle::Protected(first_rdn_value(&group.dn))));
    }
    if let Some(hidden) = chain.hidden {
        return Ok(Some(Obstacle::Unreadable(hidden)));
    }
    if !chain.elsewhere {
        return Ok(None);
    }
    let groups: Vec<&Entry> = protected.iter().map(|(_, group)| group).collect();
    Ok(membership_by_chain(session, user, &groups).await?.map(|group| Obstacle::Protected(first_rdn_value(&group.dn))))
}

/// A group to follow up.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Step {
    Named(String),
    Identified(Vec<u8>),
}

impl Step {
    fn filter(&self) -> String {
        match self {
            Self::Named(name) => format!("(distinguishedName={})", ldap_escape(name.as_str())),
            Self::Identified(sid) => format!("(objectSid={})", escape_bytes(sid)),
        }
    }

    fn is(&self, group: &Entry) -> bool {
        match self {
            Self::Named(name) => same(name, &group.dn),
            Self::Identified(sid) => group.values("objectSid").contains(sid),
        }
    }
}

/// The groups that a user is in, by any chain.
#[derive(Default)]
struct Chain {
    /// The names of the groups.
    groups: Vec<String>,
    /// A group whose own groups the agent may not read.
    hidden: Option<Unreadable>,
    /// Whether some groups are of another domain of the forest, which only the server itself can follow.
    elsewhere: bool,
}

impl Chain {
    /// Follows the groups up, by one search for each level of nesting.
    ///
    /// Values of the user itself that are hidden are reported with the user's facts.
    async fn follow(session: &LdapSession, facts: &Facts, sids: &[Vec<u8>]) -> Result<Self> {
        let mut chain = Self::default();
        let ours = facts.sid.as_deref().unwrap_or_default();
        let (token, other): (Vec<_>, Vec<_>) =
            facts.token.iter().flatten().partition(|sid| is_built_in(sid) || are_of_one_domain(sid, ours));
        chain.elsewhere = !other.is_empty();
        let mut next: Vec<Step> = token.into_iter().cloned().map(Step::Identified).collect();
        let mut seen = HashSet::new();
        for name in facts.member_of.iter().flatten() {
            chain.note(session, name, &mut seen, &mut next);
        }
        while !next.is_empty() {
            let mut met = Vec::new();
            for some in next.chunks(BATCH) {
                let filter = format!("(|{})", some.iter().map(Step::filter).collect::<String>());
                let base = suffix(&session.settings.base);
                let found =
                    session.connection.search_cached(base, Scope::Subtree, &filter, &GROUP, BATCH).await?.entries;
                if let Some(unseen) = some.iter().find(|step| !found.iter().any(|group| step.is(group))) {
                    chain.hidden.get_or_insert_with(|| hidden(unseen));
                }
                met.extend(found);
            }
            next.clear();
            for group in &met {
                seen.insert(group.dn.to_lowercase());
                chain.groups.push(group.dn.clone());
            }
            for group in &met {
                match groups_of(group, sids) {
                    Ok(names) => names.iter().for_each(|name| chain.note(session, name, &mut seen, &mut next)),
                    Err(_) => drop(chain.hidden.get_or_insert_with(|| hidden(&Step::Named(group.dn.clone())))),
                }
            }
            if chain.groups.len() > MAX_GROUPS {
                chain.hidden.get_or_insert_with(|| hidden(&Step::Named(chain.groups[MAX_GROUPS].clone())));
                next.clear();
            }
        }
        Ok(chain)
    }

    /// Notes a group. Follows up a new one in the next search if this server holds it.
    fn note(&mut self, session: &LdapSession, name: &str, seen: &mut HashSet<String>, next: &mut Vec<Step>) {
        if !seen.insert(name.to_lowercase()) {
            return;
        }
        self.groups.push(name.to_owned());
        if is_below(name, suffix(&session.settings.base)) {
            next.push(Step::Named(name.to_owned()));
        } else {
            self.elsewhere = true;
        }
    }
}

/// Returns the names of the groups that a group is in.
fn groups_of(group: &Entry, sids: &[Vec<u8>]) -> Fact<Vec<String>> {
    if group.is_partial(MEMBER_OF.name) {
        return Err(MEMBER_OF.unreadable());
    }
    if !group.has(MEMBER_OF.name) {
        MEMBER_OF.absent(group, sids)?;
    }
    Ok(group.texts(MEMBER_OF.name))
}

fn hidden(group: &Step) -> Unreadable {
    let group = match group {
        Step::Named(name) => name.clone(),
        Step::Identified(sid) => sid_to_string(sid),
    };
    Unreadable::new(
        format!("memberOf of a group ({group})"),
        "whether the user is in a protected group",
        "the right to read memberOf of every group that customers are in, and Read Permissions on it",
    )
}

/// Asks the server which of these groups the user is in by any chain.
async fn membership_by_chain<'a>(
    session: &LdapSession,
    user: &Entry,
    groups: &[&'a Entry],
) -> Result<Option<&'a Entry>> {
    for group in groups {
        let filter = format!("(memberOf:{IN_CHAIN}:={})", ldap_escape(group.dn.as_str()));
        if !session.connection.search(&user.dn, Scope::Base, &filter, &["1.1"], 1).await?.entries.is_empty() {
            return Ok(Some(group));
        }
    }
    Ok(None)
}

/// Finds the groups of this name (DN, cn or sAMAccountName). The inner error says why their members cannot be told.
pub(super) async fn groups_named(session: &LdapSession, name: &str) -> Result<Result<Vec<Entry>, String>> {
    const MAX_NAMESAKES: usize = 10;
    let domain = suffix(&session.settings.base);
    let found = if name.contains('=') {
        session.connection.search_cached(name, Scope::Base, "(objectClass=group)", &["objectSid"], 1).await?
    } else {
        let name = ldap_escape(name);
        let filter = format!("(&(objectClass=group)(|(sAMAccountName={name})(cn={name})))");
        session.connection.search_cached(domain, Scope::Subtree, &filter, &["objectSid"], MAX_NAMESAKES).await?
    };
    let all = found.entries.len();
    let groups: Vec<Entry> = found.entries.into_iter().filter(|group| group.has("objectSid")).collect();
    Ok(if groups.is_empty() || groups.len() < all {
        Err(format!("the group \"{name}\" is not there below {domain}, or you may not read it"))
    } else if !found.complete && !name.contains('=') {
        Err(format!(
            "more than {MAX_NAMESAKES} groups below {domain} have the name \"{name}\": give the name of the one entry"
        ))
    } else {
        Ok(groups)
    })
}

/// Escapes bytes for a filter (RFC 4515 section 3).
fn escape_bytes(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| format!("{text}\\{byte:02x}"))
}
