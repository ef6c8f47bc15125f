//! The Cognito backend: the users of a user pool, over its API, with an agent's least IAM rights.
//!
//! A comment beside a line names the document of AWS's that the line depends on, or the emulator that it was seen on
//! (ministack 1.5.33, moto 5.2.5). AWS itself was not tried: docs/backends/cognito.md says what that leaves open.

mod action;
mod agent;
mod backend;
mod call;
mod caller;
mod checks;
mod codes;
mod contacts;
mod credential_errors;
mod credentials;
mod directory;
mod endpoint;
mod errors;
mod filter;
mod groups;
mod http_client;
mod new_user;
mod page_tokens;
mod pending;
mod pool;
mod pool_reader;
mod pool_user;
mod proof;
mod rights;
mod set;
mod set_errors;
mod settings;
mod setup;
mod sign_in;
mod user_snapshot;
mod users;

use std::rc::Rc;

use reqwest::Url;

use super::{BackendContext, Wishes};
use crate::config::{Folders, Profile};
use crate::domain::ports::{AgentSignIn, Preparation};
use crate::domain::{Error, ProfileRef, Result};
use crate::net::https::Server;
use http_client::{AwsHttpClient, Metadata};
use settings::{CognitoSettings, Service};
use setup::CognitoPreparation;
use sign_in::CognitoSignIn;

/// Checks the profile's own keys.
///
/// # Errors
/// Exit 2 with file, line and key.
pub(super) fn check(profile: &Profile) -> Result<()> {
    CognitoSettings::from_profile(profile).map(drop)
}

/// Returns the pool's id, with the server's address if it is not AWS's own.
///
/// # Errors
/// Exit 2 with file, line and key.
pub(super) fn identity(profile: &Profile, _: &Folders) -> Result<String> {
    CognitoSettings::from_profile(profile).map(|settings| settings.identity())
}

/// Opens the pool for an agent's sign-in. Nothing is sent yet.
///
/// # Errors
/// Exit 2: the profile is wrong, or its certificate authorities cannot be read.
pub(super) fn open(
    profile: &Profile,
    profile_ref: ProfileRef,
    context: &BackendContext<'_>,
) -> Result<Box<dyn AgentSignIn>> {
    Ok(Box::new(sign_in(profile, profile_ref, context)?))
}

/// Opens the preparation of the pool by an administrator. Nothing is sent yet.
///
/// # Errors
/// As for [`open`], and exit 2 for a name that no IAM role has.
pub(super) fn prepare(
    profile: &Profile,
    context: &BackendContext<'_>,
    wishes: &Wishes,
) -> Result<Box<dyn Preparation>> {
    let backend_id = CognitoSettings::from_profile(profile)?.identity();
    let profile_ref = ProfileRef { profile: profile.name.clone(), backend: profile.backend.clone(), backend_id };
    Ok(Box::new(CognitoPreparation::new(sign_in(profile, profile_ref, context)?, wishes)?))
}

fn sign_in(profile: &Profile, profile_ref: ProfileRef, context: &BackendContext<'_>) -> Result<CognitoSignIn> {
    let settings = CognitoSettings::from_profile(profile)?;
    let server =
        Server { url: address(&settings)?, ca_cert: settings.ca_cert.clone(), time_limit: context.call_timeout };
    let metadata = if settings.credentials.instance_metadata { Metadata::Allowed } else { Metadata::Forbidden };
    Ok(CognitoSignIn {
        http: AwsHttpClient::new(&server, metadata, context.interceptor)?,
        settings: Rc::new(settings),
        profile_settings: profile.settings.clone(),
        profile_ref,
        protected: super::protected(profile)?,
        limit: context.call_timeout,
    })
}

/// Returns the address of the user pools: the profile's, or AWS's own in that region.
fn address(settings: &CognitoSettings) -> Result<Url> {
    if let Some(url) = settings.endpoint(Service::CognitoIdp) {
        return Ok(url.clone());
    }
    let text = format!("https://cognito-idp.{}.amazonaws.com", settings.region);
    text.parse().map_err(|_| Error::bug("The address of AWS could not be made."))
}
