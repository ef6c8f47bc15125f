//! The keys of a profile for a directory, checked.

use std::path::PathBuf;

use serde::Deserialize;
use url::{Host, Url};

use super::dn;
use crate::config::{ContactAttributeKeys, ContactAttributes, Credential, CustomersSource, Profile};
use crate::domain::Result;

/// The ports of a global catalog ([MS-ADTS] section 3.1.1.3.1.10), which has read-only, partial copies of entries.
const GLOBAL_CATALOG: [u16; 2] = [3268, 3269];

/// The name of the dialect for Active Directory and Samba.
pub(super) const ACTIVE_DIRECTORY: &str = "active-directory";

#[derive(Deserialize)]
#[serde(untagged, expecting = "url is an address, or a list of addresses: \"ldaps://dc1.example.com\"")]
enum Addresses {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    url: Addresses,
    base: String,
    #[serde(default)]
    start_tls: bool,
    #[serde(default)]
    insecure_ldap: bool,
    ca_cert: Option<PathBuf>,
    agent: Option<String>,
    credential: Option<Credential>,
    agents: Option<String>,
    customer_id: Option<String>,
    create_in: Option<String>,
    contact_attributes: Option<ContactAttributeKeys>,
    contacts: Option<String>,
    groups: Option<String>,
    upn_suffix: Option<String>,
    object_classes: Option<Vec<String>>,
    default_policy: Option<String>,
    customers: Option<CustomersSource>,
}

/// The keys of a profile for a directory, checked.
#[derive(Clone, Debug)]
pub(super) struct LdapSettings {
    /// The servers, in the order in which they are tried.
    pub(super) urls: Vec<Url>,
    pub(super) start_tls: bool,
    pub(super) ca_cert: Option<PathBuf>,
    /// The entry above all customers' users.
    pub(super) base: String,
    /// The entry below which new users are created.
    pub(super) create_in: String,
    /// The entry above the people who have no user.
    pub(super) contacts: Option<String>,
    /// `OpenLDAP`: the entry above the groups. `None` means that groups may be anywhere.
    pub(super) groups: Option<String>,
    /// The name to bind with and its credential, for unattended sign-in.
    pub(super) unattended: Option<(String, Credential)>,
    /// `OpenLDAP`: the entry above the agents, who then sign in by uid.
    pub(super) agents: Option<String>,
    /// The attribute with the customer's id. `None` means the login name.
    pub(super) customer_id: Option<String>,
    /// Active Directory: the part after the @ of a new user's principal name.
    pub(super) upn_suffix: Option<String>,
    /// `OpenLDAP`: the object classes of a new user.
    pub(super) object_classes: Vec<String>,
    /// `OpenLDAP`: the policy of users who name none (`ppolicy_default` of slapd.conf(5)).
    pub(super) default_policy: String,
    pub(super) customers: Option<CustomersSource>,
    /// The attributes with addresses and numbers.
    pub(super) contact_attributes: ContactAttributes,
}

impl LdapSettings {
    /// Whether any of the servers is reached over TLS.
    pub(super) fn is_encrypted(&self) -> bool {
        self.start_tls || self.urls.iter().any(|url| url.scheme() == "ldaps")
    }

    /// Returns host and port of the first server, the same for every spelling.
    pub(super) fn first_address(&self) -> String {
        let address = |url: &Url| {
            let usual = if url.scheme() == "ldaps" { 636 } else { 389 }; // RFC 4516 section 2, and IANA for ldaps
            let host = url.host_str().unwrap_or_default().to_lowercase();
            format!("{host}:{}", url.port().unwrap_or(usual))
        };
        self.urls.first().map(address).unwrap_or_default()
    }

