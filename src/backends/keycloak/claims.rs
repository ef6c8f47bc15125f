//! The claims of an access token. They are read and not verified here, since the token came from the server itself over
//! TLS, and the server verifies it on every call.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::{Error, Kind, Reason, Result};

/// The client whose roles are the rights over a realm.
pub(super) const REALM_MANAGEMENT: &str = "realm-management";

/// The payload of the JWT.
#[derive(Clone, Debug, Deserialize)]
struct Payload {
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

/// The owner of a token, and the rights over the realm that it carries.
#[derive(Clone, Debug)]
pub(super) struct Claims {
    /// The agent's user id.
    pub(super) user: String,
    /// The agent's name.
    pub(super) name: String,
    /// The username, which tokens without the scope `profile` do not have.
    pub(super) username: Option<String>,
    /// The realm that the agent belongs to, percent-decoded; empty if the token does not say.
    pub(super) realm: String,
    /// Roles of `realm-management` (or, from the master realm, of `REALM-realm`).
    pub(super) roles: BTreeSet<String>,
    /// How much the token says of the agent's roles.
    pub(super) role_scope: RoleScope,
    /// The client that the token was issued to.
    client: String,
    /// When the token expires by the server's clock, in seconds since 1970.
    pub(super) expires: Option<i64>,
    /// By how many seconds the server's clock is ahead of this machine's, if known.
    pub(super) clock_skew: Option<i64>,
}

impl Claims {
    /// Computes the clock skew from the token's end: the server's, and `until`, which this machine computed on receipt.
    #[must_use]
    pub(super) fn with_clock_skew(self, until: Timestamp) -> Self {
        Self { clock_skew: self.expires.map(|theirs| theirs - until.as_second()), ..self }
    }

    /// Reads the payload of a JWT (RFC 7519).
    ///
    /// # Errors
    /// Exit 4: it does not name its owner, so that the agent's own user could not be refused.
    pub(super) fn from_token(token: &str, realm: &str) -> Result<Self> {
        let refused = |problem: &str| {
            Error::new(Kind::NotAllowed, Reason::SignInRefused, format!("The access token {problem}.")).hint(
                "Sign in with a client that gives its tokens the scopes basic and profile, and no lightweight ones (docs/backends/keycloak.md).",
            )
        };
        let payload = token.split('.').nth(1).ok_or_else(|| refused("is not one of Keycloak's (no JWT)"))?;
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(payload.trim_end_matches('='))
            .map_err(|_| refused("is not one of Keycloak's (no JWT)"))?;
        let raw: Payload = serde_json::from_slice(&bytes).map_err(|_| refused("is not one of Keycloak's (no JWT)"))?;
        let role_scope = RoleScope::from_payload(&raw);
        let user = raw.sub.ok_or_else(|| refused("does not say whose it is (no sub)"))?;
        let home =
            raw.iss.as_deref().and_then(|issuer| issuer.rsplit('/').next()).map(percent_decode).unwrap_or_default();
        let clients = [REALM_MANAGEMENT.to_owned(), format!("{realm}-realm")];
        let roles = clients.iter().filter_map(|client| raw.resource_access.get(client));
        Ok(Self {
            role_scope,
            client: raw.azp.unwrap_or_default(),
            name: raw.preferred_username.clone().unwrap_or_else(|| user.clone()),
            username: raw.preferred_username,
            user,
            roles: roles.flat_map(|found| found.roles.iter().cloned()).collect(),
            realm: home,
            expires: raw.exp,
            clock_skew: None,
        })
    }

    /// Reports whether the token carries this role, or `realm-admin`.
    pub(super) fn has(&self, role: &str) -> bool {
        self.roles.contains(role) || self.roles.contains("realm-admin")
    }

    /// Reports whether the agent may be a user of this realm. It is not if the token names another realm.
    pub(super) fn is_of(&self, realm: &str) -> bool {
        self.realm.is_empty() || self.realm == realm
    }

