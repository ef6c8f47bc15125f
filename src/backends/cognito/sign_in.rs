//! The port `AgentSignIn` for a user pool: with the AWS credentials that are there.

use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::agent::CognitoAgent;
use super::backend::CognitoBackend;
use super::call::Api;
use super::caller::Caller;
use super::credential_errors::how_to_sign_in;
use super::credentials::AgentCredentials;
use super::directory::PoolDirectory;
use super::http_client::AwsHttpClient;
use super::settings::CognitoSettings;
use crate::auth::read_credential;
use crate::backends::CsvCustomers;
use crate::config::{Protected, Settings};
use crate::domain::ports::{AgentSignIn, CustomerDirectory, Prompter, SessionKeeper};
use crate::domain::{Check, CheckState, Error, ProfileRef, Result, Session, SignInMethod, StoredSession};

/// The environment variable with a token, which this backend does not take.
const TOKEN_VARIABLE: &str = "TELLONCE_TOKEN";

/// Signs agents in to a user pool.
pub(super) struct CognitoSignIn {
    pub(super) settings: Rc<CognitoSettings>,
    pub(super) profile_settings: Settings,
    pub(super) profile_ref: ProfileRef,
    pub(super) protected: Protected,
    pub(super) http: AwsHttpClient,
    pub(super) limit: Duration,
}

impl CognitoSignIn {
    /// Opens a session with the credentials of an AWS profile, or with those that are there. Returns `None` if there are none.
    async fn open(&self, aws_profile: Option<&str>) -> Result<Option<Session>> {
        let Some((api, caller, ends)) = self.identify(aws_profile).await? else { return Ok(None) };
        let name = caller.arn.clone();
        let secret = self.settings.app_client.as_ref().and_then(|client| client.secret.as_ref());
        let secret = secret.map(|secret| read_credential(secret, &self.profile_settings, &|_| {})).transpose()?;
        let customers = || -> Option<Box<dyn CustomerDirectory>> {
            self.settings.customers.clone().map(|source| Box::new(CsvCustomers::new(source)) as _)
        };
        let agent = CognitoAgent::new(api, caller, self.protected.clone(), secret, customers());
        let directory = customers().unwrap_or_else(|| Box::new(PoolDirectory(agent.clone())));
        let backend = Box::new(CognitoBackend(agent));
        Ok(Some(Session::new(name, self.profile_ref.clone(), ends, backend, directory)))
    }

    /// Takes the credentials of an AWS profile, or those that are there, and asks AWS whose they are, and until when they
    /// last. Returns `None` if there are none.
    async fn identify(&self, aws_profile: Option<&str>) -> Result<Option<(Api, Caller, Option<Timestamp>)>> {
        let CognitoSettings { credentials, region, .. } = &*self.settings;
        let credentials = AgentCredentials::open(credentials, aws_profile, region, (&self.http, self.limit));
        let Some(ends) = credentials.ready(Duration::ZERO).await? else { return Ok(None) };
        let api = Api::new(Rc::clone(&self.settings), credentials, self.http.clone(), self.limit);
        let caller = Caller::ask(&api).await?;
        Ok(Some((api, caller, ends)))
    }

    /// Opens the pool for an administrator, who needs neither the app client's secret nor customers.
    ///
    /// # Errors
    /// Exit 4: there are no credentials, or AWS refuses them.
    pub(super) async fn administrator(&self, aws_profile: Option<&str>) -> Result<CognitoAgent> {
        refuse_token()?;
        let found = self.identify(aws_profile).await?;
        let (api, caller, _) = found.ok_or_else(|| self.no_credentials(aws_profile))?;
        Ok(CognitoAgent::new(api, caller, self.protected.clone(), None, None))
    }

    fn no_credentials(&self, aws_profile: Option<&str>) -> Error {
        let profile = aws_profile.or(self.settings.credentials.aws_profile.as_deref());
        Error::not_signed_in("There are no AWS credentials.").hint(how_to_sign_in(profile))
    }
}

#[async_trait(?Send)]
impl AgentSignIn for CognitoSignIn {
    fn methods(&self) -> &'static [SignInMethod] {
        &[SignInMethod::ExternalCredentials]
    }

    fn session_keeper(&self) -> SessionKeeper {
        SessionKeeper::Other {
            name: "AWS's own configuration".to_owned(),
            begin: how_to_sign_in(self.settings.credentials.aws_profile.as_deref()),
            end: "tellonce keeps no session of AWS: `aws sso logout` ends one of AWS's own; keys in the environment or a file stay."
                .to_owned(),
        }
    }

    async fn sign_in(
        &self,
        _: SignInMethod,
        agent: Option<&str>,
        _: &mut dyn Prompter,
    ) -> Result<(Session, Option<StoredSession>)> {
        refuse_token()?;
        let session = self.open(agent).await?.ok_or_else(|| self.no_credentials(agent))?;
        Ok((session, None))
    }

    async fn resume(&self, _: Option<StoredSession>) -> Result<Option<Session>> {
        refuse_token()?;
        self.open(None).await
    }

    async fn checks(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        let ignored = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER"];
        if let Some(name) = ignored.into_iter().find(|name| std::env::var_os(name).is_some()) {
            let words = format!("{name} is set, and not read here: `endpoint` in the profile names another server");
            checks.push(Check::new("endpoint", CheckState::Warning, words));
        }
        checks.extend(self.settings.customers.clone().map(|source| CsvCustomers::new(source).check()));
        checks
    }
}

/// Refuses a token in the environment: whoever set it means another identity than the AWS credentials'.
fn refuse_token() -> Result<()> {
    if std::env::var_os(TOKEN_VARIABLE).is_none_or(|token| token.is_empty()) {
        return Ok(());
    }
    Err(Error::usage(format!("{TOKEN_VARIABLE} is set, and a user pool takes no token: agents are AWS identities."))
        .hint(format!("Unset {TOKEN_VARIABLE}. AWS's own variables are AWS_PROFILE, AWS_ACCESS_KEY_ID and so on.")))
}
