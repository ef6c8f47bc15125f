//! The keys of a Keycloak profile, parsed and validated.

use std::path::PathBuf;

use reqwest::Url;
use serde::Deserialize;

use super::contacts;
use crate::config::{ContactAttributeKeys, ContactAttributes, Credential, CustomersSource, Profile};
use crate::domain::{Result, SignInMethod};
use crate::net::https::is_loopback;

/// The usual client by which agents sign in.
const CLIENT_ID: &str = "tellonce";
/// The usual group of users with a pending temporary password.
const PENDING_GROUP: &str = "temp-issued";

/// How agents of this profile sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SignInBy {
    #[default]
    Device,
    Web,
    ClientCredentials,
}

/// The profile's keys as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileKeys {
    url: String,
    realm: String,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    sign_in: SignInBy,
    credential: Option<Credential>,
    ca_cert: Option<PathBuf>,
    #[serde(default)]
    insecure_http: bool,
    customers: Option<CustomersSource>,
    contact_attributes: Option<ContactAttributeKeys>,
    pending_group: Option<String>,
}

/// The validated settings of a Keycloak profile.
#[derive(Clone, Debug)]
pub(super) struct KeycloakSettings {
    pub(super) url: Url,
    pub(super) realm: String,
    pub(super) client_id: String,
    pub(super) sign_in: SignInBy,
    pub(super) credential: Option<Credential>,
    pub(super) ca_cert: Option<PathBuf>,
    pub(super) customers: Option<CustomersSource>,
    /// The attributes with addresses and numbers.
    pub(super) contact_attributes: ContactAttributes,
    /// The top-level group of users with a pending temporary password.
    pub(super) pending_group: String,
}

impl KeycloakSettings {
    /// Reads and validates the profile's keys.
    ///
    /// # Errors
    /// Exit 2 with file, line and key.
    pub(super) fn from_profile(profile: &Profile) -> Result<Self> {
        let settings = &profile.settings;
        let keys: ProfileKeys = settings.read()?;
        let url = parse_server_url(&keys.url).map_err(|problem| settings.wrong("url", &problem))?;
        if url.scheme() == "http" && !keys.insecure_http && !is_loopback(&url) {
            let problem = format!(
                "url: {url} is not encrypted, and the server is not on this machine; use https (or say insecure_http = true)"
            );
            return Err(settings.wrong("url", &problem));
        }
        if !is_realm_name(&keys.realm) {
            let problem = format!("realm: \"{}\" is no name of a realm", keys.realm.escape_debug());
            return Err(settings.wrong("realm", &problem));
        }
        let named = keys.contact_attributes;
        let contact_attributes = ContactAttributes::of(named, contacts::USUAL, settings, contacts::is_attribute)?;
        Ok(Self {
            url,
            realm: keys.realm,
            client_id: keys.client_id.unwrap_or_else(|| CLIENT_ID.to_owned()),
            sign_in: keys.sign_in,
            credential: keys.credential,
            ca_cert: keys.ca_cert.map(|path| settings.path(&path)),
            customers: keys.customers.map(|source| settings.customers(source)),
            contact_attributes,
            pending_group: keys.pending_group.unwrap_or_else(|| PENDING_GROUP.to_owned()),
        })
    }

    /// Returns the ways to sign in, the profile's choice first.
    pub(super) const fn methods(&self) -> &'static [SignInMethod] {
        match self.sign_in {
            SignInBy::Device => &[SignInMethod::Device, SignInMethod::Web, SignInMethod::ClientCredentials],
            SignInBy::Web => &[SignInMethod::Web, SignInMethod::Device, SignInMethod::ClientCredentials],
            SignInBy::ClientCredentials => &[SignInMethod::ClientCredentials, SignInMethod::Device, SignInMethod::Web],
        }
    }

    /// Returns the realm's address, the same for every spelling: [`Url`] has a host in small letters and no default port.
    pub(super) fn realm_address(&self) -> Url {
        let mut server = self.url.clone();
        server.set_path(self.url.path().trim_end_matches('/'));
        url_below(&server, &["realms", &self.realm])
    }

    /// Returns an address below the server's.
    pub(super) fn url_at(&self, segments: &[&str]) -> Url {
        url_below(&self.url, segments)
    }
}

