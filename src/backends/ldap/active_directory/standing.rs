//! Where a user stands: flags, the computed ones too, groups with nesting, and the policy that applies.

use jiff::SignedDuration;
use ldap3::{Scope, ldap_escape};

use super::permissions::may_change_own;
use super::policy;
use super::rights::{Granted, MayWrite, WRITABLE};
use super::values::{DISABLED, LOCKED, MUST_CHANGE, NEVER_EXPIRES, SMART_CARD, administrators, password_version};
use crate::backends::ldap::agent::LdapAgent;
use crate::backends::ldap::ber::DESCRIPTOR;
use crate::backends::ldap::dn::first_value;
use crate::backends::ldap::entry::Entry;
use crate::backends::ldap::settings::suffix;
use crate::domain::{Answer, Obstacle, Right, Stamp, Standing, State, UserId, Whom};

/// What a standing is read from; the computed ones are answered for one entry at a time only.
pub(super) const FACTS: [&str; 15] = [
    "sAMAccountName",
    "mail",
    "objectSid",
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
    "pwdLastSet",
    "accountExpires",
    "lockoutTime",
    "adminCount",
    "memberOf",
    "tokenGroups",
    "msDS-ResultantPSO",
    "replPropertyMetaData",
    "distinguishedName",
    DESCRIPTOR,
];

/// Matches a group that a value leads to by any number of steps ([MS-ADTS] section 3.1.1.3.4.4.3).
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// Version and time of the password.
pub(super) fn stamp(entry: &Entry) -> Option<Stamp> {
    let (version, at) = password_version(entry.values("replPropertyMetaData").first()?)?;
    Some(Stamp { at, version: Some(version) })
}

/// A change is forced: asked for, and not kept from happening by "password never expires".
pub(super) fn change_required(entry: &Entry) -> bool {
    let asked = entry.number("pwdLastSet") == Some(0);
    let computed = entry.number("msDS-User-Account-Control-Computed");
    let flags = entry.number("userAccountControl").unwrap_or(0);
    asked && flags & NEVER_EXPIRES == 0 && computed.is_none_or(|computed| computed & MUST_CHANGE != 0)
}

/// Reads where the user stands.
pub(super) async fn read(agent: &LdapAgent, granted: &Granted, entry: &Entry) -> Answer<Standing> {
    let id = UserId::new(entry.dn.clone());
    let now = agent.clock.now();
    let settings_object = entry.text("msDS-ResultantPSO");
    let (policy, protection) =
        tokio::try_join!(policy::read(agent, settings_object.as_deref()), protection(agent, entry))?;
    let flags = entry.number("userAccountControl").unwrap_or(0);
    let computed = entry.number("msDS-User-Account-Control-Computed").unwrap_or(0);
    let locked = computed & LOCKED != 0;
    let until = entry
        .file_time("lockoutTime")
        .zip(policy.lockout_seconds)
        .and_then(|(at, seconds)| at.checked_add(SignedDuration::from_secs(seconds)).ok());
    let ended = entry.file_time("accountExpires").is_some_and(|at| at <= now);
    let disabled = flags & DISABLED != 0 || ended;
    let change_required = change_required(entry);
    let mut obstacles = Vec::new();
    if entry.values("objectSid").first().is_some_and(|sid| agent.known.sids.contains(sid)) {
        obstacles.push(Obstacle::OwnUser);
    }
    obstacles.extend(protection);
    let may_write = match granted.to(entry) {
        Some(may_write) => may_write,
        None => MayWrite::of(&agent.entry(&id, &[WRITABLE]).await?),
    };
    if !may_write.change {
        obstacles.push(Obstacle::MissingRight(Right::IssueTemporaryPasswords));
    }
    if flags & SMART_CARD != 0 {
        obstacles.push(Obstacle::External("a smart card is required".to_owned()));
    }
    if disabled {
        obstacles.push(Obstacle::Disabled);
    }
    if flags & NEVER_EXPIRES != 0 {
        obstacles.push(Obstacle::WouldNotStick("\"Password never expires\" is set on the user".to_owned()));
    }
    if may_change_own(entry) == Some(false) {
        let why = "the domain denies the user the right to (\"User cannot change password\")";
        obstacles.push(Obstacle::MayNotChoose(why.to_owned()));
    }
    if locked {
        if !may_write.lock {
            obstacles.push(Obstacle::MissingRight(Right::Unlock));
        }
        obstacles.push(Obstacle::Locked { until });
    }
    let stamp = stamp(entry);
    let set_at = stamp.as_ref().and_then(|stamp| stamp.at);
    Ok(Standing {
        whom: Whom::User(id),
        state: State {
            has_user: true,
            external: flags & SMART_CARD != 0,
            disabled,
            locked,
            change_required,
            expired: None,
            withdrawn: None,
            ..State::default()
        },
        issued_at: set_at.filter(|_| change_required),
        changed_by_customer_at: None, // the directory names no author
        stamp,
        expires_at: None,
        issued_by: None,
        roles: Vec::new(),
        groups: entry.texts("memberOf").iter().map(|dn| first_value(dn)).collect(),
        policy: policy.rules,
        obstacles,
    })
}

