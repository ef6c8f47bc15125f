//! Reads the user snapshot: pwdReset, locks, start and end, groups, and the policy that applies.

use jiff::Timestamp;

use super::policy::UserPolicy;
use super::readability::{self, Freshness, hidden, unreadable};
use super::validity::Validity;
use super::{groups, overlay, own_user};
use crate::backends::ldap::contacts;
use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::dn;
use crate::backends::ldap::entry::{Entry, generalized_time};
use crate::domain::{
    ContactChanged, Contacts, Obstacle, ResetTarget, Result, Stamp, State, Unread, Unreadable, UserId, UserSnapshot,
};

/// The attributes that a user snapshot is read from.
pub(super) const FACTS: [&str; 18] = [
    "uid",
    "mail",
    "cn",
    "gidNumber",
    "pwdReset",
    "pwdChangedTime",
    "pwdAccountLockedTime",
    "pwdAccountTmpLockoutEnd",
    "pwdStartTime",
    "pwdEndTime",
    "pwdLastSuccess",
    "pwdPolicySubentry",
    "modifiersName",
    "entryCSN",
    "pwdHistory",
    "pwdFailureTime",
    "createTimestamp",
    "modifyTimestamp",
];
/// The attributes that tell a forced change and the stamp, and of whom. They are read with the set itself, and again later.
pub(super) const SET: [&str; 8] = [
    "pwdReset",
    "pwdChangedTime",
    "entryCSN",
    "modifiersName",
    "pwdFailureTime",
    "entryUUID",
    "createTimestamp",
    "modifyTimestamp",
];
/// The attributes that decide about a reset or a status under any policy.
const DECIDES: [&str; 6] =
    ["pwdReset", "pwdChangedTime", "pwdAccountLockedTime", "pwdStartTime", "pwdEndTime", "pwdPolicySubentry"];

/// Returns the stamp: when the password was last set, and the number of that change if it is the entry's last one.
///
/// The time has whole seconds. A refused sign-in changes the entry too, and leaves a pwdFailureTime that only a set clears.
/// The caller makes sure that pwdChangedTime is not hidden: see [`password_time`].
pub(super) fn stamp(entry: &Entry) -> Option<Stamp> {
    let at = password_time(entry)?;
    let change = entry.text("entryCSN").filter(|_| !entry.has("pwdFailureTime"));
    Some(Stamp { at: Some(at), version: change.and_then(|change| number_within(&change, at)) })
}

/// Returns when the password was set: pwdChangedTime, or, of an entry that has none, when it was added.
///
/// slapd dates a password with each modify, but with the addition of an entry only under a policy with pwdMaxAge or
/// pwdMinAge (2.5). createTimestamp stays as it is; entryCSN and modifyTimestamp move with each refused sign-in, and are
/// used where the agent may not read it.
pub(super) fn password_time(entry: &Entry) -> Option<Timestamp> {
    if entry.has("pwdChangedTime") {
        return entry.time("pwdChangedTime");
    }
    let changed = || stamp_of_change(entry).and_then(|change| change.at);
    entry.time("createTimestamp").or_else(changed).or_else(|| entry.time("modifyTimestamp"))
}

/// Returns the second and the number of the entry's last change, whatever that was.
pub(super) fn stamp_of_change(entry: &Entry) -> Option<Stamp> {
    let change = entry.text("entryCSN")?;
    let at = generalized_time(&format!("{}Z", change.split('.').next()?))?;
    Some(Stamp { at: Some(at), version: Some(number_within(&change, at)?) })
}

/// Returns the number of a change that was made in this second, from its CSN (a time to the microsecond, `#`, and more).
fn number_within(change: &str, second: Timestamp) -> Option<u64> {
    let time = change.split('#').next()?;
    let (_, micros) = time.strip_suffix('Z')?.split_once('.')?;
    if micros.len() != 6 || generalized_time(time)? != second {
        return None;
    }
    u64::try_from(second.as_microsecond()).ok()?.checked_add(micros.parse().ok()?)
}

