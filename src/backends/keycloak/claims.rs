//! What the access token says of its owner. It came from the server itself over TLS, which checks it on every call:
//! it is read here, not verified.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::{Error, Kind, Reason, Result};

/// The client whose roles are the rights over a realm.
pub(super) const REALM_MANAGEMENT: &str = "realm-management";

#[derive(Clone, Debug, Deserialize)]
struct Raw {
    sub: Option<String>,
    preferred_username: Option<String>,
    iss: Option<String>,
    exp: Option<i64>,
    azp: Option<String>,
    #[serde(default)]
    realm_access: Roles,
    #[serde(default)]
    resource_access: BTreeMap<String, Roles>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Roles {
    #[serde(default)]
    roles: BTreeSet<String>,
}

/// Whose token it is, and which rights over the realm it carries.
#[derive(Clone, Debug)]
pub(super) struct Claims {
    /// The agent's user id.
    pub(super) user: String,
    /// The agent's name.
    pub(super) name: String,
    /// The username; tokens without the scope `profile` do not say it.
    pub(super) username: Option<String>,
    /// The realm that the agent belongs to, as people write its name; empty: the token does not say.
    pub(super) realm: String,
    /// Roles of `realm-management` (or, from the master realm, of `REALM-realm`).
    pub(super) roles: BTreeSet<String>,
    /// What the token says of roles at all.
    pub(super) passing: Passing,
    /// The client that the token was given to.
    client: String,
    /// When it runs out by the server's clock, in seconds since 1970.
    pub(super) expires: Option<i64>,
    /// By how many seconds the server's clock is ahead of this machine's; none: not known.
    pub(super) skew: Option<i64>,
}

impl Claims {
    /// Compares the clocks: the token's end as the server gave it, and as it was reckoned here when the token came.
    #[must_use]
    pub(super) fn came_to_end_at(self, until: Timestamp) -> Self {
        Self { skew: self.expires.map(|theirs| theirs - until.as_second()), ..self }
    }

    /// Reads the payload of a JWT (RFC 7519).
    ///
    /// # Errors
    /// Exit 4: it does not say whose it is, so that an agent's own user could not be told from a customer.
    pub(super) fn of(token: &str, realm: &str) -> Result<Self> {
        let refused = |what: &str| {
            Error::new(Kind::NotAllowed, Reason::SignInRefused, format!("The access token {what}.")).hint(
                "Sign in with a client that gives its tokens the scopes basic and profile, and no lightweight ones (docs/backends/keycloak.md).",
            )
        };
        let payload = token.split('.').nth(1).ok_or_else(|| refused("is not one of Keycloak's (no JWT)"))?;
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(payload.trim_end_matches('='))
            .map_err(|_| refused("is not one of Keycloak's (no JWT)"))?;
        let raw: Raw = serde_json::from_slice(&bytes).map_err(|_| refused("is not one of Keycloak's (no JWT)"))?;
        let passing = Passing::of(&raw);
        let user = raw.sub.ok_or_else(|| refused("does not say whose it is (no sub)"))?;
        let home = raw.iss.as_deref().and_then(|issuer| issuer.rsplit('/').next()).map(decoded).unwrap_or_default();
        let clients = [REALM_MANAGEMENT.to_owned(), format!("{realm}-realm")];
        let roles = clients.iter().filter_map(|client| raw.resource_access.get(client));
        Ok(Self {
            passing,
            client: raw.azp.unwrap_or_default(),
            name: raw.preferred_username.clone().unwrap_or_else(|| user.clone()),
            username: raw.preferred_username,
            user,
            roles: roles.flat_map(|found| found.roles.iter().cloned()).collect(),
            realm: home,
            expires: raw.exp,
            skew: None,
        })
    }

    /// Whether the token carries one of these roles.
    pub(super) fn has(&self, role: &str) -> bool {
        self.roles.contains(role) || self.roles.contains("realm-admin")
    }

    /// Whether the agent may be a user of this realm; not if the token says that it belongs to another.
    pub(super) fn is_of(&self, realm: &str) -> bool {
        self.realm.is_empty() || self.realm == realm
    }

    /// What a 403 is explained by.
    pub(super) fn token_roles(&self) -> TokenRoles {
        TokenRoles { carried: self.roles.clone(), passing: self.passing, client: self.client.clone() }
    }
}

/// A segment of an address as it was before it was percent-encoded (RFC 3986 section 2.1).
pub(super) fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%').then(|| after.get(..2)).flatten();
        let escaped = escaped.and_then(|two| std::str::from_utf8(two).ok());
        let escaped = escaped.and_then(|two| u8::from_str_radix(two, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| segment.to_owned())
}

/// Whether the client passes the agent's roles on to the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passing {
    /// The role that every user of a realm has is in it: a role that is not in it the agent does not have.
    All,
    /// Some roles are in it, and not the one that every user has: the client limits them ("Full scope allowed" is off).
    Limited,
    /// No role at all is in it: the client limits them, or its tokens do not say.
    Untold,
}

impl Passing {
    fn of(raw: &Raw) -> Self {
        // A realm's default role is made with this name, and given to everybody (26.7).
        if raw.realm_access.roles.iter().any(|role| role.starts_with("default-roles-")) {
            return Self::All;
        }
        let none = raw.realm_access.roles.is_empty() && raw.resource_access.values().all(|of| of.roles.is_empty());
        if none { Self::Untold } else { Self::Limited }
    }
}

