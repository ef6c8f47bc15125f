//! The port `AgentSignIn` for a realm: device code, browser, a client's secret, or a token from the environment.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::call::Api;
use super::claims::Claims;
use super::directory::RealmDirectory;
use super::settings::{KeycloakSettings, SignInBy};
use super::user_lookup::KeycloakAgent;
use crate::auth::oauth::{Endpoints, OAuth, TokenRefresher, Tokens};
use crate::auth::{SessionStore, read_credential};
use crate::backends::CsvCustomers;
use crate::config::{Protected, Settings};
use crate::domain::ports::{AgentSignIn, CustomerDirectory, Prompter};
use crate::domain::{Check, Error, ProfileRef, Reason, Result, Session, SignInMethod, StoredSession};
use crate::net::https::HttpClient;

/// The environment variable with an agent's access token.
const TOKEN_VARIABLE: &str = "TELLONCE_TOKEN";

/// Signs agents in to a realm.
pub(super) struct KeycloakSignIn {
    pub(super) settings: KeycloakSettings,
    pub(super) profile_settings: Settings,
    pub(super) profile_ref: ProfileRef,
    pub(super) protected: Protected,
    pub(super) http: HttpClient,
    pub(super) store: Rc<SessionStore>,
    pub(super) lock: std::path::PathBuf,
    pub(super) time_limit: Duration,
}

impl KeycloakSignIn {
    /// Builds the OAuth client of the profile's realm and client.
    pub(super) fn oauth(&self) -> OAuth {
        let endpoint = |parts: &[&str]| {
            let path = [&["realms", self.settings.realm.as_str(), "protocol", "openid-connect"], parts].concat();
            self.settings.url_at(&path)
        };
        let endpoints = Endpoints {
            authorize: endpoint(&["auth"]),
            token: endpoint(&["token"]),
            device: endpoint(&["auth", "device"]),
            end_session: endpoint(&["logout"]),
        };
        OAuth::new(self.http.clone(), endpoints, self.settings.client_id.clone())
    }

    /// Opens a session with these tokens.
    fn open_session(&self, refresher: TokenRefresher, claims: Claims, expires_at: Option<Timestamp>) -> Session {
        let agent = if claims.is_of(&self.settings.realm) {
            claims.name.clone()
        } else {
            format!("{} of realm {}", claims.name, claims.realm)
        };
        let realm = self.settings.url_at(&["admin", "realms", &self.settings.realm]);
        let roles = claims.token_roles();
        let api = Api::new(self.http.clone(), realm, self.settings.realm.clone(), refresher, roles);
        let customers = || -> Option<Box<dyn CustomerDirectory>> {
            self.settings.customers.clone().map(|source| Box::new(CsvCustomers::new(source)) as _)
        };
        let agent_api = KeycloakAgent::new(api, claims, self.protected.clone(), &self.settings, customers());
        let directory = customers().unwrap_or_else(|| Box::new(RealmDirectory(agent_api.clone())));
        Session::new(agent, self.profile_ref.clone(), expires_at, Box::new(agent_api), directory)
    }

    /// Has renewed tokens stored where the session is stored.
    fn storing_renewals(&self, refresher: TokenRefresher) -> TokenRefresher {
        refresher.stored_in(Rc::clone(&self.store), self.lock.clone(), self.time_limit.saturating_mul(2))
    }

    /// Opens a session with fresh tokens, and says what to store of it.
    fn begin_session(
        &self,
        tokens: Tokens,
        secret: Option<Zeroizing<String>>,
    ) -> Result<(Session, Option<StoredSession>)> {
        let claims = Claims::from_token(&tokens.access, &self.settings.realm)?;
        let refresher = self.storing_renewals(TokenRefresher::new(self.oauth(), tokens, &claims.name, secret));
        let claims = claims.with_clock_skew(refresher.access_until());
        let stored = refresher.to_stored()?;
        let ends = refresher.ends();
        Ok((self.open_session(refresher, claims, Some(ends)), Some(stored)))
    }

    /// Opens a session with a token from the environment, which nothing renews.
    fn session_from_environment(&self, token: &str) -> Result<Session> {
        let claims = Claims::from_token(token, &self.settings.realm)?;
        let refresher = TokenRefresher::new(self.oauth(), Tokens::from_environment(token), &claims.name, None);
        Ok(self.open_session(refresher, claims, None))
    }

    /// Reads the client's secret, if the profile names a credential.
    fn read_client_secret(&self) -> Result<Option<Zeroizing<String>>> {
        let credential = self.settings.credential.as_ref();
        credential.map(|credential| read_credential(credential, &self.profile_settings, &|_| {})).transpose()
    }
}

#[async_trait(?Send)]
impl AgentSignIn for KeycloakSignIn {
    fn methods(&self) -> &'static [SignInMethod] {
        self.settings.methods()
    }

    async fn sign_in(
        &self,
        method: SignInMethod,
        _: Option<&str>,
        prompter: &mut dyn Prompter,
    ) -> Result<(Session, Option<StoredSession>)> {
        self.discover(&self.http).await?;
        let oauth = self.oauth();
        match method {
            SignInMethod::Device => self.begin_session(oauth.sign_in_with_device_code(prompter).await?, None),
            SignInMethod::Web => self.begin_session(oauth.sign_in_with_browser(prompter).await?, None),
            SignInMethod::ClientCredentials => {
                let question = format!("Secret of the client {}", self.settings.client_id);
                let secret =
                    self.read_client_secret()?.map_or_else(|| prompter.secret(&question, "--password-stdin"), Ok)?;
                let tokens = oauth.client_credentials(&secret).await?;
                self.begin_session(tokens, Some(secret))
            }
            SignInMethod::Password | SignInMethod::ExternalCredentials => {
                Err(Error::usage("Keycloak's agents sign in by --device, --web or --client-credentials."))
            }
        }
    }

    async fn resume(&self, stored: Option<StoredSession>) -> Result<Option<Session>> {
        if let Some(token) =
            std::env::var(TOKEN_VARIABLE).map(Zeroizing::new).ok().filter(|token| !token.trim().is_empty())
        {
            return self.session_from_environment(token.trim()).map(Some);
        }
        let Some(stored) = stored else {
            if self.settings.sign_in != SignInBy::ClientCredentials {
                return Ok(None);
            }
            // Unattended: each command signs in with the profile's credential.
            let Some(secret) = self.read_client_secret()? else { return Ok(None) };
            let tokens = self.oauth().client_credentials(&secret).await?;
            let (session, _) = self.begin_session(tokens, Some(secret))?;
            return Ok(Some(session));
        };
        let refresher = self.storing_renewals(TokenRefresher::from_stored(self.oauth(), &stored)?);
        let access = match refresher.bearer().await {
            Ok(access) => access,
            Err(error) if error.reason == Reason::SessionOver => {
                tracing::debug!(%error, "the stored session is over");
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let claims = Claims::from_token(&access, &self.settings.realm)?.with_clock_skew(refresher.access_until());
        let ends = refresher.ends();
        Ok(Some(self.open_session(refresher, claims, Some(ends))))
    }

    async fn checks(&self) -> Vec<Check> {
        let mut checks = self.run_outside_checks().await;
        checks.extend(self.settings.customers.clone().map(|source| CsvCustomers::new(source).check()));
        checks
    }
}
