//! An OAuth 2.0 client: device grant (RFC 8628), authorization code with PKCE on a loopback port (RFC 8252, RFC 7636),
//! client credentials, and refresh (RFC 6749).

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
pub(crate) use errors::known_description;
use errors::{password_refusal, to_error};
pub(crate) use token_refresh::TokenRefresher;

/// The server's endpoints.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    pub(crate) authorize: Url,
    pub(crate) token: Url,
    /// The device authorization endpoint.
    pub(crate) device: Url,
    /// The endpoint that ends the agent's session, given a refresh token.
    pub(crate) end_session: Url,
}

/// The fields of a token response beyond the standard, as Keycloak and others send them.
#[derive(Debug, Deserialize, Serialize)]
struct ExtraFields {
    /// Seconds until the refresh token expires; 0 if it does not expire.
    refresh_expires_in: Option<u64>,
}

impl ExtraTokenFields for ExtraFields {}

type Grant = StandardTokenResponse<ExtraFields, BasicTokenType>;
type ConfiguredClient = Client<
    BasicErrorResponse,
    Grant,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// The tokens of a sign-in or a refresh.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access: Zeroizing<String>,
    /// When the access token expires.
    pub(crate) access_until: Timestamp,
    refresh: Option<Zeroizing<String>>,
    /// When the refresh token expires, if it does.
    refresh_until: Option<Timestamp>,
}

impl Tokens {
    /// Wraps a bearer token from the environment. Nothing renews it, and the server says when it has expired.
    pub(crate) fn from_environment(token: &str) -> Self {
        Self {
            access: Zeroizing::new(token.to_owned()),
            access_until: Timestamp::MAX,
            refresh: None,
            refresh_until: None,
        }
    }
}

/// A client of an OAuth 2.0 server.
pub(crate) struct OAuth {
    http: HttpClient,
    endpoints: Endpoints,
    client_id: String,
}

impl OAuth {
    pub(crate) const fn new(http: HttpClient, endpoints: Endpoints, client_id: String) -> Self {
        Self { http, endpoints, client_id }
    }

    fn configured_client(&self) -> ConfiguredClient {
        Client::new(ClientId::new(self.client_id.clone()))
            .set_auth_type(AuthType::RequestBody)
            .set_auth_uri(AuthUrl::from_url(self.endpoints.authorize.clone()))
            .set_device_authorization_url(DeviceAuthorizationUrl::from_url(self.endpoints.device.clone()))
            .set_token_uri(TokenUrl::from_url(self.endpoints.token.clone()))
    }

    async fn send(&self, request: oauth2::HttpRequest) -> Result<oauth2::HttpResponse, transport::TransportError> {
        transport::send(&self.http, request).await
    }

    /// Signs in with a client's secret (RFC 6749 section 4.4).
    ///
    /// # Errors
    /// Exit 4: the secret is wrong, or the client may not sign in like this. Exit 8: no answer.
    pub(crate) async fn client_credentials(&self, secret: &str) -> Result<Tokens> {
        let client = self.configured_client().set_client_secret(ClientSecret::new(secret.to_owned()));
        let granted = client.exchange_client_credentials().request_async(&|request| self.send(request)).await;
        granted
            .map(|granted| tokens(&granted))
            .map_err(|error| to_error(error, &self.endpoints.token, &self.client_id).redacted(secret))
    }

    /// Signs in with a name and a password (RFC 6749 section 4.3), and with further form fields that the server reads.
    /// Returns the server's known description if it rejects them.
    ///
    /// Only an administrator's one command signs in like this, and nothing of it is stored.
    ///
    /// # Errors
    /// Exit 4: the client may not sign in like this. Exit 8: no answer.
    pub(crate) async fn password(
        &self,
        name: &str,
        password: &str,
        form_fields: &[(&str, &str)],
    ) -> Result<Result<Tokens, &'static str>> {
        let (user, owner) =
            (ResourceOwnerUsername::new(name.to_owned()), ResourceOwnerPassword::new(password.to_owned()));
        let client = self.configured_client();
        let request = client.exchange_password(&user, &owner);
        let request = form_fields.iter().fold(request, |request, (name, value)| request.add_extra_param(*name, *value));
        match request.request_async(&|request| self.send(request)).await {
            Ok(granted) => Ok(Ok(tokens(&granted))),
            Err(error) => {
                let refusal = password_refusal(error, &self.endpoints.token, &self.client_id);
                let secrets = form_fields.iter().map(|(_, value)| *value).chain([password]);
                refusal.map(Err).map_err(|error| secrets.fold(error, Error::redacted))
            }
        }
    }

    /// Refreshes the access token (RFC 6749 section 6). The server may rotate the refresh token.
    ///
    /// # Errors
    /// Exit 4: the session is over. Exit 8: no answer.
    pub(crate) async fn refresh(&self, refresh: &str) -> Result<Tokens> {
        let refresh = RefreshToken::new(refresh.to_owned());
        let granted = self
            .configured_client()
            .exchange_refresh_token(&refresh)
            .request_async(&|request| self.send(request))
            .await;
        let mut tokens = granted
            .map(|granted| tokens(&granted))
            .map_err(|error| to_error(error, &self.endpoints.token, &self.client_id).redacted(refresh.secret()))?;
        if tokens.refresh.is_none() {
            tokens.refresh = Some(Zeroizing::new(refresh.into_secret())); // it stays valid: RFC 6749 section 6
        }
        Ok(tokens)
    }

    /// Ends the session at the server.
    ///
    /// # Errors
    /// Exit 8: no answer, or one that does not say that the session is ended.
    pub(crate) async fn end_session(&self, refresh: &str) -> Result<()> {
        let form = [("client_id", self.client_id.as_str()), ("refresh_token", refresh)];
        let url = &self.endpoints.end_session;
        let sent = self.http.send(self.http.post(url.clone()).form(&form)).await;
        let response = sent.map_err(|error| no_answer(error, url, Quoting::Forbidden))?;
        // A session that is over already gets 400 invalid_grant, which is what the caller wants.
        if response.status().is_success() || response.status() == reqwest::StatusCode::BAD_REQUEST {
            return Ok(());
        }
        Err(Error::unavailable(format!("The server did not end the session: it answered {}.", response.status())))
    }
}

fn tokens(granted: &Grant) -> Tokens {
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
