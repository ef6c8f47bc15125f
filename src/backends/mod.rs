//! The registry of identity backends, which have a folder each.

#[cfg(feature = "cognito")]
mod cognito;
mod csv_customers;
mod keycloak;
mod ldap;
pub mod practice;
#[cfg(test)]
mod tests;

use csv_customers::CsvCustomers;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::auth::SessionStore;
use crate::config::{Folders, Profile, Protected};
use crate::domain::ports::{AgentSignIn, Clock, MessageSender, Preparation};
use crate::domain::{Error, Kind, ProfileRef, Reason, Result};
use crate::net::https::Interceptor;

/// What every backend is opened with.
pub struct BackendContext<'a> {
    /// The folders of configuration and data.
    pub folders: &'a Folders,
    /// How long one operation of a backend may take.
    pub call_timeout: Duration,
    /// The source of the current time.
    pub clock: Arc<dyn Clock + Send + Sync>,
    /// The store of the agent's session. A backend that renews sessions stores the new one here.
    pub store: Rc<SessionStore>,
    /// What the requests of a backend that is reached over HTTP go through.
    pub interceptor: Interceptor,
}

/// A key that `profile add` asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    /// The key in the configuration.
    pub(crate) key: &'static str,
    pub(crate) question: &'static str,
    /// What applies without the key; `None` if it is required.
    pub(crate) without: Option<&'static str>,
}

/// The arguments of `setup` beside the profile.
#[derive(Clone, Debug)]
pub(crate) struct Wishes {
    /// The group that agents are put into.
    pub(crate) agents: String,
    /// Values for attributes of the user whom the self-test creates, by attribute; one may have several.
    pub(crate) test_user: std::collections::BTreeMap<String, Vec<String>>,
}

