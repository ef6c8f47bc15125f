//! The agent's identity in the domain: security identifiers, and whether a user is the agent's own.

use ldap3::{Scope, ldap_escape};

use super::attributes::OBJECT_SID;
use super::permissions::{AUTHENTICATED, EVERYONE};
use super::values::{is_of_a_domain, sid_to_string};
use crate::backends::ldap::dialect::LdapSession;
use crate::backends::ldap::dn;
use crate::backends::ldap::entry::Entry;
use crate::backends::ldap::settings::suffix;
use crate::domain::{Result, Unreadable};

/// The agent's identity in the domain.
#[derive(Clone, Debug, Default)]
pub(super) struct Identity {
    /// The identifiers of the agent, of their groups, and of everybody.
    pub(super) sids: Vec<Vec<u8>>,
    /// Whether the agent's own identifier is among them.
    pub(super) is_known: bool,
}

impl Identity {
    /// Reads it from the tokenGroups of the rootDSE, or else from the entry that the agent signed in with.
    pub(super) async fn read(session: &LdapSession) -> Result<Self> {
        let token = &session.server_facts.sids;
        if token.iter().any(|sid| is_of_a_domain(sid)) {
            return Ok(Self { sids: token.clone(), is_known: true });
        }
        let Some(entry) = own_entry(session).await? else {
            return Ok(Self { sids: token.clone(), is_known: false });
        };
        let groups = session.connection.read(&entry.dn, &["tokenGroups"]).await?.unwrap_or_default();
        let everybody = [EVERYONE.to_vec(), AUTHENTICATED.to_vec()];
        let of_everybody = groups_of_everybody(session).await?;
        let sids = [entry.values("objectSid"), groups.values("tokenGroups"), token, &everybody, &of_everybody].concat();
        Ok(Self { sids, is_known: true })
    }

    /// Whether this is the agent's own user, by identifier or by the name that the agent signed in with.
    pub(super) fn is_own(&self, bound_as: &str, base: &str, user: &Entry) -> Result<bool, Unreadable> {
        if has_login_name(bound_as, suffix(base), user) {
            return Ok(true);
        }
        let sid = user.values("objectSid").first();
        let sid = sid.ok_or_else(|| OBJECT_SID.unreadable())?;
        if self.sids.contains(sid) {
            return Ok(true);
        }
        if self.is_known { Ok(false) } else { Err(unknown_identity()) }
    }
}

/// Finds the groups that every signed-in user is in ("Pre-Windows 2000 Compatible Access", as shipped).
async fn groups_of_everybody(session: &LdapSession) -> Result<Vec<Vec<u8>>> {
    let domain = suffix(&session.settings.base);
    let each = [EVERYONE, AUTHENTICATED]
        .map(|sid| format!("(member=CN={},CN=ForeignSecurityPrincipals,{domain})", sid_to_string(sid)));
    let filter = format!("(|{})", each.concat());
    let found = session.connection.search(domain, Scope::Subtree, &filter, &["objectSid"], 100).await?;
    Ok(found.entries.iter().flat_map(|group| group.values("objectSid")).cloned().collect())
}

/// Describes the agent's own identity as a value that cannot be read.
pub(super) fn unknown_identity() -> Unreadable {
    Unreadable::new(
        "your own user (tokenGroups of the rootDSE, or the entry that you signed in with)",
        "whether it is your own user",
        "the right to read their own entry",
    )
}

/// Finds the agent's own entry by the name that they signed in with. Returns `None` if the agent does not see it.
pub(super) async fn own_entry(session: &LdapSession) -> Result<Option<Entry>> {
    let (name, domain) = (session.connection.bind_name(), suffix(&session.settings.base));
    let found = if name.contains('=') && !name.contains('@') {
        session.connection.search(name, Scope::Base, "(objectSid=*)", &["objectSid"], 1).await?
    } else {
        let (account, _) = split(name);
        let (name, account) = (ldap_escape(name), ldap_escape(account));
        let filter = format!("(&(objectSid=*)(|(userPrincipalName={name})(sAMAccountName={account})))");
        let mut found =
            session.connection.search(domain, Scope::Subtree, &filter, &["objectSid", "userPrincipalName"], 3).await?;
        let principal = |entry: &Entry| {
            entry.text("userPrincipalName").is_some_and(|text| same(&text, session.connection.bind_name()))
        };
        if found.entries.iter().any(principal) {
            found.entries.retain(principal); // it names one before any account name does ([MS-ADTS] section 5.1.1.1.1)
        }
        found
    };
    let mut entries = found.entries;
    Ok(if entries.len() == 1 { entries.pop() } else { None })
}

