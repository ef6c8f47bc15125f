//! Keycloak: a realm's users, over its Admin REST API, with an agent's least rights.
//!
//! Facts about the server that a line leans on stand beside that line; they were seen on version 26.7.

mod api;
mod backend;
mod call;
mod checks;
mod claims;
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
mod settings;
mod setup;
mod sign_in;
mod user_lookup;
mod user_snapshot;
mod wire;

use std::rc::Rc;

use super::{BackendContext, Wishes};
use crate::config::Profile;
use crate::domain::ports::{AgentSignIn, Preparation};
use crate::domain::{Error, ProfileRef, Result};
use crate::net::https::Server;
use settings::KeycloakSettings;
use setup::KeycloakPreparation;
use sign_in::KeycloakSignIn;

/// Whether the profile is written right.
///
/// # Errors
/// Exit 2 with file, line and key.
pub(super) fn check(profile: &Profile) -> Result<()> {
    KeycloakSettings::of(profile).map(drop)
}

/// Opens the realm; nothing is sent yet.
///
/// # Errors
/// Exit 2: the profile is written wrong, or its certificate authorities cannot be read.
pub(super) fn open(profile: &Profile, place: ProfileRef, context: &BackendContext<'_>) -> Result<Box<dyn AgentSignIn>> {
    let settings = KeycloakSettings::of(profile)?;
    let server = Server { url: settings.url.clone(), ca_cert: settings.ca_cert.clone(), one_call: context.one_call };
    Ok(Box::new(KeycloakSignIn {
        http: server.client()?.intercepted_by(context.interceptor),
        settings,
        raw: profile.settings.clone(),
        protected: super::protected(profile)?,
        lock: context.folders.session_lock(&profile.name),
        place,
        store: Rc::clone(&context.store),
        one_call: context.one_call,
    }))
}

/// Prepares the realm; nothing is sent yet.
///
/// # Errors
/// As for [`open`].
pub(super) fn prepare(
    profile: &Profile,
    context: &BackendContext<'_>,
    wishes: &Wishes,
) -> Result<Box<dyn Preparation>> {
    let settings = KeycloakSettings::of(profile)?;
    if wishes.agents.trim().is_empty() || wishes.agents.contains('/') {
        let what = format!("\"{}\" is no name of a top-level group.", wishes.agents.escape_debug());
        return Err(Error::usage(what).hint("Give one with `--agents GROUP`."));
    }
    let server = Server { url: settings.url.clone(), ca_cert: settings.ca_cert.clone(), one_call: context.one_call };
    let http = server.client()?.intercepted_by(context.interceptor);
    let protected = super::protected(profile)?;
    Ok(Box::new(KeycloakPreparation::new(http, settings, protected, wishes.clone())))
}
