//! The keys of a Cognito profile, parsed and validated.

use std::collections::BTreeMap;
use std::path::PathBuf;

use reqwest::Url;
use serde::Deserialize;

use super::contacts;
use super::endpoint::{is_of_aws, parse_endpoint};
use crate::config::{
    ContactAttributeKeys, ContactAttributes, Credential, CustomersSource, Profile, Protected, Settings,
};
use crate::domain::Result;

/// The services that are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    /// The user pools.
    CognitoIdp,
    /// The Security Token Service, which says who the agent is.
    Sts,
    /// Identity and Access Management, which says what the agent may do.
    Iam,
}

/// The flow by which the proving sign-in is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AuthFlow {
    /// `USER_PASSWORD_AUTH`, as the customer's app may do it. It takes no IAM right.
    #[default]
    UserPassword,
    /// `ADMIN_USER_PASSWORD_AUTH`, as a server does it. It takes `cognito-idp:AdminInitiateAuth`.
    AdminUserPassword,
}

/// The profile's keys as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileKeys {
    user_pool: String,
    region: Option<String>,
    account: Option<String>,
    endpoint: Option<String>,
    #[serde(default)]
    endpoints: EndpointKeys,
    ca_cert: Option<PathBuf>,
    aws_profile: Option<String>,
    aws_config_file: Option<PathBuf>,
    aws_credentials_file: Option<PathBuf>,
    #[serde(default)]
    instance_metadata: bool,
    app_client: Option<AppClientKeys>,
    customers: Option<CustomersSource>,
    contact_attributes: Option<ContactAttributeKeys>,
    #[serde(default)]
    new_users: NewUserKeys,
}

/// The addresses of single services, as written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct EndpointKeys {
    cognito_idp: Option<String>,
    sts: Option<String>,
    iam: Option<String>,
}

/// The app client, as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppClientKeys {
    id: String,
    secret: Option<Credential>,
    #[serde(default)]
    flow: AuthFlow,
}

/// What users are created with, as written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewUserKeys {
    #[serde(default)]
    email_verified: bool,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

/// The app client that the proving sign-in is made by.
#[derive(Clone, Debug)]
pub(super) struct AppClient {
    pub(super) id: String,
    pub(super) secret: Option<Credential>,
    pub(super) flow: AuthFlow,
}

/// What users are created with beside the customer's own profile.
#[derive(Clone, Debug, Default)]
pub(super) struct NewUsers {
    /// Whether the address of a new user counts as verified.
    pub(super) email_verified: bool,
    /// Values of further attributes, by name.
    pub(super) attributes: BTreeMap<String, String>,
}

/// Where AWS credentials come from.
#[derive(Clone, Debug)]
pub(super) struct CredentialSettings {
    /// The AWS profile; `None` takes the environment, and else the usual profile.
    pub(super) aws_profile: Option<String>,
    pub(super) config_file: Option<PathBuf>,
    pub(super) credentials_file: Option<PathBuf>,
    /// Whether the metadata service of a machine or container may be asked.
    pub(super) instance_metadata: bool,
}

/// The validated settings of a Cognito profile.
#[derive(Clone, Debug)]
pub(super) struct CognitoSettings {
    pub(super) user_pool: String,
    pub(super) region: String,
    /// The AWS account that the agent must belong to; `None` accepts any.
    pub(super) account: Option<String>,
    endpoints: [Option<Url>; 3],
    pub(super) ca_cert: Option<PathBuf>,
    pub(super) credentials: CredentialSettings,
    pub(super) app_client: Option<AppClient>,
    pub(super) customers: Option<CustomersSource>,
    /// The attributes with addresses and numbers.
    pub(super) contact_attributes: ContactAttributes,
    pub(super) new_users: NewUsers,
}

