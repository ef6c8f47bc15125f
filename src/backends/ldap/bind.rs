//! Opens a session by a bind, with the agent's password or the profile's own credential.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::ClientConfig;
use zeroize::Zeroizing;

use super::backend::LdapBackend;
use super::connection::{Connection, Target};
use super::dialect::{Dialect, LdapSession};
use super::directory::LdapDirectory;
use super::settings::LdapSettings;
use crate::auth::{SessionStore, read_credential};
use crate::backends::CsvCustomers;
use crate::config::Settings;
use crate::domain::ports::{Clock, CustomerDirectory};
use crate::domain::{Error, Kind, ProfileRef, Reason, Result, Session};

/// How long a session lasts.
pub(super) const SESSION_LIFETIME: Duration = Duration::from_hours(8);

/// Signs agents in to a directory by a bind.
pub(super) struct LdapSignIn {
    pub(super) settings: Rc<LdapSettings>,
    pub(super) dialect: Rc<dyn Dialect>,
    pub(super) raw: Settings,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) protected: Vec<String>,
    pub(super) profile_ref: ProfileRef,
    pub(super) store: Rc<SessionStore>,
    pub(super) call_timeout: Duration,
    pub(super) clock: Arc<dyn Clock + Send + Sync>,
}

impl LdapSignIn {
    /// Signs in with the profile's own credential. Returns `None` if the profile has none.
    pub(super) async fn unattended(&self) -> Result<Option<Session>> {
        let Some((agent, credential)) = &self.settings.unattended else { return Ok(None) };
        let password = read_credential(credential, &self.raw, &|_| {})?;
        self.bind(agent, password, None).await.map(Some)
    }

    pub(super) async fn bind(
        &self,
        agent: &str,
        password: Zeroizing<String>,
        until: Option<Timestamp>,
    ) -> Result<Session> {
        // A server takes an empty password for an anonymous sign-in, not for a wrong one (RFC 4513 section 5.1.2).
        if agent.is_empty() || password.is_empty() {
            return Err(Error::new(Kind::NotAllowed, Reason::SignInRefused, "The agent's name or password is empty."));
        }
        let connection = Connection::open(Target {
            urls: self.settings.urls.clone(),
            start_tls: self.settings.start_tls,
            tls: self.tls.clone(),
            call_timeout: self.call_timeout,
            name: self.dialect.bind_name(agent),
            password,
            bind_error: self.dialect.bind_error_mapper(),
            query: self.dialect.root_dse_query(),
        })
        .await?;
        let server_facts = self.dialect.server_facts(connection.root_dse().await?);
        let inner = Rc::new(LdapSession {
            connection,
            settings: Rc::clone(&self.settings),
            dialect: Rc::clone(&self.dialect),
            server_facts,
            protected: self.protected.clone(),
            clock: Arc::clone(&self.clock),
            until,
        });
        let beside = self.settings.customers.clone().map(CsvCustomers::new);
        let directory: Box<dyn CustomerDirectory> = match &beside {
            Some(customers) => Box::new(customers.clone()),
            None => Box::new(LdapDirectory(Rc::clone(&inner))),
        };
        let backend = LdapBackend { session: inner, beside, capabilities: RefCell::default() };
        Ok(Session::new(agent, self.profile_ref.clone(), until, Box::new(backend), directory))
    }
}
