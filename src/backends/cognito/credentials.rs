//! The agent's AWS credentials: from where the profile says, and never from a metadata service that it does not name.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::imds::credentials::ImdsCredentialsProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, load};
use aws_config::provider_config::ProviderConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_runtime::env_config::EnvConfigValue;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use jiff::Timestamp;
use tokio::time::timeout;

use super::credential_errors::{Origin, empty_endpoint, ended, explain, took_too_long};
use super::http_client::{AwsHttpClient, Unanswered, metadata_forbidden};
use super::settings::CredentialSettings;
use crate::domain::Result;

/// Credentials that end sooner than this are renewed before a call.
const RENEW_BEFORE: Duration = Duration::from_secs(30);

/// The services that give credentials, by the names that the settings of their addresses have (AWS SDKs and Tools Reference
/// Guide, "Service-specific endpoints").
const CREDENTIAL_SERVICES: [&str; 3] = ["STS", "SSO", "SSO OIDC"];

/// The credentials of one agent. They are renewed as AWS's own tools renew them.
#[derive(Clone, Debug)]
pub(super) struct AgentCredentials(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    provider: SharedCredentialsProvider,
    /// The AWS profile that was asked for by name.
    profile: Option<String>,
    files: EnvConfigFiles,
    http: AwsHttpClient,
    current: Mutex<Option<Credentials>>,
    limit: Duration,
}

impl AgentCredentials {
    /// Opens the sources of credentials. Nothing is read or sent yet.
    pub(super) fn open(
        settings: &CredentialSettings,
        profile: Option<&str>,
        region: &str,
        (http, limit): (&AwsHttpClient, Duration),
    ) -> Self {
        let profile = profile.map(str::to_owned).or_else(|| settings.aws_profile.clone());
        let config = ProviderConfig::without_region()
            .with_region(Some(Region::new(region.to_owned())))
            .with_behavior_version(Some(BehaviorVersion::latest()))
            .with_http_client(http.clone());
        let profile_files = files_of(settings);
        let mut files =
            ProfileFileCredentialsProvider::builder().configure(&config).profile_files(profile_files.clone());
        if !settings.instance_metadata {
            // By name: their addresses can be set to any, in the environment and in AWS's files.
            files = files.with_custom_provider("Ec2InstanceMetadata", ForbiddenMetadata);
            files = files.with_custom_provider("EcsContainer", ForbiddenMetadata);
        }
        let provider = if let Some(name) = &profile {
            files = files.profile_name(name);
            SharedCredentialsProvider::new(files.build())
        } else {
            let web_identity = WebIdentityTokenCredentialsProvider::builder().configure(&config).build();
            let mut chain =
                CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
                    .or_else("Profile", files.build())
                    .or_else("WebIdentityToken", web_identity);
            if settings.instance_metadata {
                chain = chain
                    .or_else("EcsContainer", EcsCredentialsProvider::builder().configure(&config).build())
                    .or_else("Ec2InstanceMetadata", ImdsCredentialsProvider::builder().configure(&config).build());
            }
            SharedCredentialsProvider::new(chain)
        };
        Self(Arc::new(Inner {
            provider,
            profile,
            files: profile_files,
            http: http.clone(),
            current: Mutex::default(),
            limit,
        }))
    }

    /// Makes the credentials last at least this long, and returns when they end; `None` if they do not.
    ///
    /// Returns `None` in place of that if there are no credentials anywhere.
    ///
    /// # Errors
    /// Exit 4: their session is over, or cannot be made to last. Exit 8: it could not be renewed for want of an answer.
    pub(super) async fn ready(&self, at_least: Duration) -> Result<Option<Option<Timestamp>>> {
        let now = SystemTime::now();
        let lasts = |credentials: &Credentials, time: Duration| {
            credentials.expiry().is_none_or(|end| end.duration_since(now).is_ok_and(|left| left > time))
        };
        let renew_before = at_least.max(RENEW_BEFORE);
        if let Some(current) = self.current().filter(|current| lasts(current, renew_before)) {
            return Ok(Some(end_of(&current)));
        }
        let profile = self.0.profile.as_deref();
        self.check_endpoints().await?;
        let answers = self.0.http.answers();
        let fresh = match timeout(self.0.limit, self.0.provider.provide_credentials()).await {
            Err(_) => return Err(took_too_long(profile, self.0.limit)),
            Ok(Ok(credentials)) => credentials,
            Ok(Err(CredentialsError::CredentialsNotLoaded(_))) if profile.is_none() => return Ok(None),
            Ok(Err(error)) => {
                let origin = if self.0.http.answers() == answers { Origin::Machine } else { Origin::Service };
                return Err(explain(profile, error, origin));
            }
        };
        if !lasts(&fresh, at_least) {
            return Err(ended(profile, end_of(&fresh)));
        }
        let end = end_of(&fresh);
        *self.0.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(fresh);
        Ok(Some(end))
    }

    /// Refuses an empty address of a service that credentials come from: the SDK would panic.
    async fn check_endpoints(&self) -> Result<()> {
        let name = self.0.profile.clone();
        let (files, machine) = <(_, _)>::default();
        // Files that cannot be read are reported by the provider.
        let sections = load(&files, &machine, &self.0.files, name.map(Into::into)).await.ok();
        let is_empty = |service: &&str| {
            let address = EnvConfigValue::new().env("AWS_ENDPOINT_URL").profile("endpoint_url").service_id(service);
            address.load(&machine, sections.as_ref()).is_some_and(|(address, _)| address.trim().is_empty())
        };
        let takes_keys = self.0.profile.is_none() && std::env::var_os("AWS_ACCESS_KEY_ID").is_some();
        if !takes_keys && CREDENTIAL_SERVICES.iter().any(is_empty) { Err(empty_endpoint()) } else { Ok(()) }
    }

    fn current(&self) -> Option<Credentials> {
        self.0.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ProvideCredentials for AgentCredentials {
    /// Returns the credentials that [`Self::ready`] has read. Each call is preceded by it.
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let missing = || CredentialsError::not_loaded("the credentials were not read before the call");
        future::ProvideCredentials::ready(self.current().ok_or_else(missing))
    }
}

/// Stands for a metadata service that an AWS profile names and the tool's profile does not allow.
#[derive(Debug)]
struct ForbiddenMetadata;

impl ProvideCredentials for ForbiddenMetadata {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let why = Unanswered { error: metadata_forbidden(), may_be_applied: false, is_transient: false };
        future::ProvideCredentials::ready(Err(CredentialsError::provider_error(why)))
    }
}

/// Returns the files with AWS profiles: those of the profile, or else the usual ones.
fn files_of(settings: &CredentialSettings) -> EnvConfigFiles {
    let mut files = EnvConfigFiles::builder()
        .include_default_config_file(settings.config_file.is_none())
        .include_default_credentials_file(settings.credentials_file.is_none());
    for (kind, path) in [
        (EnvConfigFileKind::Config, &settings.config_file),
        (EnvConfigFileKind::Credentials, &settings.credentials_file),
    ] {
        if let Some(path) = path {
            files = files.with_file(kind, path);
        }
    }
    files.build()
}

fn end_of(credentials: &Credentials) -> Option<Timestamp> {
    credentials.expiry().and_then(|end| Timestamp::try_from(end).ok())
}