/// Administrators by adminCount and by their built-in groups; the profile's own groups with all nesting.
async fn protection(agent: &LdapAgent, entry: &Entry) -> Answer<Option<Obstacle>> {
    if entry.number("adminCount").is_some_and(|count| count > 0) {
        return Ok(Some(Obstacle::Protected("adminCount (an administrators' group of the domain)".to_owned())));
    }
    let groups = entry.values("tokenGroups");
    if groups.is_empty() {
        let missing = "the right to read tokenGroups of this user".to_owned();
        return Ok(Some(Obstacle::ProtectionUnreadable(missing)));
    }
    if let Some(name) = groups.iter().find_map(|sid| administrators(sid)) {
        return Ok(Some(Obstacle::Protected(name.to_owned())));
    }
    let mut protected = Vec::new();
    for name in &agent.protected {
        let entries = groups_named(agent, name).await?;
        if entries.is_empty() {
            return Ok(Some(Obstacle::ProtectionUnreadable(unseen(agent, name))));
        }
        if entries.iter().flat_map(|group| group.values("objectSid")).any(|sid| groups.contains(sid)) {
            return Ok(Some(Obstacle::Protected(name.clone())));
        }
        protected.extend(entries);
    }
    let by = within(agent, entry, &protected).await?;
    Ok(by.map(|group| Obstacle::Protected(first_value(&group.dn))))
}

/// Which of these groups the user is in by any chain. tokenGroups has no distribution groups, nor what those are in
/// ([MS-ADTS] section 3.1.1.4.5.19), memberOf no primary group: each tells what the other leaves out.
async fn within<'a>(agent: &LdapAgent, user: &Entry, groups: &'a [Entry]) -> Answer<Option<&'a Entry>> {
    let is_in = async |groups: &[Entry]| {
        let each = groups.iter().map(|group| format!("(memberOf:{IN_CHAIN}:={})", ldap_escape(group.dn.as_str())));
        let filter = format!("(|{})", each.collect::<String>());
        let found = agent.connection.search(&user.dn, Scope::Base, &filter, &["1.1"], 1).await?;
        Answer::Ok(!found.entries.is_empty())
    };
    if groups.is_empty() || !is_in(groups).await? {
        return Ok(None);
    }
    for group in groups {
        if is_in(std::slice::from_ref(group)).await? {
            return Ok(Some(group));
        }
    }
    Ok(groups.first()) // in one of them, a moment ago
}

/// Why nobody can tell who is in a group.
pub(super) fn unseen(agent: &LdapAgent, name: &str) -> String {
    let domain = suffix(&agent.settings.base);
    format!("the group \"{name}\" is not there below {domain}, or you may not read it")
}

/// The groups with this name, or the one that is this entry, each with its identifier.
pub(super) async fn groups_named(agent: &LdapAgent, name: &str) -> Answer<Vec<Entry>> {
    let found = if name.contains('=') {
        agent.connection.search_lately(name, Scope::Base, "(objectClass=group)", &["objectSid"], 1).await?
    } else {
        let name = ldap_escape(name);
        let filter = format!("(&(objectClass=group)(|(sAMAccountName={name})(cn={name})))");
        agent
            .connection
            .search_lately(suffix(&agent.settings.base), Scope::Subtree, &filter, &["objectSid"], 10)
            .await?
    };
    Ok(found.entries.into_iter().filter(|group| group.has("objectSid")).collect())
}