impl CognitoSettings {
    /// Reads and validates the profile's keys.
    ///
    /// # Errors
    /// Exit 2 with file, line and key.
    pub(super) fn from_profile(profile: &Profile) -> Result<Self> {
        let settings = &profile.settings;
        let keys: ProfileKeys = settings.read()?;
        let region = region_of(&keys.user_pool, keys.region.as_deref())
            .map_err(|(key, problem)| settings.wrong(key, &problem))?;
        check_account(keys.account.as_deref()).map_err(|problem| settings.wrong("account", &problem))?;
        check_protected(profile)?;
        let service = |key: &'static str, own: Option<&String>| {
            let text = own.or(keys.endpoint.as_ref());
            text.map(|text| parse_endpoint(text).map_err(|problem| settings.wrong(key, &problem))).transpose()
        };
        let common = if keys.endpoint.is_some() { "endpoint" } else { "endpoints" };
        let EndpointKeys { cognito_idp, sts, iam } = &keys.endpoints;
        let endpoints =
            [service(common, cognito_idp.as_ref())?, service(common, sts.as_ref())?, service(common, iam.as_ref())?];
        let app_client = keys.app_client.map(|keys| app_client(keys, settings)).transpose()?;
        let named = keys.contact_attributes;
        let contact_attributes = ContactAttributes::of(named, contacts::USUAL, settings, contacts::is_attribute)?;
        Ok(Self {
            region,
            account: keys.account,
            endpoints,
            ca_cert: keys.ca_cert.map(|path| settings.path(&path)),
            credentials: CredentialSettings {
                aws_profile: not_empty(keys.aws_profile, "aws_profile", settings)?,
                config_file: keys.aws_config_file.map(|path| settings.path(&path)),
                credentials_file: keys.aws_credentials_file.map(|path| settings.path(&path)),
                instance_metadata: keys.instance_metadata,
            },
            app_client,
            customers: keys.customers.map(|source| settings.customers(source)),
            contact_attributes,
            new_users: new_users(keys.new_users, settings)?,
            user_pool: keys.user_pool,
        })
    }

    /// Returns the address of a service, if the profile names one.
    pub(super) const fn endpoint(&self, service: Service) -> Option<&Url> {
        match service {
            Service::CognitoIdp => self.endpoints[0].as_ref(),
            Service::Sts => self.endpoints[1].as_ref(),
            Service::Iam => self.endpoints[2].as_ref(),
        }
    }

    /// Returns what tells this pool from any other. A pool's id is its own in all of AWS, so that only the address of a
    /// server that is not AWS's is added.
    pub(super) fn identity(&self) -> String {
        match self.endpoint(Service::CognitoIdp) {
            Some(url) if !is_of_aws(url) => format!("{} at {}", self.user_pool, url.origin().ascii_serialization()),
            _ => self.user_pool.clone(),
        }
    }
}

/// Returns the region of a user pool, whose id begins with it.
fn region_of(user_pool: &str, region: Option<&str>) -> Result<String, (&'static str, String)> {
    let is_name =
        |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    let parts = user_pool.split_once('_').filter(|(region, own)| {
        is_name(region) && !own.is_empty() && own.chars().all(|letter| letter.is_ascii_alphanumeric())
    });
    let Some((of_pool, _)) = parts.filter(|_| user_pool.len() <= 55) else {
        let problem = format!(
            "user_pool: \"{}\" is no id of a user pool, such as eu-central-1_AbCdEfGhI",
            user_pool.escape_debug()
        );
        return Err(("user_pool", problem));
    };
    match region {
        Some(region) if region != of_pool => {
            Err(("region", format!("region: the user pool {user_pool} is in {of_pool}, and not in \"{region}\"")))
        }
        _ => Ok(of_pool.to_owned()),
    }
}

fn check_account(account: Option<&str>) -> Result<(), String> {
    let is_number = |text: &str| text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit());
    match account {
        Some(text) if !is_number(text) => {
            Err(format!("account: \"{}\" is no number of an AWS account, which has 12 digits", text.escape_debug()))
        }
        _ => Ok(()),
    }
}

/// Checks that the profile protects nothing that a user pool does not have.
fn check_protected(profile: &Profile) -> Result<()> {
    match &profile.protected {
        Some(Protected { roles, .. }) if !roles.is_empty() => {
            let problem = "a user pool has groups and no roles: protected = { groups = [\"staff-admins\"] }";
            Err(profile.settings.wrong("protected", problem))
        }
        _ => Ok(()),
    }
}

fn app_client(keys: AppClientKeys, settings: &Settings) -> Result<AppClient> {
    let is_id = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '+');
    if keys.id.is_empty() || !keys.id.chars().all(is_id) {
        let problem = format!("app_client: \"{}\" is no id of an app client", keys.id.escape_debug());
        return Err(settings.wrong("app_client", &problem));
    }
    Ok(AppClient { id: keys.id, secret: keys.secret, flow: keys.flow })
}

fn new_users(keys: NewUserKeys, settings: &Settings) -> Result<NewUsers> {
    for name in keys.attributes.keys() {
        let problem = match name.as_str() {
            "sub" | "email_verified" | "phone_number_verified" => "the pool sets it, or a key of its own does",
            name if !contacts::is_attribute(name) => "it is no name of an attribute",
            _ => continue,
        };
        let problem = format!("new_users: the attribute \"{}\" cannot be given: {problem}", name.escape_debug());
        return Err(settings.wrong("new_users", &problem));
    }
    Ok(NewUsers { email_verified: keys.email_verified, attributes: keys.attributes })
}

