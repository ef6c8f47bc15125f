//! What the access token says of its owner. It came from the server itself over TLS, which checks it on every call:
//! it is read here, not verified.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::{Answer, Failure, Kind, Reason};

/// The client whose roles are the rights over a realm.
pub(super) const REALM_MANAGEMENT: &str = "realm-management";

#[derive(Clone, Debug, Deserialize)]
struct Raw {
    sub: Option<String>,
    preferred_username: Option<String>,
    iss: Option<String>,
    exp: Option<i64>,
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
    /// The realm that the agent belongs to.
    pub(super) realm: String,
    /// Roles of `realm-management` (or, from the master realm, of `REALM-realm`).
    pub(super) roles: BTreeSet<String>,
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
    pub(super) fn of(token: &str, realm: &str) -> Answer<Self> {
        let refused = |what: &str| {
            Failure::new(Kind::NotAllowed, Reason::SignInRefused, format!("The access token {what}.")).hint(
                "Sign in with a client that gives its tokens the scopes basic and profile (docs/backends/keycloak.md).",
            )
        };
        let payload = token.split('.').nth(1).ok_or_else(|| refused("is not one of Keycloak's (no JWT)"))?;
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(payload.trim_end_matches('='))
            .map_err(|_| refused("is not one of Keycloak's (no JWT)"))?;
        let raw: Raw = serde_json::from_slice(&bytes).map_err(|_| refused("is not one of Keycloak's (no JWT)"))?;
        let user = raw.sub.ok_or_else(|| refused("does not say whose it is (no sub)"))?;
        let home = raw.iss.as_deref().and_then(|issuer| issuer.rsplit('/').next()).unwrap_or_default().to_owned();
        let clients = [REALM_MANAGEMENT.to_owned(), format!("{realm}-realm")];
        let roles = clients.iter().filter_map(|client| raw.resource_access.get(client));
        Ok(Self {
            name: raw.preferred_username.unwrap_or_else(|| user.clone()),
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
