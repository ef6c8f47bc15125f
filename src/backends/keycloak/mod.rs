//! The Keycloak backend: the users of a realm, over its Admin REST API, with an agent's least rights.
//!
//! A comment beside a line names the server's behaviour that the line depends on, as seen on version 26.7.

mod api;
mod backend;
mod call;
mod checks;
mod claims;
mod contacts;
mod contacts_check;
mod directory;
mod errors;
mod guards;
mod lock;
mod pending;
mod policy;
mod probe;
mod protection;
mod readable;
mod refusal;
mod required_action;
mod sessions;
mod settings;
mod setup;
mod sign_in;
mod user_lookup;
mod user_snapshot;
mod wire;
mod withdrawal;

use std::rc::Rc;

use super::{BackendContext, Wishes};
use crate::config::{Folders, Profile};
use crate::domain::ports::{AgentSignIn, Preparation};
use crate::domain::{Error, ProfileRef, Result};
use crate::net::https::Server;
use settings::KeycloakSettings;
use setup::KeycloakPreparation;
use sign_in::KeycloakSignIn;

/// Checks the profile's own keys.
///
/// # Errors
/// Exit 2 with file, line and key.
pub(super) fn check(profile: &Profile) -> Result<()> {
    KeycloakSettings::from_profile(profile).map(drop)
}

/// Returns the realm's address.
///
/// # Errors
/// Exit 2 with file, line and key.
pub(super) fn identity(profile: &Profile, _: &Folders) -> Result<String> {
    KeycloakSettings::from_profile(profile).map(|settings| settings.realm_address().into())
}

/// Opens the realm for an agent's sign-in. Nothing is sent yet.
///
/// # Errors
/// Exit 2: the profile is wrong, or its certificate authorities cannot be read.
pub(super) fn open(
    profile: &Profile,
    profile_ref: ProfileRef,
    context: &BackendContext<'_>,
) -> Result<Box<dyn AgentSignIn>> {
    let settings = KeycloakSettings::from_profile(profile)?;
    let server =
        Server { url: settings.url.clone(), ca_cert: settings.ca_cert.clone(), time_limit: context.call_timeout };
    Ok(Box::new(KeycloakSignIn {
        http: server.client()?.intercepted_by(context.interceptor),
        settings,
        profile_settings: profile.settings.clone(),
        protected: super::protected(profile)?,
        lock: context.folders.session_lock(&profile.name),
        profile_ref,
        store: Rc::clone(&context.store),
        time_limit: context.call_timeout,
    }))
}

/// Opens the realm for an administrator's `setup`. Nothing is sent yet.
///
/// # Errors
/// As for [`open`].
pub(super) fn prepare(
    profile: &Profile,
    context: &BackendContext<'_>,
    wishes: &Wishes,
) -> Result<Box<dyn Preparation>> {
    let settings = KeycloakSettings::from_profile(profile)?;
    if wishes.agents.trim().is_empty() || wishes.agents.contains('/') {
        let message = format!("\"{}\" is no name of a top-level group.", wishes.agents.escape_debug());
        return Err(Error::usage(message).hint("Give one with `--agents GROUP`."));
    }
    let server =
        Server { url: settings.url.clone(), ca_cert: settings.ca_cert.clone(), time_limit: context.call_timeout };
    let http = server.client()?.intercepted_by(context.interceptor);
    let protected = super::protected(profile)?;
    Ok(Box::new(KeycloakPreparation::new(http, settings, protected, wishes.clone())))
}