/// Opens a backend's preparation.
type Prepare = fn(&Profile, &BackendContext<'_>, &Wishes) -> Result<Box<dyn Preparation>>;

/// Opens a backend's own sender of messages to customers.
type OpenSender = fn(&Profile, &BackendContext<'_>) -> Result<Box<dyn MessageSender>>;

/// A registered backend.
struct Entry {
    name: &'static str,
    /// The groups that are protected by default; `None` if the profile must name them.
    protected: Option<&'static [&'static str]>,
    /// The keys without a default, which `profile add` asks for.
    asks: &'static [Ask],
    /// Checks the profile's own keys. Nothing is opened.
    check: fn(&Profile) -> Result<()>,
    /// Returns what tells this server and realm or base from any other, however the profile writes it.
    identity: fn(&Profile, &Folders) -> Result<String>,
    open: fn(&Profile, ProfileRef, &BackendContext<'_>) -> Result<Box<dyn AgentSignIn>>,
    /// `None` if an administrator prepares the backend by hand, or it needs no preparation.
    prepare: Option<Prepare>,
    /// `None` if messages to customers take a sender that the configuration names.
    sender: Option<OpenSender>,
}

/// The question for `ca_cert`. Most directories have a certificate of the organisation's own authority.
const CA_CERT: Ask = Ask {
    key: "ca_cert",
    question: "File with the certificate authority (ca.pem)",
    without: Some("the system's authorities"),
};

/// The registry. A new backend is one entry here.
const BACKENDS: &[Entry] = &[
    Entry {
        name: "practice",
        protected: Some(&["staff-admins"]),
        asks: &[],
        check: practice::check,
        identity: practice::identity,
        open: practice::open,
        prepare: None,
        sender: Some(practice::open_sender),
    },
    Entry {
        name: "keycloak",
        protected: None,
        asks: &[
            Ask { key: "url", question: "Address of the server (https://id.example.com)", without: None },
            Ask { key: "realm", question: "Realm", without: None },
        ],
        check: keycloak::check,
        identity: keycloak::identity,
        open: keycloak::open,
        prepare: Some(keycloak::prepare),
        sender: None,
    },
    Entry {
        name: "active-directory",
        protected: None,
        asks: &[
            Ask { key: "url", question: "Address of a domain controller (ldaps://dc1.example.com)", without: None },
            CA_CERT,
            Ask { key: "base", question: "Customers' users are below (OU=Customers,DC=example,DC=com)", without: None },
        ],
        check: ldap::check,
        identity: ldap::domain_identity,
        open: ldap::open,
        prepare: None,
        sender: None,
    },
    Entry {
        name: "openldap",
        protected: None,
        asks: &[
            Ask { key: "url", question: "Address of the server (ldaps://ldap.example.com)", without: None },
            CA_CERT,
            Ask { key: "base", question: "Customers' users are below (ou=customers,dc=example,dc=com)", without: None },
            Ask {
                key: "agents",
                question: "Agents are below (ou=agents,dc=example,dc=com)",
                without: Some("they sign in by their whole DN"),
            },
            Ask {
                key: "default_policy",
                question: "Default policy (cn=default,ou=policies,dc=example,dc=com)",
                without: None,
            },
        ],
        check: ldap::check,
        identity: ldap::server_identity,
        open: ldap::open,
        prepare: None,
        sender: None,
    },
    #[cfg(feature = "cognito")]
    Entry {
        name: "cognito",
        protected: None,
        asks: &[
            Ask { key: "user_pool", question: "Id of the user pool (eu-central-1_AbCdEfGhI)", without: None },
            Ask {
                key: "aws_profile",
                question: "AWS profile of the agents",
                without: Some("AWS_PROFILE, or the keys in the environment"),
            },
        ],
        check: cognito::check,
        identity: cognito::identity,
        open: cognito::open,
        prepare: Some(cognito::prepare),
        sender: None,
    },
];

/// Lists the names of the backends.
pub(crate) fn names() -> Vec<&'static str> {
    BACKENDS.iter().map(|entry| entry.name).collect()
}

/// Returns the keys that a new profile of this backend needs, and whether it must name the protected groups and roles.
///
/// # Errors
/// Exit 2: there is no such backend.
pub(crate) fn asks(backend: &str) -> Result<(&'static [Ask], bool)> {
    let entry = named(backend).ok_or_else(|| {
        Error::new(Kind::Usage, Reason::Configuration, format!("There is no backend \"{backend}\"."))
            .hint(format!("There are: {}.", names().join(", ")))
    })?;
    Ok((entry.asks, entry.protected.is_none()))
}

/// Checks a profile: that its backend exists, and that the backend knows every key.
///
/// # Errors
/// Exit 2 with file, line and key.
pub(crate) fn check(profile: &Profile) -> Result<()> {
    protected(profile)?;
    (entry(profile)?.check)(profile)
}

/// Returns the groups and roles that the profile protects.
///
/// # Errors
/// Exit 2 with file and line: the profile of a real backend names none.
pub(crate) fn protected(profile: &Profile) -> Result<Protected> {
    match (&profile.protected, entry(profile)?.protected) {
        (Some(protected), _) => Ok(protected.clone()),
        (None, Some(groups)) => {
            Ok(Protected { groups: groups.iter().map(|group| (*group).to_owned()).collect(), roles: Vec::new() })
        }
        (None, None) => {
            let problem = format!(
                "profile {} must say whom agents do not reset: protected = {{ groups = [\"staff-admins\"] }}, or \"none\"",
                profile.name
            );
            Err(profile.settings.wrong("", &problem))
        }
    }
}

/// Opens the profile's backend for an agent's sign-in.
///
/// # Errors
/// Exit 2: the profile names an unknown backend, or its keys are wrong. Exit 8: the backend does not answer.
pub fn open(profile: &Profile, context: &BackendContext<'_>) -> Result<Box<dyn AgentSignIn>> {
    let backend_id = backend_id(profile, context.folders)?;
    let profile_ref = ProfileRef { profile: profile.name.clone(), backend: profile.backend.clone(), backend_id };
    (entry(profile)?.open)(profile, profile_ref, context)
}

/// Returns the [`ProfileRef::backend_id`] of a profile. Nothing is sent.
fn backend_id(profile: &Profile, folders: &Folders) -> Result<String> {
    let entry = entry(profile)?;
    Ok(format!("{}:{}", entry.name, (entry.identity)(profile, folders)?))
}

/// Opens the preparation of the profile's backend. Returns `None` if tellonce does not prepare that backend.
///
/// # Errors
/// As for [`open`].
pub(crate) fn prepare(
    profile: &Profile,
    context: &BackendContext<'_>,
    wishes: &Wishes,
) -> Result<Option<Box<dyn Preparation>>> {
    protected(profile)?;
    entry(profile)?.prepare.map(|prepare| prepare(profile, context, wishes)).transpose()
}

/// Opens the sender of messages that the profile's backend has itself. Returns `None` if it has none.
///
/// # Errors
/// As for [`open`].
pub fn own_sender(profile: &Profile, context: &BackendContext<'_>) -> Result<Option<Box<dyn MessageSender>>> {
    entry(profile)?.sender.map(|open| open(profile, context)).transpose()
}

/// Whether the profile's backend has a sender of messages itself.
///
/// # Errors
/// Exit 2: there is no such backend.
pub(crate) fn has_own_sender(profile: &Profile) -> Result<bool> {
    Ok(entry(profile)?.sender.is_some())
}

fn named(backend: &str) -> Option<&'static Entry> {
    BACKENDS.iter().find(|entry| entry.name == backend)
}

fn entry(profile: &Profile) -> Result<&'static Entry> {
    named(&profile.backend).ok_or_else(|| {
        let problem = format!(
            "there is no backend \"{}\" (profile {}); there are: {}",
            profile.backend,
            profile.name,
            names().join(", ")
        );
        profile.settings.wrong("backend", &problem)
    })
}