/// Which roles a token carries, for what a 403 means.
#[derive(Clone, Debug)]
pub(super) struct TokenRoles {
    carried: BTreeSet<String>,
    passing: Passing,
    client: String,
}

impl TokenRoles {
    /// Nothing is known of the token: an administrator's, of whom `setup` tells what is missing in its own words.
    pub(super) const fn unknown() -> Self {
        Self { carried: BTreeSet::new(), passing: Passing::All, client: String::new() }
    }

    /// Why a call that takes this role was refused, and what to do about it before asking for the role.
    pub(super) fn why_missing(&self, role: &str) -> (String, Option<String>) {
        if self.carried.contains(role) {
            let words =
                "Your token carries that role: it was taken away meanwhile, or a permission of the realm refuses this.";
            return (words.to_owned(), None);
        }
        if self.passing == Passing::All {
            return ("You do not have that role.".to_owned(), None);
        }
        let client = &self.client;
        let words = format!(
            "Your token does not carry it, nor the role that every user has: the client \"{client}\" does not pass all your roles on."
        );
        let hint = format!(
            "If the role is yours, have the client changed: Clients, {client}, Client scopes, {client}-dedicated, Scope, Full scope allowed on (or the role added there); then sign in again."
        );
        (words, Some(hint))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn token(payload: &str) -> String {
        format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn name_user_and_rights_are_read() {
        let token = token(
            r#"{"sub":"7","preferred_username":"sam","iss":"https://id/realms/acme","resource_access":{"realm-management":{"roles":["manage-users"]},"account":{"roles":["view-profile"]}}}"#,
        );
        let claims = Claims::of(&token, "acme").unwrap();
        assert_eq!((claims.user.as_str(), claims.name.as_str(), claims.realm.as_str()), ("7", "sam", "acme"));
        assert!(claims.has("manage-users") && !claims.has("view-profile"));
    }

    #[test]
    fn a_realms_name_is_read_as_it_was_written() {
        for (issuer, realm) in [
            ("https://id/realms/two%20words", "two words"),
            ("https://id/realms/Kund*innen%20S%C3%BCd", "Kund*innen Süd"),
            ("https://id/realms/100%", "100%"),
            ("https://id/realms/a%2fb", "a/b"),
            ("https://id/realms/%ff", "%ff"),
            ("https://id/realms/a+b", "a+b"),
        ] {
            let claims = Claims::of(&token(&format!(r#"{{"sub":"7","iss":"{issuer}"}}"#)), realm).unwrap();
            assert!(claims.realm == realm && claims.is_of(realm) && !claims.is_of("another"), "{issuer}");
        }
        assert!(Claims::of(&token(r#"{"sub":"7"}"#), "acme").unwrap().is_of("acme"), "it does not say: it may be");
    }

    #[test]
    fn a_role_that_the_client_keeps_back_is_told_from_one_that_is_missing() {
        let why = |payload: &str| {
            let (words, hint) = Claims::of(&token(payload), "acme").unwrap().token_roles().why_missing("view-users");
            (words, hint.unwrap_or_default())
        };
        let whole = r#"{"sub":"7","azp":"tool","realm_access":{"roles":["default-roles-acme"]}}"#;
        assert_eq!(why(whole), ("You do not have that role.".to_owned(), String::new()));
        for limited in [
            r#"{"sub":"7","azp":"tool"}"#,
            r#"{"sub":"7","azp":"tool","resource_access":{"realm-management":{"roles":["query-users"]}}}"#,
        ] {
            let (words, hint) = why(limited);
            assert!(words.contains("\"tool\"") && hint.contains("Full scope allowed"), "{words} {hint}");
        }
        let has = r#"{"sub":"7","resource_access":{"realm-management":{"roles":["view-users"]}}}"#;
        assert!(why(has).0.contains("carries that role"));
    }

    #[test]
    fn the_clocks_are_compared_by_the_tokens_end() {
        let claims = Claims::of(&token(r#"{"sub":"7","exp":1000}"#), "acme").unwrap();
        assert_eq!(claims.skew, None, "a token alone tells nothing of the clock here");
        assert_eq!(claims.came_to_end_at(Timestamp::from_second(940).unwrap()).skew, Some(60));
    }

    #[test]
    fn an_agent_of_the_master_realm_has_the_rights_of_that_realms_client() {
        let token = token(
            r#"{"sub":"7","resource_access":{"acme-realm":{"roles":["view-users"]},"other-realm":{"roles":["manage-users"]}}}"#,
        );
        let claims = Claims::of(&token, "acme").unwrap();
        assert!(claims.has("view-users") && !claims.has("manage-users"));
    }

    #[test]
    fn what_does_not_say_whose_it_is_is_not_taken() {
        for token in [String::new(), "x".into(), "a.b.c".into(), token("[]"), token(r#"{"preferred_username":"sam"}"#)]
        {
            assert_eq!(Claims::of(&token, "acme").unwrap_err().exit_code(), crate::domain::ExitCode::NOT_ALLOWED);
        }
    }
}
