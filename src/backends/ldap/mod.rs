//! Active Directory and `OpenLDAP`: one backend over LDAP, with a dialect each.
//!
//! Comments name the server behaviour that a line depends on, as Samba 4.17 and slapd 2.5 show it.

mod active_directory;
mod backend;
mod ber;
mod bind;
mod connection;
mod connection_modify;
mod connection_search;
mod contacts;
mod deadline;
mod dialect;
mod directory;
mod dn;
mod entry;
mod errors;
mod generalized_time;
mod immutable_id;
mod message;
mod openldap;
mod probe;
mod relay;
mod result_code;
mod result_redaction;
mod root_dse;
mod search;
mod search_cache;
mod search_limits;
mod search_results;
mod settings;
mod sign_in;
mod transport;
mod trial;
mod user_lookup;
mod violation;

use std::rc::Rc;
use std::sync::Arc;

use super::BackendContext;
use crate::config::{Folders, Profile};
use crate::domain::ports::AgentSignIn;
use crate::domain::{ProfileRef, Result};
use crate::net::trust;
use active_directory::ActiveDirectory;
use bind::LdapSignIn;
use dialect::Dialect;
use openldap::OpenLdap;
use settings::LdapSettings;

/// Checks the profile's own keys.
///
/// # Errors
/// Exit 2 with file, line and key.
pub(super) fn check(profile: &Profile) -> Result<()> {
    LdapSettings::of(profile).map(drop)
}

/// Returns the first server's address and port with the base.
///
/// # Errors
/// Exit 2 with file, line and key.
pub(super) fn server_identity(profile: &Profile, _: &Folders) -> Result<String> {
    let settings = LdapSettings::of(profile)?;
    Ok(format!("{}/{}", settings.first_address(), dn::normalized(&settings.base)))
}

/// Returns the domain of the base, which all of its domain controllers serve.
///
/// # Errors
/// Exit 2 with file, line and key.
pub(super) fn domain_identity(profile: &Profile, _: &Folders) -> Result<String> {
    LdapSettings::of(profile).map(|settings| dn::normalized_domain(&settings.base))
}

/// Opens the directory without sending anything.
///
/// # Errors
/// Exit 2: the profile is written wrong, or its certificate authorities cannot be read.
pub(super) fn open(
    profile: &Profile,
    profile_ref: ProfileRef,
    context: &BackendContext<'_>,
) -> Result<Box<dyn AgentSignIn>> {
    let settings = Rc::new(LdapSettings::of(profile)?);
    let dialect: Rc<dyn Dialect> = if profile.backend == settings::ACTIVE_DIRECTORY {
        Rc::new(ActiveDirectory::new(Rc::clone(&settings)))
    } else {
        Rc::new(OpenLdap::new(Rc::clone(&settings)))
    };
    let roots = settings.is_encrypted().then(|| trust::load_roots(settings.ca_cert.as_deref())).transpose()?;
    Ok(Box::new(LdapSignIn {
        tls: roots.map(trust::client_config).transpose()?,
        settings,
        dialect,
        raw: profile.settings.clone(),
        protected: super::protected(profile)?.groups,
        profile_ref,
        store: Rc::clone(&context.store),
        call_timeout: context.call_timeout,
        clock: Arc::clone(&context.clock),
    }))
}