/// Lists the attributes of an entry that decide, or that hold addresses and numbers, and that the agent may not read.
async fn hidden_of<'a>(session: &'a LdapSession, entry: &Entry, policy: &UserPolicy) -> Result<Vec<&'a str>> {
    let classes = entry.texts("objectClass");
    let is_posix = classes.iter().any(|class| class.eq_ignore_ascii_case("posixAccount"));
    let mut asked: Vec<&str> = DECIDES.to_vec();
    if !matches!(policy.idle_seconds(), Ok(None)) {
        asked.push("pwdLastSuccess");
    }
    if policy.delays() {
        asked.push("pwdAccountTmpLockoutEnd");
    }
    // Only accounts of Unix have one (RFC 2307 section 4), and each of them has.
    if !session.protected.is_empty() && (is_posix || classes.is_empty()) {
        asked.push("gidNumber");
    }
    // They decide about no reset. Asked for in the same search they cost no further one.
    asked.extend(session.settings.contact_attributes.named().map(|(_, name)| name));
    hidden(session, entry, &asked, Freshness::Now).await
}

/// The facts of a user, without the groups.
struct Facts {
    policy: UserPolicy,
    validity: Validity,
    /// Whether a change is required. `None` if that cannot be read.
    change_required: Option<bool>,
    /// The values that cannot be read.
    unread: Vec<Unreadable>,
    contacts: Contacts,
}

async fn facts(session: &LdapSession, entry: &Entry) -> Result<Facts> {
    let policy = UserPolicy::read(session, entry.text("pwdPolicySubentry")).await?;
    let mut hidden = hidden_of(session, entry, &policy).await?;
    let mut change_required = Some(entry.is_true("pwdReset"));
    if hidden.contains(&"pwdReset") {
        change_required = readability::is_reset(session, entry).await?; // where it may be searched, the server tells
        hidden.retain(|name| change_required.is_none() || *name != "pwdReset");
    }
    let mut validity = Validity::of(entry, &hidden, &policy, session.clock.now());
    let mut unread = std::mem::take(&mut validity.unread);
    let is_unread = |name: &&str| hidden.contains(name) || (*name == "pwdChangedTime" && entry.is_malformed_time(name));
    let besides = ["pwdReset", "pwdChangedTime", "pwdPolicySubentry", "gidNumber"];
    unread.extend(besides.into_iter().filter(is_unread).map(unreadable));
    if hidden.contains(&"pwdPolicySubentry") {
        change_required = None; // what is stored may not be enforced
    }
    let contacts = contacts(session, entry, &hidden);
    Ok(Facts { policy, validity, change_required, unread, contacts })
}

/// Reads what is on file. Nothing of an entry has changed since its modifyTimestamp, which every change moves.
fn contacts(session: &LdapSession, entry: &Entry, hidden: &[&str]) -> Contacts {
    let changed = entry.time("modifyTimestamp").map_or(ContactChanged::Unknown, ContactChanged::NotSince);
    let attributes = &session.settings.contact_attributes;
    let hidden: Vec<&str> = attributes.named().map(|(_, name)| name).filter(|name| hidden.contains(name)).collect();
    contacts::read(entry, attributes, |_| changed, &hidden)
}

/// Lists the values of a user and of the policy that decide and that cannot be read.
pub(super) async fn unreadable_of(session: &LdapSession, entry: &Entry) -> Result<Vec<Unreadable>> {
    let facts = facts(session, entry).await?;
    let mut unread = facts.unread;
    if let Some(Obstacle::Unreadable(value)) = facts.policy.obstacle() {
        unread.push(value);
    }
    Ok(unread)
}