fn not_empty(text: Option<String>, key: &str, settings: &Settings) -> Result<Option<String>> {
    match text {
        Some(text) if text.trim().is_empty() => Err(settings.wrong(key, &format!("{key}: it is empty"))),
        text => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use std::path::Path;

    use super::*;
    use crate::config::Configuration;

    const POOL: &str = "user_pool = 'eu-central-1_AbCdEfGhI'\nprotected = 'none'\n";

    fn settings(keys: &str) -> Result<CognitoSettings> {
        let text = format!("[profiles.a]\nbackend = 'cognito'\n{keys}");
        let configuration = Configuration::parse(&text, Path::new("/etc/tellonce/config.toml")).unwrap();
        CognitoSettings::from_profile(&configuration.profile(Some("a")).unwrap())
    }

    #[test]
    fn the_region_is_that_of_the_pool() {
        let found = settings(POOL).unwrap();
        assert_eq!((found.region.as_str(), found.identity().as_str()), ("eu-central-1", "eu-central-1_AbCdEfGhI"));
        assert!(found.endpoint(Service::Sts).is_none() && found.app_client.is_none());
        assert_eq!(found.contact_attributes.email, ["email"]);
        assert!(!found.credentials.instance_metadata && !found.new_users.email_verified);
    }

    #[test]
    fn one_address_is_for_all_services_and_a_single_one_goes_before_it() {
        let keys = "endpoint = 'http://127.0.0.1:4566'\nendpoints = { iam = 'https://iam.example.com' }\n";
        let found = settings(&format!("{POOL}{keys}")).unwrap();
        assert_eq!(found.endpoint(Service::Sts).unwrap().as_str(), "http://127.0.0.1:4566/");
        assert_eq!(found.endpoint(Service::Iam).unwrap().as_str(), "https://iam.example.com/");
        assert_eq!(found.identity(), "eu-central-1_AbCdEfGhI at http://127.0.0.1:4566");
        let vpc = "endpoint = 'https://vpce-1.cognito-idp.eu-central-1.vpce.amazonaws.com'\n";
        assert_eq!(settings(&format!("{POOL}{vpc}")).unwrap().identity(), "eu-central-1_AbCdEfGhI");
    }

    #[test]
    fn a_wrong_value_is_refused_with_its_key() {
        for (keys, key) in [
            ("", "user_pool"),
            ("user_pool = 'AbC'\n", "AbC"),
            ("user_pool = 'eu-central-1_'\n", "user_pool"),
            ("user_pool = 'eu-central-1_a/b'\n", "user_pool"),
            ("user_pool = 'eu-central-1_AbC'\nregion = 'eu-west-1'\n", "is in eu-central-1"),
            ("user_pool = 'eu-central-1_AbC'\naccount = '12'\n", "12 digits"),
            ("user_pool = 'eu-central-1_AbC'\nendpoint = ''\n", "empty"),
            ("user_pool = 'eu-central-1_AbC'\nendpoint = 'http://id.example.com'\n", "not encrypted"),
            ("user_pool = 'eu-central-1_AbC'\nendpoint = 'ftp://id.example.com'\n", "http or https"),
            ("user_pool = 'eu-central-1_AbC'\nendpoint = 'https://u:p@id.example.com'\n", "more than"),
            ("user_pool = 'eu-central-1_AbC'\nendpoints = { kms = 'https://id.example.com' }\n", "kms"),
            ("user_pool = 'eu-central-1_AbC'\naws_profile = ' '\n", "aws_profile"),
            ("user_pool = 'eu-central-1_AbC'\napp_client = { id = 'a b' }\n", "a b"),
            ("user_pool = 'eu-central-1_AbC'\napp_client = { id = 'a', flow = 'srp' }\n", "app_client"),
            ("user_pool = 'eu-central-1_AbC'\nnew_users = { attributes = { sub = 'x' } }\n", "sub"),
            ("user_pool = 'eu-central-1_AbC'\nnew_users = { attributes = { 'a b' = 'x' } }\n", "a b"),
            ("user_pool = 'eu-central-1_AbC'\nprotected = { roles = ['x'] }\n", "no roles"),
        ] {
            let message = settings(keys).unwrap_err().message;
            assert!(message.contains("line") && message.contains(key), "{keys:?}: {message}");
        }
    }
}
