//! Agents sign in at the realm's own sign-in page, or a script by its client's secret.

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
use crate::domain::{Check, Error, Keep, ProfileRef, Reason, Result, Session, StoredSession, Way};
use crate::net::https::HttpClient;

/// An ambient token in the environment.
const TOKEN: &str = "TELLONCE_TOKEN";

/// Signs agents in to a realm.
pub(super) struct KeycloakSignIn {
    pub(super) settings: KeycloakSettings,
    pub(super) raw: Settings,
    pub(super) place: ProfileRef,
    pub(super) protected: Protected,
    pub(super) http: HttpClient,
    pub(super) store: Rc<SessionStore>,
    pub(super) lock: std::path::PathBuf,
    pub(super) one_call: Duration,
}

impl KeycloakSignIn {
    pub(super) fn oauth(&self) -> OAuth {
        let endpoint = |parts: &[&str]| {
            let path = [&["realms", self.settings.realm.as_str(), "protocol", "openid-connect"], parts].concat();
            self.settings.at(&path)
        };
        let endpoints = Endpoints {
            authorize: endpoint(&["auth"]),
            token: endpoint(&["token"]),
            device: endpoint(&["auth", "device"]),
            end_session: endpoint(&["logout"]),
        };
        OAuth::new(self.http.clone(), endpoints, self.settings.client_id.clone())
    }

    fn session(&self, keeper: TokenRefresher, claims: Claims, expires_at: Option<Timestamp>) -> Session {
        let agent = if claims.is_of(&self.settings.realm) {
            claims.name.clone()
        } else {
            format!("{} of realm {}", claims.name, claims.realm)
        };
        let realm = self.settings.at(&["admin", "realms", &self.settings.realm]);
        let roles = claims.token_roles();
        let api = Api::new(self.http.clone(), realm, self.settings.realm.clone(), keeper, roles);
        let customers = || -> Option<Box<dyn CustomerDirectory>> {
            self.settings.customers.clone().map(|path| Box::new(CsvCustomers::new(path)) as _)
        };
        let inner =
            KeycloakAgent::new(api, claims, self.protected.clone(), self.settings.pending_group.clone(), customers());
        let directory = customers().unwrap_or_else(|| Box::new(RealmDirectory(inner.clone())));
        Session::new(agent, self.place.clone(), expires_at, Box::new(inner), directory)
    }

    /// What its tokens become is kept where the session is kept.
    fn renewing(&self, keeper: TokenRefresher) -> TokenRefresher {
        keeper.kept_in(Rc::clone(&self.store), self.lock.clone(), self.one_call.saturating_mul(2))
    }

    /// A session of fresh tokens, and what to keep of it.
    fn begun(&self, tokens: Tokens, secret: Option<Zeroizing<String>>) -> Result<(Session, Keep)> {
        let claims = Claims::of(&tokens.access, &self.settings.realm)?;
        let keeper = self.renewing(TokenRefresher::fresh(self.oauth(), tokens, &claims.name, secret));
        let claims = claims.came_to_end_at(keeper.access_until());
        let stored = keeper.to_store()?;
        let ends = keeper.ends();
        Ok((self.session(keeper, claims, Some(ends)), Keep::Store(stored)))
    }

    /// A token from the environment: nothing renews it.
    fn ambient(&self, token: &str) -> Result<Session> {
        let claims = Claims::of(token, &self.settings.realm)?;
        let keeper = TokenRefresher::fresh(self.oauth(), Tokens::ambient(token), &claims.name, None);
        Ok(self.session(keeper, claims, None))
    }

    fn secret_of_profile(&self) -> Result<Option<Zeroizing<String>>> {
        let credential = self.settings.credential.as_ref();
        credential.map(|credential| read_credential(credential, &self.raw, &|_| {})).transpose()
    }
}

#[async_trait(?Send)]
impl AgentSignIn for KeycloakSignIn {
    fn ways(&self) -> &'static [Way] {
        self.settings.ways()
    }

    async fn sign_in(&self, way: Way, _: Option<&str>, prompter: &mut dyn Prompter) -> Result<(Session, Keep)> {
        self.discover(&self.http).await?;
        let oauth = self.oauth();
        match way {
            Way::Device => self.begun(oauth.device(prompter).await?, None),
            Way::Web => self.begun(oauth.web(prompter).await?, None),
            Way::ClientCredentials => {
                let question = format!("Secret of the client {}", self.settings.client_id);
                let secret =
                    self.secret_of_profile()?.map_or_else(|| prompter.secret(&question, "--password-stdin"), Ok)?;
                let tokens = oauth.client_credentials(&secret).await?;
                self.begun(tokens, Some(secret))
            }
            Way::Password => Err(Error::usage("Keycloak's agents sign in by --device, --web or --client-credentials.")),
        }
    }

    async fn resume(&self, stored: Option<StoredSession>) -> Result<Option<Session>> {
        if let Some(token) = std::env::var(TOKEN).map(Zeroizing::new).ok().filter(|token| !token.trim().is_empty()) {
            return self.ambient(token.trim()).map(Some);
        }
        let Some(stored) = stored else {
            if self.settings.sign_in != SignInBy::ClientCredentials {
                return Ok(None);
            }
            // Unattended: the profile's credential is the session.
            let Some(secret) = self.secret_of_profile()? else { return Ok(None) };
            let tokens = self.oauth().client_credentials(&secret).await?;
            let (session, _) = self.begun(tokens, Some(secret))?;
            return Ok(Some(session));
        };
        let keeper = self.renewing(TokenRefresher::stored(self.oauth(), &stored)?);
        let access = match keeper.bearer().await {
            Ok(access) => access,
            Err(failure) if failure.reason == Reason::SessionOver => {
                tracing::debug!(%failure, "the stored session is over");
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        let claims = Claims::of(&access, &self.settings.realm)?.came_to_end_at(keeper.access_until());
        let ends = keeper.ends();
        Ok(Some(self.session(keeper, claims, Some(ends))))
    }

    async fn checks(&self) -> Vec<Check> {
        self.look_from_outside().await
    }
}
