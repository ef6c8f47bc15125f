//! The practice directory: an embedded identity backend with sample customers and agents, and the whole lifecycle.
//!
//! It is one `SQLite` file of mode 0600. `app` is the customer's side. The agent's side implements the ports.

mod agents;
mod app;
mod backend;
mod columns;
mod contacts;
mod customer_rows;
mod directory;
mod errors;
mod fake_customers;
mod hash;
mod migration;
mod normalize;
mod outbox;
mod policy;
mod samples;
mod schema;
mod search;
mod seed;
mod sender;
mod session;
mod set;
mod set_queue;
mod store;
#[cfg(test)]
mod tests;
mod user_snapshot;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::BackendContext;
use crate::config::{Folders, Profile};
use crate::domain::ports::{AgentSignIn, Clock, MessageSender};
use crate::domain::{ProfileRef, Result};

pub use agents::PracticeSignIn;
pub use app::{AppSession, AppUser, Change, ChangeTicket, Redeem, SignIn};
pub use outbox::Mail;
pub use samples::INITIAL_PASSWORD;
pub use sender::PracticeSender;
pub use store::Practice;

/// The backend's own keys: none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {}

/// Checks the profile's own keys.
///
/// # Errors
/// Exit 2 with file, line and key: the practice directory takes no other keys, and has no roles to protect.
pub(super) fn check(profile: &Profile) -> Result<()> {
    let Own {} = profile.settings.read()?;
    if profile.protected.as_ref().is_some_and(|protected| !protected.roles.is_empty()) {
        return Err(profile
            .settings
            .wrong("protected", "protected.roles: the practice directory has no roles to protect"));
    }
    Ok(())
}

/// Returns the folder of the directory's file, without symbolic links as far as it exists.
///
/// # Errors
/// As for [`check`].
pub(super) fn identity(profile: &Profile, folders: &Folders) -> Result<String> {
    check(profile)?;
    let folder = folders.data();
    let resolved = folder.ancestors().find_map(|existing| {
        let rest = folder.strip_prefix(existing).ok()?;
        existing.canonicalize().ok().map(|existing| existing.components().chain(rest.components()).collect::<PathBuf>())
    });
    Ok(resolved.as_deref().unwrap_or(folder).display().to_string())
}

/// Opens the practice directory.
///
/// # Errors
/// Exit 2: it is damaged, newer than this version, or cannot be made.
pub(super) fn open(
    profile: &Profile,
    profile_ref: ProfileRef,
    context: &BackendContext<'_>,
) -> Result<Box<dyn AgentSignIn>> {
    let directory = open_directory(profile, context, Practice::open)?;
    Ok(Box::new(PracticeSignIn::new(directory, profile_ref, super::protected(profile)?.groups)))
}

/// Opens the sender of messages to customers: the outbox.
///
/// # Errors
/// As for [`open`]; damage is found only where it is met.
pub(super) fn open_sender(profile: &Profile, context: &BackendContext<'_>) -> Result<Box<dyn MessageSender>> {
    Ok(Box::new(PracticeSender::new(open_directory(profile, context, Practice::open_unchecked)?)))
}

fn open_directory(
    profile: &Profile,
    context: &BackendContext<'_>,
    open: fn(&Path, Duration, Arc<dyn Clock + Send + Sync>) -> Result<Practice>,
) -> Result<Practice> {
    check(profile)?;
    open(&context.folders.practice_directory(), context.call_timeout, Arc::clone(&context.clock))
}
