//! The checks of `doctor` for slapd, as this agent sees it.

use ldap3::Scope;

use super::policy::UserPolicy;
use super::{groups, overlay, own_user, user_snapshot};
use crate::backends::ldap::ber;
use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::entry::Entry;
use crate::domain::{Check, CheckState, Obstacle, PolicyRead, Result, Unreadable};

/// How many users are checked for what can be read.
const SAMPLE: usize = 20;
/// The attributes that tell the sets of one second apart.
const ORDERS_SETS: [&str; 2] = ["entryCSN", "modifiersName"];
/// The versions of slapd that tellonce is tested with.
const TRIED: &str = "2.5";

/// Runs the checks.
pub(super) async fn read(session: &LdapSession) -> Result<Vec<Check>> {
    let mut checks = vec![version(session).await?];
    checks.extend(check_policy(session).await?);
    checks.push(Check::new(
        "expiry",
        CheckState::Warning,
        "slapd does not end an unused temporary password: run `tellonce withdraw --older-than 24h --all` from a timer",
    ));
    if let Some(Obstacle::WouldNotStick(why)) = overlay::obstacle(session).await? {
        checks.push(Check::new("ppolicy", CheckState::Fault, format!("{why}. Resets are refused")));
    } else if !session.server_facts.has(ber::PASSWORD_POLICY) {
        checks.push(Check::new("ppolicy", CheckState::Fault, overlay::describe(session)));
    }
    if own_user::names(session).await?.is_none() {
        let words = format!("{}: every reset is refused", own_user::unknown_identity().describe());
        checks.push(Check::new("own_user", CheckState::Fault, words));
    }
    for why in groups::protected(session).await?.into_iter().filter_map(|group| group.entries.err()) {
        let words = format!("{why}: every reset is refused until protected.groups (and groups) are right");
        checks.push(Check::new("protected", CheckState::Fault, words));
    }
    let attributes = session.snapshot_attributes(&session.settings.base);
    let users = session.sample_users(&session.settings.base, &attributes, SAMPLE).await?;
    checks.extend(check_users(session, &users).await?);
    let filter = "(|(userPassword=*)(pwdHistory=*))";
    let seen = session
        .connection
        .search(&session.settings.base, Scope::Subtree, filter, &["userPassword", "pwdHistory"], 50)
        .await?;
    if seen.entries.iter().any(|entry| entry.has("userPassword") || entry.has("pwdHistory")) {
        checks.push(Check::new(
            "hashes",
            CheckState::Warning,
            "agents may read password hashes (userPassword or pwdHistory): narrow slapd's access rules",
        ));
    }
    Ok(checks)
}

/// Checks the default policy.
async fn check_policy(session: &LdapSession) -> Result<Vec<Check>> {
    let policy = UserPolicy::read(session, None).await?;
    let name = &session.settings.default_policy;
    let fault = |words: String| Check::new("default_policy", CheckState::Fault, words);
    let mut checks = vec![match policy.obstacle() {
        None => Check::new("default_policy", CheckState::Ok, format!("{name} forces a change after a reset")),
        Some(Obstacle::WouldNotStick(why) | Obstacle::MayNotChoose(why)) => {
            fault(format!("no change can be forced, so resets are refused: {why}"))
        }
        Some(Obstacle::Unreadable(value)) => fault(refused_for(&value)),
        Some(_) => fault(format!("{name} stands in the way of every reset")),
    }];
    for value in [policy.locks().err(), policy.idle_seconds().err()].into_iter().flatten() {
        if policy.obstacle() != Some(Obstacle::Unreadable(value.clone())) {
            checks.push(Check::new("unreadable", CheckState::Fault, refused_for(&value)));
        }
    }
    if let PolicyRead::Unreadable(why) | PolicyRead::InPart(_, why) = policy.rules() {
        checks.push(Check::new("policy", CheckState::Warning, format!("{why}: passwords are made for a strict one")));
    }
    if policy.needs_old_password() {
        let words =
            format!("{name} has pwdSafeModify TRUE: agents need =mw on userPassword, or every reset is refused");
        checks.push(Check::new("safe_modify", CheckState::Unknown, words));
    }
    Ok(checks)
}

/// Checks whether the values of some users that decide can be read. slapd does not tell rights to write.
async fn check_users(session: &LdapSession, users: &[Entry]) -> Result<Vec<Check>> {
    let mut unread: Vec<(Unreadable, Vec<&str>)> = Vec::new();
    for user in users {
        for value in user_snapshot::unreadable_of(session, user).await? {
            match unread.iter_mut().find(|(known, _)| *known == value) {
                Some((_, of)) => of.push(&user.dn),
                None => unread.push((value, vec![&user.dn])),
            }
        }
    }
    let mut checks: Vec<Check> = unread
        .iter()
        .map(|(value, of)| {
            let first = of.first().copied().unwrap_or_default();
            let words = format!("{} (of {} of {} users, {first} first)", refused_for(value), of.len(), users.len());
            Check::new("unreadable", CheckState::Fault, words)
        })
        .collect();
    if checks.is_empty() && !users.is_empty() {
        let words = format!("all that decides about a reset can be read of {} users", users.len());
        checks.push(Check::new("readable", CheckState::Ok, words));
    }
    let is_unnumbered = |user: &&Entry| ORDERS_SETS.iter().any(|name| !user.has(name));
    if let Some(user) = users.iter().find(is_unnumbered) {
        let words = format!(
            "{} cannot be read of {}: what somebody else sets within the same second is not told from a reset",
            ORDERS_SETS.join(" or "),
            user.dn
        );
        checks.push(Check::new("sets_told_apart", CheckState::Warning, words));
    }
    Ok(checks)
}

fn refused_for(value: &Unreadable) -> String {
    format!("{}. Resets are refused without it", value.describe())
}

/// Checks the server's version, which slapd tells only those who may read cn=Monitor.
async fn version(session: &LdapSession) -> Result<Check> {
    let root = session.connection.read("", &["monitorContext", "vendorVersion"]).await?.unwrap_or_default();
    let monitor = match root.text("monitorContext") {
        Some(name) => session.connection.read(&name, &["monitoredInfo"]).await?.unwrap_or_default(),
        None => Entry::default(),
    };
    let banner = monitor.text("monitoredInfo").or_else(|| root.text("vendorVersion"));
    let version = banner.as_deref().and_then(|text| {
        let digits = |word: &&str| word.starts_with(|letter: char| letter.is_ascii_digit());
        text.split_whitespace().find(digits)
    });
    Ok(match version {
        None => {
            let words = format!("slapd does not tell agents its version; tellonce was tried with {TRIED}");
            Check::new("version", CheckState::Unknown, words)
        }
        Some(version) if version.starts_with(&format!("{TRIED}.")) => {
            Check::new("version", CheckState::Ok, format!("slapd {version}: tellonce was tried with {TRIED}"))
        }
        Some(version) => {
            let words =
                format!("slapd {version}: tellonce was tried with {TRIED} only; try it with a customer of your own");
            Check::new("version", CheckState::Warning, words)
        }
    })
}