    /// Returns what explains a 403.
    pub(super) fn token_roles(&self) -> TokenRoles {
        TokenRoles { carried: self.roles.clone(), role_scope: self.role_scope, client: self.client.clone() }
    }
}

/// Decodes a percent-encoded segment of an address (RFC 3986 section 2.1).
pub(super) fn percent_decode(segment: &str) -> String {
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

/// How many of the agent's roles the client passes on to its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RoleScope {
    /// All of them: the token has the role that every user has. The agent does not have a role that is not in it.
    Full,
    /// Some: the token lacks the role that every user has. The client's "Full scope allowed" is off.
    Limited,
    /// The token has no role at all: the client limits them, or leaves them out.
    Unknown,
}

impl RoleScope {
    fn from_payload(raw: &Payload) -> Self {
        // The server creates a realm's default role with this name, and assigns it to every user (26.7).
        if raw.realm_access.roles.iter().any(|role| role.starts_with("default-roles-")) {
            return Self::Full;
        }
        let none = raw.realm_access.roles.is_empty() && raw.resource_access.values().all(|of| of.roles.is_empty());
        if none { Self::Unknown } else { Self::Limited }
    }
}

/// The roles that a token carries. They explain a 403.
#[derive(Clone, Debug)]
pub(super) struct TokenRoles {
    carried: BTreeSet<String>,
    role_scope: RoleScope,
    client: String,
}

impl TokenRoles {
    /// Stands for a token that is not looked at: an administrator's, for whom `setup` words the error itself.
    pub(super) const fn unknown() -> Self {
        Self { carried: BTreeSet::new(), role_scope: RoleScope::Full, client: String::new() }
    }

    /// Explains why a call that needs this role was refused, with a hint if the role itself may not be what is missing.
    pub(super) fn explain_refusal(&self, role: &str) -> (String, Option<String>) {
        if self.carried.contains(role) {
            let explanation =
                "Your token carries that role: it was taken away meanwhile, or a permission of the realm refuses this.";
            return (explanation.to_owned(), None);
        }
        if self.role_scope == RoleScope::Full {
            return ("You do not have that role.".to_owned(), None);
        }
        let client = &self.client;
        let explanation = format!(
            "Your token does not carry it, nor the role that every user has: the client \"{client}\" does not pass all your roles on."
        );
        let hint = format!(
            "If the role is yours, have the client changed: Clients, {client}, Client scopes, {client}-dedicated, Scope, Full scope allowed on (or the role added there); then sign in again."
        );
        (explanation, Some(hint))
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
        let claims = Claims::from_token(&token, "acme").unwrap();
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
            let claims = Claims::from_token(&token(&format!(r#"{{"sub":"7","iss":"{issuer}"}}"#)), realm).unwrap();
            assert!(claims.realm == realm && claims.is_of(realm) && !claims.is_of("another"), "{issuer}");
        }
        assert!(
            Claims::from_token(&token(r#"{"sub":"7"}"#), "acme").unwrap().is_of("acme"),
            "it does not say: it may be"
        );
    }

    #[test]
    fn a_role_that_the_client_withholds_is_distinguished_from_a_missing_one() {
        let why = |payload: &str| {
            let (words, hint) =
                Claims::from_token(&token(payload), "acme").unwrap().token_roles().explain_refusal("view-users");
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
        let claims = Claims::from_token(&token(r#"{"sub":"7","exp":1000}"#), "acme").unwrap();
        assert_eq!(claims.clock_skew, None, "a token alone tells nothing of the clock here");
        assert_eq!(claims.with_clock_skew(Timestamp::from_second(940).unwrap()).clock_skew, Some(60));
    }

    #[test]
    fn an_agent_of_the_master_realm_has_the_rights_of_that_realms_client() {
        let token = token(
            r#"{"sub":"7","resource_access":{"acme-realm":{"roles":["view-users"]},"other-realm":{"roles":["manage-users"]}}}"#,
        );
        let claims = Claims::from_token(&token, "acme").unwrap();
        assert!(claims.has("view-users") && !claims.has("manage-users"));
    }

    #[test]
    fn a_token_without_an_owner_is_refused() {
        for token in [String::new(), "x".into(), "a.b.c".into(), token("[]"), token(r#"{"preferred_username":"sam"}"#)]
        {
            assert_eq!(
                Claims::from_token(&token, "acme").unwrap_err().exit_code(),
                crate::domain::ExitCode::NOT_ALLOWED
            );
        }
    }
}
