//! The public client by which agents sign in.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::calls::{Calls, Need};
use super::step::{NotApplicable, SetupStep, step};
use crate::backends::keycloak::settings::{KeycloakSettings, SignInBy};
use crate::domain::{Error, Result, Step};

/// Where `login --web` listens: Keycloak takes any port of it (RFC 8252 section 7.3).
const CALLBACK: &str = "http://127.0.0.1/callback";
const DEVICE: &str = "oauth2.device.authorization.grant.enabled";
const PKCE: &str = "pkce.code.challenge.method";
const ID: &str = "client";

/// The client, as far as it is there.
pub(super) struct AgentsClient {
    client_id: String,
    /// As the server has it.
    found: Option<Value>,
}

/// Nothing is known of it.
pub(super) fn unknown(settings: &KeycloakSettings) -> Box<dyn SetupStep> {
    scripts_own(settings)
        .unwrap_or_else(|| Box::new(AgentsClient { client_id: settings.client_id.clone(), found: None }))
}

/// Looks at it.
///
/// # Errors
/// As for [`Calls::get`].
pub(super) async fn look(calls: &Calls, settings: &KeycloakSettings) -> Result<Box<dyn SetupStep>> {
    if let Some(part) = scripts_own(settings) {
        return Ok(part);
    }
    let client_id = settings.client_id.clone();
    let found: Vec<Value> = calls.get(&["clients"], &[("clientId", &client_id)], Need::Clients).await?;
    let found = found.into_iter().find(|client| client["clientId"] == client_id.as_str());
    if found.as_ref().is_some_and(|client| client["publicClient"] != true) {
        let why = format!(
            "the client {client_id} is there and has a secret of its own: name another in the profile (client_id) for agents to sign in by"
        );
        return Ok(Box::new(NotApplicable { id: ID, why }));
    }
    Ok(Box::new(AgentsClient { client_id, found }))
}

/// That the client passes on only the roles of its own scope; none: it passes all on, or is not there.
///
/// # Errors
/// As for [`Calls::get`].
pub(super) async fn scope_note(calls: &Calls, client_id: &str) -> Result<Option<String>> {
    let found: Vec<Value> = calls.get(&["clients"], &[("clientId", client_id)], Need::Clients).await?;
    let found = found.into_iter().find(|client| client["clientId"] == client_id);
    Ok(found.filter(|client| client["fullScopeAllowed"] == false).map(|_| {
        format!(
            "the client {client_id} passes on only the roles that are in its scope (Full scope allowed is off). Agents can do nothing until the roles of their group are added there: Clients, {client_id}, Client scopes, {client_id}-dedicated, Scope."
        )
    }))
}

/// A profile for scripts names a client with a secret, which is somebody's to keep.
fn scripts_own(settings: &KeycloakSettings) -> Option<Box<dyn SetupStep>> {
    (settings.sign_in == SignInBy::ClientCredentials).then(|| {
        let why = format!(
            "the profile signs in by the secret of the client {}: make that by hand, and put its service account into the agents' group",
            settings.client_id
        );
        Box::new(NotApplicable { id: ID, why }) as Box<dyn SetupStep>
    })
}

impl AgentsClient {
    /// What is missing of it, in words.
    fn missing(&self) -> Vec<&'static str> {
        let Some(client) = &self.found else { return Vec::new() };
        let callback = |uri: &Value| uri == CALLBACK;
        let redirects = client["redirectUris"].as_array().is_some_and(|uris| uris.iter().any(callback));
        [
            (client["enabled"] != false, "enabled"),
            (client["standardFlowEnabled"] == true, "the standard flow"),
            (redirects, "the redirect to this machine"),
            (client["attributes"][DEVICE] == "true", "the device grant"),
            (client["attributes"][PKCE] == "S256", "PKCE"),
        ]
        .into_iter()
        .filter_map(|(there, what)| (!there).then_some(what))
        .collect()
    }
}

#[async_trait(?Send)]
impl SetupStep for AgentsClient {
    fn step(&self) -> Step {
        let missing = self.missing();
        let mut words = format!("the public client {}, by which agents sign in", self.client_id);
        if !missing.is_empty() {
            words = format!("{words}; it lacks {}", missing.join(", "));
        }
        let by_hand = vec![
            format!("Clients, Create client: type OpenID Connect, Client ID {}.", self.client_id),
            "Client authentication off; Standard flow and OAuth 2.0 Device Authorization Grant on; all other flows off."
                .to_owned(),
            format!("Valid redirect URIs: {CALLBACK}"),
            "Advanced, Proof Key for Code Exchange Code Challenge Method: S256.".to_owned(),
        ];
        step(ID, self.found.is_some() && missing.is_empty(), words, by_hand)
    }

    async fn carry_out(&self, calls: &Calls) -> Result<String> {
        let Some(mut client) = self.found.clone() else {
            let body = json!({
                "clientId": self.client_id,
                "name": "tellonce: support agents",
                "publicClient": true,
                "standardFlowEnabled": true,
                "directAccessGrantsEnabled": false,
                "implicitFlowEnabled": false,
                "serviceAccountsEnabled": false,
                "redirectUris": [CALLBACK],
                "webOrigins": [],
                "attributes": { DEVICE: "true", PKCE: "S256" },
            });
            calls.make(&["clients"], &body, Need::Clients).await?;
            return Ok(format!("the client {} is made", self.client_id));
        };
        // Only what is missing is added: the rest of it is the realm's own.
        client["enabled"] = json!(true);
        client["standardFlowEnabled"] = json!(true);
        client["attributes"][DEVICE] = json!("true");
        client["attributes"][PKCE] = json!("S256");
        let uris = client["redirectUris"].as_array_mut().ok_or_else(|| {
            Error::unavailable(format!("The server shows no redirect URIs of client {}.", self.client_id))
        })?;
        if !uris.iter().any(|uri| uri == CALLBACK) {
            uris.push(json!(CALLBACK));
        }
        let id = client["id"].as_str().unwrap_or_default().to_owned();
        calls.put(&["clients", &id], &client, Need::Clients).await?;
        Ok(format!("the client {} has what it lacked", self.client_id))
    }
}