    /// Reads and checks the keys of a profile.
    ///
    /// # Errors
    /// Exit 2 with file, line and key.
    pub(super) fn of(profile: &Profile) -> Result<Self> {
        let settings = &profile.settings;
        let own: Own = settings.read()?;
        let texts = match own.url {
            Addresses::One(text) => vec![text],
            Addresses::Several(texts) => texts,
        };
        if texts.is_empty() {
            return Err(settings.wrong("url", "url: the list has no address"));
        }
        let address = |text: &String| {
            address(text, own.start_tls, own.insecure_ldap).map_err(|problem| settings.wrong("url", &problem))
        };
        let urls = texts.iter().map(address).collect::<Result<Vec<Url>>>()?;
        let catalog = |url: &&Url| url.port().is_some_and(|port| GLOBAL_CATALOG.contains(&port));
        if let Some(url) = urls.iter().find(catalog).filter(|_| profile.backend == ACTIVE_DIRECTORY) {
            let problem = format!(
                "url: \"{url}\" is a global catalog, which holds a part of each entry, and where nothing can be written; use the domain controller's own port (636, or 389 with start_tls)"
            );
            return Err(settings.wrong("url", &problem));
        }
        if own.customer_id.as_deref().is_some_and(|name| !is_attribute(name)) {
            return Err(settings.wrong("customer_id", "customer_id: that is not the name of an attribute"));
        }
        let usual: (&[&str], &[&str]) = (&["mail"], &["mobile", "telephoneNumber"]);
        let contact_attributes = ContactAttributes::of(own.contact_attributes, usual, settings, is_attribute)?;
        let names = [
            ("base", Some(&own.base)),
            ("create_in", own.create_in.as_ref()),
            ("contacts", own.contacts.as_ref()),
            ("groups", own.groups.as_ref()),
            ("agents", own.agents.as_ref()),
            ("default_policy", own.default_policy.as_ref()),
        ];
        for (key, name) in names {
            if let Some(problem) = name.and_then(|name| dn::problem(name)) {
                return Err(settings.wrong(key, &format!("{key}: {problem}")));
            }
        }
        if profile.protected.as_ref().is_some_and(|protected| !protected.roles.is_empty()) {
            let problem = "protected.roles: a directory has groups, no roles; use protected.groups";
            return Err(settings.wrong("protected", problem));
        }
        let unattended = match (own.agent, own.credential) {
            (Some(agent), Some(credential)) => Some((agent, credential)),
            (None, None) => None,
            (Some(_), None) => return Err(settings.wrong("agent", "agent: it needs credential as well")),
            (None, Some(_)) => return Err(settings.wrong("credential", "credential: it needs agent as well")),
        };
        let default_policy = match own.default_policy {
            Some(policy) => policy,
            None if profile.backend == ACTIVE_DIRECTORY => String::new(),
            None => {
                let problem = "default_policy: name the entry of ppolicy_default (slapd.conf or olcPPolicyDefault); without it nobody can tell whether a change is forced";
                return Err(settings.wrong("default_policy", problem));
            }
        };
        Ok(Self {
            urls,
            start_tls: own.start_tls,
            ca_cert: own.ca_cert.map(|path| settings.path(&path)),
            create_in: own.create_in.unwrap_or_else(|| own.base.clone()),
            contacts: own.contacts,
            groups: own.groups,
            base: own.base,
            unattended,
            agents: own.agents,
            customer_id: own.customer_id,
            upn_suffix: own.upn_suffix,
            object_classes: own.object_classes.unwrap_or_else(|| vec!["inetOrgPerson".to_owned()]),
            default_policy,
            customers: own.customers.map(|source| settings.customers(source)),
            contact_attributes,
        })
    }
}

/// Returns the `dc=` parts of a name (RFC 2247), or all of it if there are none.
pub(super) fn suffix(base: &str) -> &str {
    let mut rest = base.trim_start();
    while !rest.is_empty() {
        if rest.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("dc=")) {
            return rest;
        }
        rest = dn::split(rest).1.trim_start();
    }
    base
}

/// Whether a text is a short name of an attribute or an object identifier (RFC 4512 section 1.4).
fn is_attribute(name: &str) -> bool {
    let is_short_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_short_name || (name.contains('.') && name.split('.').all(is_number))
}

