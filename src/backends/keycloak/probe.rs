//! Probes of a realm before anybody is signed in: that it exists, and that agents can begin to sign in.

use jiff::Timestamp;
use reqwest::StatusCode;
use serde::Deserialize;

use super::claims::percent_decode;
use super::errors;
use super::refusal::Refusal;
use super::settings::SignInBy;
use super::sign_in::KeycloakSignIn;
use crate::domain::{Check, CheckState, Error, Reason, Result};
use crate::net::certificate_check;
use crate::net::https::{HttpClient, Quoting, Server, no_answer, read_body};

/// The realm's public metadata (`OpenID` Connect Discovery 1.0).
#[derive(Deserialize)]
pub(super) struct ProviderMetadata {
    issuer: String,
}

impl KeycloakSignIn {
    /// Checks that a Keycloak with this realm answers. A client that keeps certificates gets a check of it as well.
    ///
    /// # Errors
    /// Exit 2: something else answers, or the realm does not exist. Exit 8: no answer.
    pub(super) async fn discover(&self, http: &HttpClient) -> Result<(ProviderMetadata, Option<Check>)> {
        let realm = self.settings.realm.as_str();
        let url = self.settings.url_at(&["realms", realm, ".well-known", "openid-configuration"]);
        let sent = http.send(http.get(url.clone())).await;
        let response = sent.map_err(|error| no_answer(error, &url, Quoting::Allowed))?;
        let status = response.status();
        let certificate = certificate_check(&response, Timestamp::now());
        let location = response.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let body = read_body(response)
            .await
            .map_err(|_| Error::unavailable(format!("{}: the answer broke off.", errors::host(&url))))?;
        let refusal = || serde_json::from_slice::<Refusal>(&body).ok().and_then(|refusal| refusal.error);
        let no_keycloak = || {
            let message =
                format!("What answers at {} ({status}) is no Keycloak with a realm \"{realm}\".", self.settings.url);
            errors::misconfigured(message)
        };
        match status {
            StatusCode::OK => Ok((serde_json::from_slice(&body).map_err(|_| no_keycloak())?, certificate)),
            StatusCode::NOT_FOUND if refusal().is_some_and(|text| text.starts_with("Realm")) => {
                Err(errors::misconfigured(format!("{} has no realm \"{realm}\".", errors::host(&url))))
            }
            StatusCode::NOT_FOUND => Err(no_keycloak()), // a Keycloak below another path answers this too
            StatusCode::TOO_MANY_REQUESTS => Err(errors::unexpected(&url, status, None, &body, Quoting::Allowed)),
            status if status.is_client_error() && refusal().is_none() => Err(no_keycloak()),
            status => Err(errors::unexpected(&url, status, location.as_deref(), &body, Quoting::Allowed)),
        }
    }

    /// Checks that the server is reachable, its certificate, and that agents can sign in by the profile's client.
    pub(super) async fn run_outside_checks(&self) -> Vec<Check> {
        let server = Server {
            url: self.settings.url.clone(),
            ca_cert: self.settings.ca_cert.clone(),
            time_limit: self.time_limit,
        };
        let discovered = match server.client_with_certificates() {
            Ok(http) => self.discover(&http).await,
            Err(error) => Err(error),
        };
        let mut checks = vec![Check::of("server", &discovered, |(metadata, _)| {
            let encrypted = if self.settings.url.scheme() == "https" { "" } else { ", without encryption" };
            let issuer = metadata
                .issuer
                .rsplit_once('/')
                .map_or(String::new(), |(base, realm)| format!("{base}/{}", percent_decode(realm)));
            format!("realm {} answers as {issuer}{encrypted}", self.settings.realm)
        })];
        if let Ok((_, certificate)) = discovered {
            checks.extend(certificate);
            checks.push(self.client_check().await);
        }
        checks
    }

    async fn client_check(&self) -> Check {
        let (name, client) = ("sign-in client", &self.settings.client_id);
        let (probed, way) = match self.settings.sign_in {
            SignInBy::Device => (self.oauth().probe_device_grant().await, "with a code on any device"),
            SignInBy::Web => (self.oauth().probe_authorization_page().await, "in a browser on this machine"),
            SignInBy::ClientCredentials => {
                let finding = format!("{client}: its secret is tried by signing in");
                return Check::new(name, CheckState::Unknown, finding);
            }
        };
        let check = Check::of(name, &probed, |()| format!("{client} lets agents sign in {way}"));
        let refused = probed.err().filter(|error| error.reason == Reason::SignInRefused);
        if let Some(error) = refused {
            let words = format!(
                "{} An administrator makes the client, or adds what it lacks: `tellonce setup`; if it has another name, say so in the profile (client_id).",
                error.message
            );
            return Check { words, for_setup: true, ..check };
        }
        check
    }
}
