//! New users: their names, the right to create them, and whether a set could be read back.

use ldap3::{Scope, ldap_escape};

use super::LONGEST_NAME;
use super::attributes::{Attribute, MAIL};
use super::facts::READ_BACK;
use super::identity::Identity;
use super::permissions::{can_read, can_read_of_new_user};
use super::values::is_account_operator;
use crate::backends::ldap::ber::DESCRIPTOR;
use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::entry::Entry;
use crate::backends::ldap::settings::{LdapSettings, suffix};
use crate::domain::{NewUser, Result, Unreadable};

/// The attribute that lists the classes that the agent may create ([MS-ADTS] section 3.1.1.4.5.5).
const CREATABLE_CLASSES: &str = "allowedChildClassesEffective";

/// Reads the entry above new users: what the agent may create in it, and its permissions.
async fn container(session: &LdapSession) -> Result<Entry> {
    let container =
        session.connection.read_cached(&session.settings.create_in, &[CREATABLE_CLASSES, DESCRIPTOR]).await?;
    Ok(container.unwrap_or_default())
}

/// Whether the agent may create users.
pub(super) async fn can_create_users(session: &LdapSession) -> Result<bool> {
    Ok(container(session).await?.texts(CREATABLE_CLASSES).iter().any(|class| class.eq_ignore_ascii_case("user")))
}

/// Makes the principal name of a login name ([MS-ADTS] section 5.1.1.1.1).
pub(super) fn principal_name(settings: &LdapSettings, username: &str) -> String {
    let domain = || {
        suffix(&settings.base)
            .split(',')
            .filter_map(|part| part.split_once('=').map(|(_, value)| value.trim().to_lowercase()))
            .collect::<Vec<_>>()
            .join(".")
    };
    format!("{username}@{}", settings.upn_suffix.clone().unwrap_or_else(domain))
}

/// Returns the filter of whoever has a login name, or the principal name that goes with it.
pub(super) fn taken_login_filter(settings: &LdapSettings, name: &str) -> String {
    let upn = principal_name(settings, name);
    format!("(|(sAMAccountName={})(userPrincipalName={}))", ldap_escape(name), ldap_escape(upn.as_str()))
}

/// Makes a cn for the new entry that no entry beside it has.
pub(super) async fn free_cn(session: &LdapSession, new: &NewUser) -> Result<String> {
    let name: String = new.customer.name.chars().take(64 - LONGEST_NAME - 3).collect(); // cn: 64 at most
    let filter = format!("(cn={})", ldap_escape(name.as_str()));
    let taken = session.connection.search(&session.settings.create_in, Scope::OneLevel, &filter, &["1.1"], 1).await?;
    let free = taken.entries.is_empty() && !name.trim().is_empty();
    Ok(if free { name } else { format!("{} ({})", name.trim(), new.username) })
}

/// Returns a value of new users that the agent could not read, so that a set could not be read back.
///
/// It goes by the permissions that new users inherit, or by a user who is there already.
pub(super) async fn unreadable_of_new_user(session: &LdapSession, identity: &Identity) -> Result<Option<Unreadable>> {
    let container = container(session).await?;
    let needed: Vec<&Attribute> = READ_BACK.iter().chain([&MAIL]).collect();
    let inherited =
        |attribute: &&Attribute| can_read_of_new_user(&identity.sids, &container, &attribute.guids()) == Some(true);
    // Domain Admins and Account Operators have all rights to each new user, by the schema.
    if needed.iter().all(inherited) || identity.sids.iter().any(|sid| is_account_operator(sid)) {
        return Ok(None);
    }
    let filter = format!("(&{}(!(adminCount>=1)))", session.dialect.user_filter());
    let found =
        session.connection.search(&session.settings.create_in, Scope::OneLevel, &filter, &[DESCRIPTOR], 1).await?;
    let hidden = match found.entries.first() {
        Some(user) => needed.iter().find(|attribute| can_read(&identity.sids, user, &attribute.guids()) != Some(true)),
        None => needed.iter().find(|attribute| !inherited(attribute) && attribute.name != MAIL.name),
    };
    Ok(hidden.map(|attribute| attribute.unreadable()))
}
