//! What can be found out of a realm before anybody is signed in.

use jiff::Timestamp;
use reqwest::StatusCode;
use serde::Deserialize;

use super::claims::decoded;
use super::errors;
use super::refusal::Refusal;
use super::settings::SignInBy;
use super::sign_in::KeycloakSignIn;
use crate::domain::{Check, CheckState, Error, Reason, Result};
use crate::net::certificate_check;
use crate::net::https::{HttpClient, Quoting, Server, body, no_answer};

/// What the server says of the realm to everybody (`OpenID` Connect Discovery 1.0).
#[derive(Deserialize)]
pub(super) struct Discovered {
    issuer: String,
}

impl KeycloakSignIn {
    /// Asks the server for the realm: what answers is a Keycloak, and has it. With a client that looks, its
    /// certificate is told as well.
    ///
    /// # Errors
    /// Exit 2 with what was found. Exit 8: no answer.
    pub(super) async fn discover(&self, http: &HttpClient) -> Result<(Discovered, Option<Check>)> {
        let realm = self.settings.realm.as_str();
        let url = self.settings.at(&["realms", realm, ".well-known", "openid-configuration"]);
        let sent = http.send(http.get(url.clone())).await;
        let response = sent.map_err(|error| no_answer(error, &url, Quoting::Allowed))?;
        let status = response.status();
        let certificate = certificate_check(&response, Timestamp::now());
        let location = response.headers().get("location").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let read = body(response)
            .await
            .map_err(|_| Error::unavailable(format!("{}: the answer broke off.", errors::host(&url))))?;
        let refusal = || serde_json::from_slice::<Refusal>(&read).ok().and_then(|refusal| refusal.error);
        let no_keycloak = || {
            let what =
                format!("What answers at {} ({status}) is no Keycloak with a realm \"{realm}\".", self.settings.url);
            errors::misconfigured(what)
        };
        match status {
            StatusCode::OK => Ok((serde_json::from_slice(&read).map_err(|_| no_keycloak())?, certificate)),
            StatusCode::NOT_FOUND if refusal().is_some_and(|words| words.starts_with("Realm")) => {
                Err(errors::misconfigured(format!("{} has no realm \"{realm}\".", errors::host(&url))))
            }
            StatusCode::NOT_FOUND => Err(no_keycloak()), // of a Keycloak, too: below another address than this
            StatusCode::TOO_MANY_REQUESTS => Err(errors::unexpected(&url, status, None, &read, Quoting::Allowed)),
            status if status.is_client_error() && refusal().is_none() => Err(no_keycloak()),
            status => Err(errors::unexpected(&url, status, location.as_deref(), &read, Quoting::Allowed)),
        }
    }

    /// Reachable, trusted and for how long, and whether agents could sign in by the profile's client.
    pub(super) async fn look_from_outside(&self) -> Vec<Check> {
        let server =
            Server { url: self.settings.url.clone(), ca_cert: self.settings.ca_cert.clone(), one_call: self.one_call };
        let found = match server.looking_client() {
            Ok(http) => self.discover(&http).await,
            Err(failure) => Err(failure),
        };
        let mut checks = vec![Check::of("server", &found, |(found, _)| {
            let encrypted = if self.settings.url.scheme() == "https" { "" } else { ", without encryption" };
            let issuer = found
                .issuer
                .rsplit_once('/')
                .map_or(String::new(), |(base, realm)| format!("{base}/{}", decoded(realm)));
            format!("realm {} answers as {issuer}{encrypted}", self.settings.realm)
        })];
        if let Ok((_, certificate)) = found {
            checks.extend(certificate);
            checks.push(self.client_check().await);
        }
        checks
    }

    async fn client_check(&self) -> Check {
        let (name, client) = ("sign-in client", &self.settings.client_id);
        let (begins, way) = match self.settings.sign_in {
            SignInBy::Device => (self.oauth().device_begins().await, "with a code on any device"),
            SignInBy::Web => (self.oauth().web_begins().await, "in a browser on this machine"),
            SignInBy::ClientCredentials => {
                let words = format!("{client}: its secret is tried by signing in");
                return Check::new(name, CheckState::Unknown, words);
            }
        };
        let check = Check::of(name, &begins, |()| format!("{client} lets agents sign in {way}"));
        let refused = begins.err().filter(|failure| failure.reason == Reason::SignInRefused);
        if let Some(failure) = refused {
            let words = format!(
                "{} An administrator makes the client, or adds what it lacks: `tellonce setup`; if it has another name, say so in the profile (client_id).",
                failure.message
            );
            return Check { words, for_setup: true, ..check };
        }
        check
    }
}