/// Parses an address. It must be LDAPS or use `StartTLS`, unless it is this machine's and `insecure_ldap` is set.
fn address(text: &str, start_tls: bool, insecure: bool) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("url: \"{text}\" is not an address ({error})"))?;
    let host = match url.host() {
        Some(host) if !url.host_str().unwrap_or_default().is_empty() => host,
        _ => return Err(format!("url: \"{text}\" names no server")),
    };
    let loopback = match host {
        Host::Domain(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    match url.scheme() {
        "ldaps" if start_tls => {
            Err("url: start_tls is for ldap:// addresses; ldaps:// is encrypted already".to_owned())
        }
        "ldaps" => Ok(url),
        "ldap" if start_tls || (insecure && loopback) => Ok(url),
        "ldap" if insecure => {
            Err(format!("url: \"{text}\" is not on this machine: insecure_ldap is for loopback only"))
        }
        "ldap" => Err(format!("url: \"{text}\" is not encrypted; use ldaps://, or start_tls = true")),
        _ => Err(format!("url: \"{text}\" is not an ldaps:// or ldap:// address")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_encrypted_is_refused_unless_it_stays_on_this_machine() {
        assert!(address("ldaps://dc1.example.com", false, false).is_ok());
        assert!(address("ldap://dc1.example.com", true, false).is_ok());
        assert!(address("ldap://dc1.example.com", false, false).is_err());
        assert!(address("ldap://dc1.example.com", false, true).is_err());
        assert!(address("ldap://127.0.0.1:1389", false, true).is_ok());
        assert!(address("ldap://127.0.0.1:1389", false, false).is_err());
        assert!(address("ldaps://dc1.example.com", true, false).is_err());
        assert!(address("ldap://[::1]:1389", false, true).is_ok());
        assert!(address("ldap://[2001:db8::1]:1389", false, true).is_err());
        assert!(address("ldap://localhost:1389", false, true).is_ok());
        for name in
            ["a.localhost", "localhost.", "LOCALHOST", "localhost.example.com", "127.0.0.1.example.com", "127.1"]
        {
            assert!(address(&format!("ldap://{name}:1389"), false, true).is_err(), "{name}");
        }
        assert!(address("ldaps://[::1]", false, false).is_ok());
        assert!(address("ldap://[2001:db8::1]", true, false).is_ok());
        for text in ["", "dc1", "https://dc1", "ldaps://"] {
            assert!(address(text, false, true).is_err(), "{text}");
        }
    }

    #[test]
    fn attributes_of_contacts_are_checked_when_the_profile_is_read() {
        let read = |key: &str| {
            let text = format!(
                "[profiles.a]\nbackend = 'active-directory'\nprotected = 'none'\nurl = 'ldaps://dc1.example.com'\nbase = 'DC=example,DC=com'\n{key}"
            );
            let file = std::path::Path::new("/etc/tellonce/config.toml");
            let configuration = crate::config::Configuration::parse(&text, file)?;
            LdapSettings::of(&configuration.profile(Some("a"))?).map(|settings| settings.contact_attributes)
        };
        let usual = read("").map(|found| (found.email, found.phone));
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(usual.ok(), Some((owned(&["mail"]), owned(&["mobile", "telephoneNumber"]))));
        let named = read("contact_attributes = { email = ['mail', 'otherMailbox', '1.2.3'], phone = [] }\n");
        assert_eq!(named.ok().map(|found| (found.email.len(), found.phone.len())), Some((3, 0)));
        for wrong in ["work mail", "", "mail;lang-de", "mail)(uid=*", "2mail", "ma_il", "1..2", "mail\u{20ac}"] {
            let error = read(&format!("contact_attributes = {{ phone = ['{wrong}'] }}\n")).err();
            let message = error.map(|error| error.message).unwrap_or_default();
            assert!(
                message.contains("line 6") && message.contains("not the name of an attribute"),
                "{wrong}: {message}"
            );
        }
    }

    #[test]
    fn a_domain_is_the_dc_parts_of_a_base() {
        assert_eq!(suffix("OU=Customers,DC=tellonce,DC=test"), "DC=tellonce,DC=test");
        assert_eq!(suffix("dc=example,dc=com"), "dc=example,dc=com");
        assert_eq!(suffix("OU=Customers, DC=tellonce, DC=test"), "DC=tellonce, DC=test");
        assert_eq!(suffix("ou=a\\,dc=b,o=acme"), "ou=a\\,dc=b,o=acme", "that dc= is a part of a value");
        assert_eq!(suffix("o=acme"), "o=acme");
        assert_eq!(suffix(""), "");
    }
}
