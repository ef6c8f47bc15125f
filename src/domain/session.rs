//! A signed-in agent: the only way to reach the backend.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::error::Result;
use super::ports::{CustomerDirectory, IdentityBackend};
use super::profile_ref::ProfileRef;

/// How long the session must last when a reset starts: longer than its calls take.
pub(super) const AT_LEAST: Duration = Duration::from_mins(2);

/// How an agent signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInMethod {
    /// Name and password, to the backend itself.
    Password,
    /// A code entered in a browser, on any device.
    Device,
    /// A browser on this machine.
    Web,
    /// A script's own credentials.
    ClientCredentials,
    /// Credentials that another program keeps.
    ExternalCredentials,
}

/// What is stored to resume a session in the next command; wiped when dropped.
#[derive(Clone)]
pub struct StoredSession {
    /// The agent's name at the backend.
    pub agent: String,
    /// The secret that the backend needs: a session token, a refresh token, a bind password.
    pub secret: Zeroizing<String>,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl fmt::Debug for StoredSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredSession")
            .field("agent", &self.agent)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// A signed-in agent. It is not `Clone`: its holder may act, and signing out consumes it.
pub struct Session {
    agent: String,
    profile_ref: ProfileRef,
    expires_at: Option<Timestamp>,
    backend: Box<dyn IdentityBackend>,
    directory: Box<dyn CustomerDirectory>,
}

impl Session {
    /// Makes a session that an adapter opened.
    pub fn new(
        agent: impl Into<String>,
        profile_ref: ProfileRef,
        expires_at: Option<Timestamp>,
        backend: Box<dyn IdentityBackend>,
        directory: Box<dyn CustomerDirectory>,
    ) -> Self {
        Self { agent: agent.into(), profile_ref, expires_at, backend, directory }
    }

    /// Puts another backend in front of the first (a fault in a test, a second directory).
    #[must_use]
    pub fn wrapped(self, wrap: impl FnOnce(Box<dyn IdentityBackend>) -> Box<dyn IdentityBackend>) -> Self {
        Self { backend: wrap(self.backend), ..self }
    }

    /// Puts a decorator in front of backend and directory (a limiter, a counter).
    #[must_use]
    pub fn wrapped_both(
        self,
        wrap: impl FnOnce(
            Box<dyn IdentityBackend>,
            Box<dyn CustomerDirectory>,
        ) -> (Box<dyn IdentityBackend>, Box<dyn CustomerDirectory>),
    ) -> Self {
        let (backend, directory) = wrap(self.backend, self.directory);
        Self { backend, directory, ..self }
    }

    /// Signs out: ends the session at the backend.
    pub async fn sign_out(self) -> Result<()> {
        self.backend.end_session().await
    }

    /// Returns the agent's name at the backend.
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// Returns the profile and backend that the agent works in.
    pub const fn profile_ref(&self) -> &ProfileRef {
        &self.profile_ref
    }

    /// Returns when the session ends by itself; `None` if it does not.
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }

    /// Returns the system that keeps users and passwords.
    pub fn backend(&self) -> &dyn IdentityBackend {
        &*self.backend
    }

    /// Returns the directory that customers' profiles come from.
    pub fn directory(&self) -> &dyn CustomerDirectory {
        &*self.directory
    }
}