/// Returns an address below another. Each segment is percent-encoded (RFC 3986 section 3.3).
pub(super) fn url_below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// Parses the server's address: http or https, with a host, a port and a path only.
fn parse_server_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("url: \"{text}\" is no address ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!("url: \"{text}\" is not an http or https address"));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("url: it holds more than a server's address".to_owned());
    }
    for (part, advice) in [("/realms", "the realm goes to its own key: realm = \"…\""), ("/admin", "leave out /admin")]
    {
        if url.path().contains(part) {
            return Err(format!("url: \"{text}\" is below the server's own address; {advice}"));
        }
    }
    Ok(url)
}

/// Reports whether a text can be a realm's name. Keycloak accepts nearly any, but some would change an address's path.
fn is_realm_name(name: &str) -> bool {
    !name.trim().is_empty()
        && name.len() <= 255
        && !matches!(name, "." | "..")
        && !name.contains(|letter: char| letter.is_control() || matches!(letter, '/' | '\\' | '?' | '#' | ';'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use std::path::Path;

    use super::*;
    use crate::config::Configuration;

    fn settings(keys: &str) -> Result<KeycloakSettings> {
        let text = format!("[profiles.a]\nbackend = 'keycloak'\n{keys}");
        let configuration = Configuration::parse(&text, Path::new("/etc/tellonce/config.toml")).unwrap();
        KeycloakSettings::from_profile(&configuration.profile(Some("a")).unwrap())
    }

    #[test]
    fn omitted_keys_have_the_usual_value_and_paths_are_relative_to_the_configuration() {
        let found = settings("url = 'https://id.example.com/auth/'\nrealm = 'my realm'\nca_cert = 'ca.pem'\n").unwrap();
        assert_eq!(found.client_id, "tellonce");
        assert_eq!(found.contact_attributes.email, ["email"]);
        assert_eq!(found.contact_attributes.phone, ["phoneNumber", "phone_number", "mobile"]);
        assert_eq!(found.methods()[0], SignInMethod::Device);
        assert_eq!(found.ca_cert.as_deref(), Some(Path::new("/etc/tellonce/ca.pem")));
        let url = found.url_at(&["realms", &found.realm, "a/b", "Ünï"]);
        assert_eq!(url.as_str(), "https://id.example.com/auth/realms/my%20realm/a%2Fb/%C3%9Cn%C3%AF");
    }

    #[test]
    fn a_wrong_value_is_refused_with_line_and_key() {
        for (keys, line, key) in [
            ("realm = 'x'\n", "line 1", "url"),
            ("url = 'https://id'\n", "line 1", "realm"),
            ("url = 'ftp://id'\nrealm = 'x'\n", "line 3", "http or https"),
            ("url = 'id.example.com'\nrealm = 'x'\n", "line 3", "no address"),
            ("url = 'http://id.example.com'\nrealm = 'x'\n", "line 3", "insecure_http"),
            ("url = 'https://u:p@id'\nrealm = 'x'\n", "line 3", "more than"),
            ("url = 'https://id/realms/x'\nrealm = 'x'\n", "line 3", "own key"),
            ("url = 'https://id'\nrealm = 'a/b'\n", "line 4", "a/b"),
            ("url = 'https://id'\nrealm = '..'\n", "line 4", "realm"),
            ("url = 'https://id'\nrealm = ' '\n", "line 4", "realm"),
            ("url = 'https://id'\nrealm = 'x'\nsign_in = 'password'\n", "line 5", "sign_in"),
            (
                "url = 'https://id'\nrealm = 'x'\ncontact_attributes = { email = ['work mail'] }\n",
                "line 5",
                "work mail",
            ),
            (
                "url = 'https://id'\nrealm = 'x'\ncontact_attributes = { phone = [''] }\n",
                "line 5",
                "contact_attributes",
            ),
            ("url = 'https://id'\nrealm = 'x'\ncontact_attributes = { fax = ['fax'] }\n", "line 5", "fax"),
            (
                "url = 'https://id'\nrealm = 'x'\ncontact_attributes = { phone = 'mobile' }\n",
                "line 5",
                "contact_attributes",
            ),
        ] {
            let message = settings(keys).unwrap_err().message;
            assert!(message.contains(line) && message.contains(key), "{keys:?}: {message}");
        }
    }

    #[test]
    fn plain_http_goes_to_this_machine_or_where_the_profile_says_so() {
        assert!(settings("url = 'http://127.0.0.1:8080'\nrealm = 'x'\n").is_ok());
        assert!(settings("url = 'http://id.example.com'\nrealm = 'x'\ninsecure_http = true\n").is_ok());
    }
}
