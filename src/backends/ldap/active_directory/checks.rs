//! The checks of `doctor` for a domain, as this agent sees it.

use ldap3::{Scope, ldap_escape};

use super::identity::Identity;
use super::membership::groups_named;
use super::permissions::can_reset;
use super::{creation, policy, readability, version};
use crate::backends::ldap::ber::{self, DESCRIPTOR};
use crate::backends::ldap::dialect::{Dialect, LdapSession};
use crate::backends::ldap::entry::Entry;
use crate::domain::{Check, CheckState, PolicyRead, Result};

/// The most users that are counted.
const MAX_COUNTED: usize = 500;
/// The bit of an attribute's searchFlags that says that it has an index.
const INDEXED: i64 = 1;

/// Runs the checks.
pub(super) async fn read(session: &LdapSession, dialect: &dyn Dialect, identity: &Identity) -> Result<Vec<Check>> {
    let attributes = [&version::ATTRIBUTES[..], &["schemaNamingContext"]].concat();
    let root = session.connection.read("", &attributes).await?.unwrap_or_default();
    let mut checks = vec![version::check(&root), readability::own_user(session, identity).await?];
    checks.extend(readability::checks(session, dialect, identity).await?);
    checks.extend(new_users(session, identity).await?);
    let domain = policy::read_domain_policy(session).await?;
    checks.push(match &domain.rules {
        PolicyRead::Read(policy) => Check::new("policy", CheckState::Ok, policy.describe().join(", ")),
        PolicyRead::InPart(_, why) | PolicyRead::Unreadable(why) => {
            Check::new("policy", CheckState::Warning, why.clone())
        }
    });
    let history = if session.server_facts.has(ber::POLICY_HINTS) {
        Check::new("history", CheckState::Ok, "resets keep the password history (policy-hints control)")
    } else {
        Check::new(
            "history",
            CheckState::Warning,
            "resets do not keep the password history: this server has no policy-hints control",
        )
    };
    checks.push(history);
    checks.push(reset_right(session, identity).await?);
    checks.push(Check::new(
        "expiry",
        CheckState::Warning,
        "the domain does not end an unused temporary password: run `tellonce withdraw --older-than 24h --all` from a timer",
    ));
    checks.push(Check::new(
        "tickets",
        CheckState::Warning,
        "Kerberos tickets that a customer holds already go on until they end (10 hours as shipped)",
    ));
    for name in &session.protected {
        if let Err(unseen) = groups_named(session, name).await? {
            let words = format!("{unseen}: every reset is refused until protected.groups is right");
            checks.push(Check::new("protected", CheckState::Fault, words));
        }
    }
    let never = policy::count_never_expiring(session, dialect.user_filter(), MAX_COUNTED).await?;
    if never > 0 {
        let words = format!(
            "{never} users below {} have \"Password never expires\": no change can be forced on them, and a reset is refused",
            session.settings.base
        );
        checks.push(Check::new("never_expires", CheckState::Warning, words));
    }
    checks.extend(index(session, &root).await?);
    Ok(checks)
}

/// Checks whether a set could be read back of a new user. Returns `None` if the agent may create none, or if it could.
async fn new_users(session: &LdapSession, identity: &Identity) -> Result<Option<Check>> {
    if !creation::can_create_users(session).await? {
        return Ok(None);
    }
    let hidden = creation::unreadable_of_new_user(session, identity).await?;
    Ok(hidden.map(|hidden| {
        let words = format!("{} (of new users in {}): none is created", hidden.describe(), session.settings.create_in);
        Check::new("new_users", CheckState::Fault, words)
    }))
}

/// Checks the right to reset passwords, by the permissions of one of the users.
async fn reset_right(session: &LdapSession, identity: &Identity) -> Result<Check> {
    let user = match session.first_user_dn().await? {
        Some(user) => session.connection.read(&user, &[DESCRIPTOR]).await?.unwrap_or_default(),
        None => Entry::default(),
    };
    let (state, words) = match can_reset(&identity.sids, &user) {
        Some(true) => (CheckState::Ok, format!("the permissions of {} let you reset the password", user.dn)),
        Some(false) => (CheckState::Warning, format!("no permission of {} lets you reset the password", user.dn)),
        None => (
            CheckState::Unknown,
            "the right to reset passwords cannot be read; it shows with the first reset".to_owned(),
        ),
    };
    Ok(Check::new("reset_right", state, words))
}

/// Warns of a `customer_id` without an index (searchFlags, [MS-ADTS] section 2.2.10).
async fn index(session: &LdapSession, root: &Entry) -> Result<Option<Check>> {
    let Some(attribute) = session.settings.customer_id.as_deref() else { return Ok(None) };
    let Some(schema) = root.text("schemaNamingContext") else { return Ok(None) };
    let filter = format!("(&(objectClass=attributeSchema)(lDAPDisplayName={}))", ldap_escape(attribute));
    let found = session.connection.search(&schema, Scope::OneLevel, &filter, &["searchFlags"], 1).await?;
    let flags = found.entries.first().and_then(|entry| entry.number("searchFlags"));
    Ok(flags.filter(|flags| flags & INDEXED == 0).map(|_| {
        let words = format!(
            "the domain has no index for {attribute} (customer_id): each look-up reads every user below {}",
            session.settings.base
        );
        Check::new("index", CheckState::Warning, words)
    }))
}
