//! Signing in at an OAuth 2.0 server: device grant (RFC 8628), authorization code with PKCE on a loopback port
//! (RFC 8252, RFC 7636), client credentials, and refresh (RFC 6749).

mod device;
mod errors;
mod probe;
mod token_refresh;
mod transport;
mod web;

use std::time::Duration;

use jiff::Timestamp;
use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthUrl, Client, ClientId, ClientSecret, DeviceAuthorizationUrl, EndpointNotSet, EndpointSet,
    ExtraTokenFields, RefreshToken, ResourceOwnerPassword, ResourceOwnerUsername, StandardRevocableToken,
    StandardTokenResponse, TokenResponse, TokenUrl,
};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::domain::{Error, Result};
use crate::net::https::{HttpClient, Quoting, no_answer};
pub use errors::known_description;
use errors::{not_taken, to_error};
pub use token_refresh::{AGENT_SESSION_LASTS, TokenRefresher};

/// Where the server does what.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// The authorization endpoint.
    pub authorize: Url,
    /// The token endpoint.
    pub token: Url,
    /// The device authorization endpoint.
    pub device: Url,
    /// The endpoint that ends the agent's session, given a refresh token.
    pub end_session: Url,
}

/// What Keycloak and others say beyond the standard.
#[derive(Debug, Deserialize, Serialize)]
struct Extra {
    /// Seconds until the refresh token runs out; 0: it does not by itself.
    refresh_expires_in: Option<u64>,
}

impl ExtraTokenFields for Extra {}

type Granted = StandardTokenResponse<Extra, BasicTokenType>;
type SetUp = Client<
    BasicErrorResponse,
    Granted,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// What a sign-in or a refresh gave.
#[derive(Clone, Serialize, Deserialize)]
pub struct Tokens {
    /// The bearer token of each call.
    pub access: Zeroizing<String>,
    /// When that runs out.
    pub access_until: Timestamp,
    /// What gets the next one.
    pub refresh: Option<Zeroizing<String>>,
    /// When that runs out, where it does.
    pub refresh_until: Option<Timestamp>,
}

impl Tokens {
    /// A bearer token from the environment: nothing renews it, and the server says when it is over.
    pub fn ambient(token: &str) -> Self {
        Self {
            access: Zeroizing::new(token.to_owned()),
            access_until: Timestamp::MAX,
            refresh: None,
            refresh_until: None,
        }
    }
}

/// A client of an OAuth 2.0 server.
pub struct OAuth {
    http: HttpClient,
    endpoints: Endpoints,
    client_id: String,
}

impl OAuth {
    /// A client known to the server by this id.
    pub const fn new(http: HttpClient, endpoints: Endpoints, client_id: String) -> Self {
        Self { http, endpoints, client_id }
    }

    fn set_up(&self) -> SetUp {
        Client::new(ClientId::new(self.client_id.clone()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::from_url(self.endpoints.authorize.clone()))
            .set_device_authorization_url(DeviceAuthorizationUrl::from_url(self.endpoints.device.clone()))
            .set_token_uri(TokenUrl::from_url(self.endpoints.token.clone()))
    }

    async fn send(&self, request: oauth2::HttpRequest) -> Result<oauth2::HttpResponse, transport::Failed> {
        transport::send(&self.http, request).await
    }

    /// With a script's own secret (RFC 6749 section 4.4).
    ///
    /// # Errors
    /// Exit 4: the secret is wrong, or the client may not sign in so. Exit 8: no answer.
    pub async fn client_credentials(&self, secret: &str) -> Result<Tokens> {
        let client = self.set_up().set_client_secret(ClientSecret::new(secret.to_owned()));
        let granted = client.exchange_client_credentials().request_async(&|request| self.send(request)).await;
        granted
            .map(|granted| tokens(&granted))
            .map_err(|error| to_error(error, &self.endpoints.token, &self.client_id).redacted(secret))
    }

    /// With a name and a password (RFC 6749 section 4.3), and whatever else the server reads from the form: for an
    /// administrator's one command, of which nothing is kept. Where it does not take them, its words as far as known.
    ///
    /// # Errors
    /// Exit 4: the client may not do so. Exit 8: no answer.
    pub async fn password(
        &self,
        name: &str,
        password: &str,
        more: &[(&str, &str)],
    ) -> Result<Result<Tokens, &'static str>> {
        let (user, owner) =
            (ResourceOwnerUsername::new(name.to_owned()), ResourceOwnerPassword::new(password.to_owned()));
        let client = self.set_up();
        let request = client.exchange_password(&user, &owner);
        let request = more.iter().fold(request, |request, (name, value)| request.add_extra_param(*name, *value));
        match request.request_async(&|request| self.send(request)).await {
            Ok(granted) => Ok(Ok(tokens(&granted))),
            Err(error) => {
                let told = not_taken(error, &self.endpoints.token, &self.client_id);
                let secrets = more.iter().map(|(_, value)| *value).chain([password]);
                told.map(Err).map_err(|failure| secrets.fold(failure, Error::redacted))
            }
        }
    }

    /// Gets the next access token (RFC 6749 section 6). The server may give a new refresh token and void this one.
    ///
    /// # Errors
    /// Exit 4: the session is over. Exit 8: no answer.
    pub async fn refresh(&self, refresh: &str) -> Result<Tokens> {
        let refresh = RefreshToken::new(refresh.to_owned());
        let granted = self.set_up().exchange_refresh_token(&refresh).request_async(&|request| self.send(request)).await;
        let mut tokens = granted
            .map(|granted| tokens(&granted))
            .map_err(|error| to_error(error, &self.endpoints.token, &self.client_id).redacted(refresh.secret()))?;
        if tokens.refresh.is_none() {
            tokens.refresh = Some(Zeroizing::new(refresh.into_secret())); // it stays good: RFC 6749 section 6
        }
        Ok(tokens)
    }

    /// Ends the session at the server.
    ///
    /// # Errors
    /// Exit 8: no answer, or not the one of a session that is ended.
    pub async fn end_session(&self, refresh: &str) -> Result<()> {
        let form = [("client_id", self.client_id.as_str()), ("refresh_token", refresh)];
        let url = &self.endpoints.end_session;
        let sent = self.http.send(self.http.post(url.clone()).form(&form)).await;
        let response = sent.map_err(|error| no_answer(error, url, Quoting::Forbidden))?;
        // One that is over already is answered with 400 invalid_grant: that is what was wanted.
        if response.status().is_success() || response.status() == reqwest::StatusCode::BAD_REQUEST {
            return Ok(());
        }
        Err(Error::unavailable(format!("The server did not end the session: it answered {}.", response.status())))
    }
}

fn tokens(granted: &Granted) -> Tokens {
    let now = Timestamp::now();
    let after = |seconds: u64| now.checked_add(Duration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
    let refresh_seconds = granted.extra_fields().refresh_expires_in.filter(|seconds| *seconds > 0);
    Tokens {
        access: Zeroizing::new(granted.access_token().secret().clone()),
        access_until: after(granted.expires_in().unwrap_or_default().as_secs()),
        refresh: granted.refresh_token().map(|token| Zeroizing::new(token.secret().clone())),
        refresh_until: granted.refresh_token().and(refresh_seconds).map(after),
    }
}
