//! The identity backends: one folder each, and the registry.

mod csv_customers;
mod keycloak;
mod ldap;
pub mod practice;

pub use csv_customers::CsvCustomers;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::auth::SessionStore;
use crate::config::{Folders, Profile, Protected};
use crate::domain::ports::{AgentSignIn, Clock, Preparation};
use crate::domain::{Error, Kind, ProfileRef, Reason, Result};
use crate::net::https::Interceptor;

/// What every backend is opened with.
pub struct BackendContext<'a> {
    /// Where files are.
    pub folders: &'a Folders,
    /// How long one call may take.
    pub one_call: Duration,
    /// The time.
    pub clock: Arc<dyn Clock + Send + Sync>,
    /// Where the session is kept: a backend whose sessions are renewed keeps what they become.
    pub store: Rc<SessionStore>,
    /// What the requests of a backend that is reached over HTTP go through.
    pub interceptor: Interceptor,
}

/// A key that a new profile must have.
#[derive(Clone, Copy, Debug)]
pub struct Ask {
    /// The key in the configuration.
    pub key: &'static str,
    /// What to ask for.
    pub question: &'static str,
    /// What holds without it; none: it is needed.
    pub without: Option<&'static str>,
}

/// What `setup` is told beside the profile.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// The group that agents are put into.
    pub agents: String,
}

/// How a backend's administrator prepares it.
type Prepare = fn(&Profile, &BackendContext<'_>, &Wishes) -> Result<Box<dyn Preparation>>;

/// A backend of this version.
struct Entry {
    name: &'static str,
    /// The groups that are protected unless the profile says otherwise; none: the profile must say.
    protected: Option<&'static [&'static str]>,
    /// What `profile add` asks for: the keys that have no usual value.
    asks: &'static [Ask],
    /// Reads the profile's own keys, and opens nothing.
    check: fn(&Profile) -> Result<()>,
    open: fn(&Profile, ProfileRef, &BackendContext<'_>) -> Result<Box<dyn AgentSignIn>>,
    /// None: it is prepared by hand, or needs no preparation.
    prepare: Option<Prepare>,
}

/// Most directories have a certificate of an authority of their own.
const CA_CERT: Ask = Ask {
    key: "ca_cert",
    question: "File with the certificate authority (ca.pem)",
    without: Some("the system's authorities"),
};

/// The registry. A new backend is one line here.
const BACKENDS: [Entry; 4] = [
    Entry {
        name: "practice",
        protected: Some(&["staff-admins"]),
        asks: &[],
        check: practice::check,
        open: practice::open,
        prepare: None,
    },
    Entry {
        name: "keycloak",
        protected: None,
        asks: &[
            Ask { key: "url", question: "Address of the server (https://id.example.com)", without: None },
            Ask { key: "realm", question: "Realm", without: None },
        ],
        check: keycloak::check,
        open: keycloak::open,
        prepare: Some(keycloak::prepare),
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
        open: ldap::open,
        prepare: None,
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
        open: ldap::open,
        prepare: None,
    },
];

/// The backends of this version.
pub fn names() -> Vec<&'static str> {
    BACKENDS.iter().map(|entry| entry.name).collect()
}

/// What a new profile of this backend must have, and whether it must say whom agents do not reset.
///
/// # Errors
/// Exit 2: there is no such backend.
pub fn asks(backend: &str) -> Result<(&'static [Ask], bool)> {
    let entry = named(backend).ok_or_else(|| {
        Error::new(Kind::Usage, Reason::Configuration, format!("There is no backend \"{backend}\"."))
            .hint(format!("There are: {}.", names().join(", ")))
    })?;
    Ok((entry.asks, entry.protected.is_none()))
}

/// Whether the profile is written right: the backend is there, and it knows every key.
///
/// # Errors
/// Exit 2 with file, line and key.
pub fn check(profile: &Profile) -> Result<()> {
    protected(profile)?;
    (entry(profile)?.check)(profile)
}

/// Whom agents do not reset.
///
/// # Errors
/// Exit 2 with file and line: a real backend's profile must say.
pub(crate) fn protected(profile: &Profile) -> Result<Protected> {
    match (&profile.protected, entry(profile)?.protected) {
        (Some(protected), _) => Ok(protected.clone()),
        (None, Some(groups)) => {
            Ok(Protected { groups: groups.iter().map(|group| (*group).to_owned()).collect(), roles: Vec::new() })
        }
        (None, None) => {
            let what = format!(
                "profile {} must say whom agents do not reset: protected = {{ groups = [\"staff-admins\"] }}, or \"none\"",
                profile.name
            );
            Err(profile.settings.wrong("", &what))
        }
    }
}

/// Opens the profile's backend, for an agent to sign in to.
///
/// # Errors
/// Exit 2: the profile names a backend that there is not, or one that is set up wrong. Exit 8: it does not answer.
pub fn open(profile: &Profile, context: &BackendContext<'_>) -> Result<Box<dyn AgentSignIn>> {
    let place = ProfileRef { profile: profile.name.clone(), backend: profile.backend.clone() };
    (entry(profile)?.open)(profile, place, context)
}

/// The preparation of the profile's backend; none where there is none to be done by tellonce.
///
/// # Errors
/// As for [`open`].
pub fn prepare(
    profile: &Profile,
    context: &BackendContext<'_>,
    wishes: &Wishes,
) -> Result<Option<Box<dyn Preparation>>> {
    protected(profile)?;
    entry(profile)?.prepare.map(|prepare| prepare(profile, context, wishes)).transpose()
}

fn named(backend: &str) -> Option<&'static Entry> {
    BACKENDS.iter().find(|entry| entry.name == backend)
}

fn entry(profile: &Profile) -> Result<&'static Entry> {
    named(&profile.backend).ok_or_else(|| {
        let what = format!(
            "there is no backend \"{}\" (profile {}); there are: {}",
            profile.backend,
            profile.name,
            names().join(", ")
        );
        profile.settings.wrong("backend", &what)
    })
}
