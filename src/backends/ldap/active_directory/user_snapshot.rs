//! Reads the user snapshot: flags, groups with nesting, and the policy that applies.

use jiff::SignedDuration;

use super::facts::Facts;
use super::identity::Identity;
use super::values::{DISABLED, LOCKED, NEVER_EXPIRES, SMART_CARD, administrators};
use super::write_rights::{WRITABLE, WriteRights, WriteRightsCache};
use super::{contacts, membership, policy};
use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::dn::first_rdn_value;
use crate::backends::ldap::entry::Entry;
use crate::domain::{Obstacle, ResetTarget, Result, Right, State, Unread, UserId, UserSnapshot};

/// Reads the user snapshot.
pub(super) async fn read(
    session: &LdapSession,
    identity: &Identity,
    granted: &WriteRightsCache,
    entry: &Entry,
) -> Result<UserSnapshot> {
    let id = UserId::new(entry.dn.clone());
    let now = session.clock.now();
    let facts = Facts::of(entry, &identity.sids);
    let (policy, by_group) = tokio::try_join!(
        policy::read_user_policy(session, &facts.settings_object),
        membership::protection(session, entry, &facts, &identity.sids)
    )?;
    let has = |flag: i64| facts.flags.as_ref().is_ok_and(|flags| flags & flag != 0);
    let locked = facts.computed.as_ref().is_ok_and(|computed| computed & LOCKED != 0);
    let until = entry
        .file_time("lockoutTime")
        .zip(policy.lockout_seconds)
        .and_then(|(at, seconds)| at.checked_add(SignedDuration::from_secs(seconds)).ok());
    let expires = facts.expires.as_ref().ok().copied().flatten();
    let user_expired = expires.is_some_and(|at| at <= now);
    let change_required = facts.forced.as_ref().is_ok_and(|forced| *forced);
    let mut hidden = facts.hidden();
    let mut obstacles = Vec::new();
    match identity.is_own(session.connection.bind_name(), &session.settings.base, entry) {
        Ok(true) => obstacles.push(Obstacle::OwnUser),
        Ok(false) => {}
        Err(unknown) => hidden.insert(0, unknown),
    }
    obstacles.extend(administrator_obstacle(&facts));
    let (hidden_group, protected) = match by_group {
        Some(Obstacle::Unreadable(group)) => (Some(group), None),
        other => (None, other),
    };
    obstacles.extend(protected);
    hidden.extend(hidden_group);
    let write_rights = match granted.write_rights(entry) {
        Some(write_rights) => write_rights,
        None => WriteRights::of(&session.entry(&id, &[WRITABLE]).await?),
    };
    if !write_rights.force_change {
        obstacles.push(Obstacle::MissingRight(Right::IssueTemporaryPasswords, None));
    }
    if has(SMART_CARD) {
        obstacles.push(Obstacle::External("a smart card is required".to_owned()));
    }
    if has(DISABLED) {
        obstacles.push(Obstacle::Disabled);
    }
    if user_expired {
        obstacles.push(Obstacle::UserExpired(expires));
    }
    if has(NEVER_EXPIRES) {
        obstacles.push(Obstacle::WouldNotStick("\"Password never expires\" is set on the user".to_owned()));
    }
    if facts.may_change == Ok(false) {
        let why = "the domain denies the user the right to (\"User cannot change password\")";
        obstacles.push(Obstacle::MayNotChoose(why.to_owned()));
    }
    let mut seen = std::collections::HashSet::new();
    hidden.retain(|value| seen.insert(value.value.clone()));
    obstacles.extend(hidden.into_iter().map(Obstacle::Unreadable));
    if locked {
        if !write_rights.unlock {
            obstacles.push(Obstacle::MissingRight(Right::Unlock, None));
        }
        obstacles.push(Obstacle::Locked { until });
    }
    let stamp = facts.stamp.as_ref().ok().cloned().flatten();
    let set_at = stamp.as_ref().and_then(|stamp| stamp.at);
    Ok(UserSnapshot {
        contacts: contacts::read(entry, &identity.sids, &session.settings.contact_attributes),
        target: ResetTarget::User(id),
        user: None, // the caller has the entry that names it
        state: State {
            has_user: true,
            external: has(SMART_CARD),
            disabled: has(DISABLED),
            user_expired,
            locked,
            change_required,
            expired: None,
            withdrawn: None,
            unread: Unread {
                external: facts.flags.is_err(),
                disabled: facts.flags.is_err(),
                user_expired: facts.expires.is_err(),
                locked: facts.computed.is_err(),
                change_required: facts.forced.is_err(),
            },
        },
        issued_at: set_at.filter(|_| change_required),
        changed_by_customer_at: None, // a domain does not say who changed a password
        stamp,
        expires_at: None,
        issued_by: None,
        roles: Some(Vec::new()),
        groups: facts.member_of.as_ref().ok().map(|of| of.iter().map(|dn| first_rdn_value(dn)).collect()),
        policy: policy.rules,
        obstacles,
        unread_lock: None,
    })
}

/// Returns the obstacle of an administrator, by adminCount and by built-in groups.
fn administrator_obstacle(facts: &Facts) -> Option<Obstacle> {
    if facts.is_administrator == Ok(true) {
        return Some(Obstacle::Protected("adminCount (an administrators' group of the domain)".to_owned()));
    }
    let name = facts.token.iter().flatten().find_map(|sid| administrators(sid));
    name.map(|name| Obstacle::Protected(name.to_owned()))
}