/// Splits `name@domain` or `DOMAIN\\name` into account and domain.
fn split(name: &str) -> (&str, &str) {
    if let Some((domain, account)) = name.split_once('\\') {
        return (account, domain);
    }
    name.rsplit_once('@').unwrap_or((name, ""))
}

/// Whether the name that the agent signed in with is this user's ([MS-ADTS] section 5.1.1.1.1).
fn has_login_name(name: &str, domain: &str, user: &Entry) -> bool {
    if name.contains('=') && dn::same(name, &user.dn) {
        return true;
    }
    if user.text("userPrincipalName").is_some_and(|principal| same(&principal, name)) {
        return true;
    }
    let (account, of) = split(name);
    let labels: Vec<String> =
        domain.split(',').filter_map(|part| part.split_once('=')).map(|(_, value)| value.trim().to_owned()).collect();
    let ours = same(of, &labels.join(".")) || labels.first().is_some_and(|first| same(of, first));
    ours && user.text("sAMAccountName").is_some_and(|known| same(&known, account))
}

/// Whether two names are the same to the domain, which ignores case.
fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> Entry {
        Entry::with("CN=Sam Agent,OU=Agents,DC=example,DC=com", "sAMAccountName", vec![b"sam".to_vec()])
            .and("userPrincipalName", vec![b"Sam.Agent@partner.test".to_vec()])
    }

    #[test]
    fn nobody_resets_their_own_user_whatever_the_domain_tells() {
        let sid = |number: u8| [&[1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0][..], &[7; 12], &[number, 4, 0, 0]].concat();
        let own = user().and("objectSid", vec![sid(1)]);
        let other = Entry::with("CN=Ada,DC=example,DC=com", "objectSid", vec![sid(2)]);
        let is_own = |sids: Vec<Vec<u8>>, is_known, name: &str, user: &Entry| {
            Identity { sids, is_known }
                .is_own(name, "OU=Customers,DC=example,DC=com", user)
                .map_err(|hidden| hidden.value)
        };
        assert_eq!(is_own(vec![sid(1), sid(9)], true, "sam@partner.test", &own), Ok(true), "by identifier");
        assert_eq!(
            is_own(vec![sid(9)], true, "sam@example.com", &own),
            Ok(true),
            "by name, where the identifier lacks"
        );
        assert_eq!(is_own(Vec::new(), false, "sam@example.com", &own), Ok(true), "by name, where all lack");
        assert_eq!(is_own(vec![sid(1)], true, "sam@example.com", &other), Ok(false));
        assert_eq!(is_own(Vec::new(), false, "sam@example.com", &other), Err(unknown_identity().value));
        assert_eq!(is_own(vec![sid(1)], true, "sam@example.com", &Entry::default()), Err("objectSid".to_owned()));
    }

    #[test]
    fn the_name_that_the_agent_signed_in_with_names_their_own_user() {
        for name in [
            "sam@example.com",
            "SAM@Example.COM",
            "EXAMPLE\\sam",
            "sam@EXAMPLE",
            "sam.agent@partner.test",
            "cn=sam agent, ou=Agents,dc=example,dc=com",
        ] {
            assert!(has_login_name(name, "DC=example,DC=com", &user()), "{name}");
        }
        for name in ["sam@partner.test", "PARTNER\\sam", "sam", "samuel@example.com", "CN=Sam,DC=example,DC=com", ""] {
            assert!(!has_login_name(name, "DC=example,DC=com", &user()), "{name}");
        }
    }
}
