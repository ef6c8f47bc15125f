//! The setup step for the public client by which agents sign in.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::admin_api::{AdminApi, AdminRight};
use super::setup_step::{NotApplicable, SetupStep, step};
use crate::backends::keycloak::settings::{KeycloakSettings, SignInBy};
use crate::domain::{Error, Result, Step};

/// The redirect URI of `login --web`. Keycloak accepts any port of it (RFC 8252 section 7.3).
const CALLBACK: &str = "http://127.0.0.1/callback";
const DEVICE: &str = "oauth2.device.authorization.grant.enabled";
const PKCE: &str = "pkce.code.challenge.method";
const ID: &str = "client";

/// The agents' client, as far as the server has it.
pub(super) struct AgentsClient {
    client_id: String,
    /// The server's representation of the client.
    found: Option<Value>,
}

/// Describes the step without asking the server.
pub(super) fn new(settings: &KeycloakSettings) -> Box<dyn SetupStep> {
    client_of_scripts(settings)
        .unwrap_or_else(|| Box::new(AgentsClient { client_id: settings.client_id.clone(), found: None }))
}

/// Reads the client.
///
/// # Errors
/// As for [`AdminApi::get`].
pub(super) async fn load(admin: &AdminApi, settings: &KeycloakSettings) -> Result<Box<dyn SetupStep>> {
    if let Some(step) = client_of_scripts(settings) {
        return Ok(step);
    }
    let client_id = settings.client_id.clone();
    let found: Vec<Value> = admin.get(&["clients"], &[("clientId", &client_id)], AdminRight::Clients).await?;
    let found = found.into_iter().find(|client| client["clientId"] == client_id.as_str());
    if found.as_ref().is_some_and(|client| client["publicClient"] != true) {
        let why = format!(
            "the client {client_id} is there and has a secret of its own: name another in the profile (client_id) for agents to sign in by"
        );
        return Ok(Box::new(NotApplicable { id: ID, why }));
    }
    Ok(Box::new(AgentsClient { client_id, found }))
}

/// Returns a note if the client passes on only the roles of its own scope.
///
/// # Errors
/// As for [`AdminApi::get`].
pub(super) async fn scope_note(admin: &AdminApi, client_id: &str) -> Result<Option<String>> {
    let found: Vec<Value> = admin.get(&["clients"], &[("clientId", client_id)], AdminRight::Clients).await?;
    let found = found.into_iter().find(|client| client["clientId"] == client_id);
    Ok(found.filter(|client| client["fullScopeAllowed"] == false).map(|_| {
        format!(
            "the client {client_id} passes on only the roles that are in its scope (Full scope allowed is off). Agents can do nothing until the roles of their group are added there: Clients, {client_id}, Client scopes, {client_id}-dedicated, Scope."
        )
    }))
}

/// Returns the step of a profile for scripts, whose client has a secret and is created by hand.
fn client_of_scripts(settings: &KeycloakSettings) -> Option<Box<dyn SetupStep>> {
    (settings.sign_in == SignInBy::ClientCredentials).then(|| {
        let why = format!(
            "the profile signs in by the secret of the client {}: make that by hand, and put its service account into the agents' group",
            settings.client_id
        );
        Box::new(NotApplicable { id: ID, why }) as Box<dyn SetupStep>
    })
}

impl AgentsClient {
    /// Lists the settings that the client lacks.
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
        .filter_map(|(is_set, setting)| (!is_set).then_some(setting))
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

    async fn carry_out(&self, admin: &AdminApi) -> Result<String> {
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
            admin.create(&["clients"], &body, AdminRight::Clients).await?;
            return Ok(format!("the client {} is made", self.client_id));
        };
        // Only what is missing is added; the realm owns the other settings.
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
        admin.put(&["clients", &id], &client, AdminRight::Clients).await?;
        Ok(format!("the client {} has what it lacked", self.client_id))
    }
}