/// Reads the user snapshot.
pub(super) async fn read(session: &LdapSession, entry: &Entry) -> Result<UserSnapshot> {
    let (facts, groups, protected, own, overlay) = tokio::try_join!(
        facts(session, entry),
        groups::read(session, entry),
        groups::protected(session),
        own_user::obstacle(session, entry),
        overlay::obstacle(session)
    )?;
    let Facts { policy, validity, change_required, unread, contacts } = facts;
    let under = policy.obstacle();
    let is_dated = !unread.iter().any(|value| value.value == "pwdChangedTime");
    let forced_is_unread = change_required.is_none() || matches!(under, Some(Obstacle::Unreadable(_)));
    let change_required = change_required.unwrap_or(false);
    let mut obstacles: Vec<Obstacle> = own.into_iter().collect();
    obstacles.extend(groups::obstacle(&protected, &groups));
    obstacles.extend(validity.obstacles);
    obstacles.extend(unread.into_iter().map(Obstacle::Unreadable));
    obstacles.extend(under);
    obstacles.extend(overlay);
    obstacles.extend(validity.lock);
    let stamp = stamp(entry).filter(|_| is_dated);
    let unread = Unread { change_required: forced_is_unread, ..validity.state.unread };
    Ok(UserSnapshot {
        contacts,
        target: ResetTarget::User(UserId::new(entry.dn.clone())),
        user: None, // the caller has the entry that names it
        state: State { has_user: true, change_required, unread, ..validity.state },
        issued_at: stamp.as_ref().and_then(|stamp| stamp.at).filter(|_| change_required),
        changed_by_customer_at: changed_by_customer(entry, change_required || forced_is_unread),
        stamp,
        expires_at: None,
        issued_by: entry.text("modifiersName").filter(|_| change_required && !has_signed_in_since(entry)),
        roles: Some(Vec::new()),
        groups: groups.names(),
        policy: policy.rules(),
        obstacles,
        unread_lock: None,
    })
}

/// Whether somebody has signed in since the password was set. With lastbind on that is the entry's last change.
fn has_signed_in_since(entry: &Entry) -> bool {
    entry.time("pwdLastSuccess").is_some_and(|at| Some(at) >= password_time(entry))
}

/// Returns when the customer chose the password, if the entry's last change is theirs and nothing is pending.
fn changed_by_customer(entry: &Entry, pending: bool) -> Option<jiff::Timestamp> {
    let theirs = entry.text("modifiersName").is_some_and(|name| dn::same(&name, &entry.dn));
    entry.time("pwdChangedTime").filter(|_| theirs && !pending)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn an_entry_that_was_added_without_a_time_has_the_time_of_its_addition() {
        let (added, csn) = ("20261129111816Z", "20261129111816.942266Z#000000#000#000000");
        let refused_later = "20261129111818.972225Z#000000#000#000000";
        let read = |attributes: &[(&str, &str)]| {
            let found = stamp(&Entry::of_texts("uid=ada,o=x", attributes));
            found.map(|stamp| (stamp.at.unwrap().to_string(), stamp.version.is_some()))
        };
        let at = |second: &str, numbered: bool| Some((format!("2026-11-29T11:18:{second}Z"), numbered));
        assert_eq!(read(&[("createTimestamp", added), ("entryCSN", csn)]), at("16", true));
        let refused = [("createTimestamp", added), ("entryCSN", refused_later), ("modifyTimestamp", "20261129111818Z")];
        assert_eq!(read(&refused), at("16", false), "a refused sign-in does not move it");
        assert_eq!(read(&refused[1..]), at("18", true));
        assert_eq!(read(&refused[2..]), at("18", false));
        assert_eq!(read(&[("pwdChangedTime", "20261129111821Z"), ("createTimestamp", added)]), at("21", false));
        assert_eq!(read(&[("pwdChangedTime", "soon"), ("createTimestamp", added)]), None, "no time is no other time");
        assert_eq!(read(&[("uid", "ada")]), None);
    }

    #[test]
    fn a_change_has_a_number_in_the_second_of_the_set_alone() {
        let at = generalized_time("20261125173054Z").unwrap();
        let number = |change: &str| number_within(change, at);
        assert_eq!(number("20261125173054.866902Z#000000#000#000000"), Some(1_795_627_854_866_902));
        assert!(
            number("20261125173054.000001Z#000000#001#000000") < number("20261125173054.000002Z#000000#000#000000")
        );
        for other in ["20261125173055.000001Z#000000#000#000000", "20261125173054Z#0", "20261125173054.1Z", "", "#"] {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
