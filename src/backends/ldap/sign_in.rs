//! Agents sign in by a bind; what is kept is the bind password, for eight hours.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rustls::ClientConfig;
use zeroize::Zeroizing;

use super::agent::LdapAgent;
use super::backend::LdapBackend;
use super::connection::{Connection, Target};
use super::dialect::Dialect;
use super::directory::LdapDirectory;
use super::probe;
use super::settings::LdapSettings;
use crate::auth::{SessionStore, read_credential};
use crate::backends::CsvCustomers;
use crate::config::Settings;
use crate::domain::ports::{AgentSignIn, Clock, CustomerDirectory, Prompter};
use crate::domain::{Answer, Check, Failure, Keep, Kind, Place, Reason, Session, StoredSession, Way};

/// A session lasts this long.
const LASTS: Duration = Duration::from_hours(8);

/// Signs agents in to a directory.
pub(super) struct LdapSignIn {
    pub(super) settings: Rc<LdapSettings>,
    pub(super) dialect: Rc<dyn Dialect>,
    pub(super) raw: Settings,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) protected: Vec<String>,
    pub(super) place: Place,
    pub(super) store: Rc<SessionStore>,
    pub(super) one_call: Duration,
    pub(super) clock: Arc<dyn Clock + Send + Sync>,
}

impl LdapSignIn {
    /// Signs in as the profile says; none where it does not.
    pub(super) async fn unattended(&self) -> Answer<Option<Session>> {
        let Some((agent, credential)) = &self.settings.unattended else { return Ok(None) };
        let password = read_credential(credential, &self.raw, &|_| {})?;
        self.bind(agent, password, None).await.map(Some)
    }

    async fn bind(&self, agent: &str, password: Zeroizing<String>, until: Option<Timestamp>) -> Answer<Session> {
        // An empty password is no wrong password to a server, but a sign-in as nobody (RFC 4513 section 5.1.2).
        if agent.is_empty() || password.is_empty() {
            return Err(Failure::new(Kind::NotAllowed, Reason::SignInRefused, "The name or the password is empty."));
        }
        let bound_as = self.dialect.bind_name(agent);
        let connection = Connection::open(Target {
            urls: self.settings.urls.clone(),
            start_tls: self.settings.start_tls,
            tls: self.tls.clone(),
            one_call: self.one_call,
            name: bound_as.clone(),
            password,
            refused: self.dialect.bind_refused(),
            asks: self.dialect.asks(),
        })
        .await?;
        let known = self.dialect.known(connection.greeting().await?);
        let inner = Rc::new(LdapAgent {
            connection,
            settings: Rc::clone(&self.settings),
            dialect: Rc::clone(&self.dialect),
            known,
            bound_as,
            protected: self.protected.clone(),
            clock: Arc::clone(&self.clock),
            until,
        });
        let beside = self.settings.customers.clone().map(CsvCustomers::new);
        let directory: Box<dyn CustomerDirectory> = match &beside {
            Some(customers) => Box::new(customers.clone()),
            None => Box::new(LdapDirectory(Rc::clone(&inner))),
        };
        let backend = LdapBackend { agent: inner, beside, capabilities: RefCell::default() };
        Ok(Session::new(agent, self.place.clone(), until, Box::new(backend), directory))
    }
}

#[async_trait(?Send)]
impl AgentSignIn for LdapSignIn {
    fn ways(&self) -> &'static [Way] {
        &[Way::Password]
    }

    async fn sign_in(&self, way: Way, agent: Option<&str>, prompter: &mut dyn Prompter) -> Answer<(Session, Keep)> {
        if way != Way::Password {
            return Err(Failure::usage("A directory knows sign-in by name and password only."));
        }
        let name = match agent {
            Some(name) => name.to_owned(),
            None => prompter.line("Agent", "--agent")?,
        };
        let password = prompter.secret("Password", "--password-stdin")?;
        let agent = name.trim().to_owned();
        let expires_at = self.clock.now().checked_add(LASTS).unwrap_or(Timestamp::MAX);
        let stored = StoredSession { agent: agent.clone(), secret: password.clone(), expires_at };
        let session = self.bind(&agent, password, Some(expires_at)).await?;
        Ok((session, Keep::Store(stored)))
    }

    async fn resume(&self, stored: Option<StoredSession>) -> Answer<Option<Session>> {
        if let Some(stored) = stored {
            let resumed = self.bind(&stored.agent, stored.secret, Some(stored.expires_at)).await;
            return match resumed {
                Ok(session) => Ok(Some(session)),
                Err(failure) if failure.kind == Kind::NotAllowed => {
                    self.store.forget(); // tried again with every command, it would lock the agent out
                    Err(failure)
                }
                Err(failure) => Err(failure),
            };
        }
        self.unattended().await
    }

    async fn checks(&self) -> Vec<Check> {
        probe::servers(self).await
    }
}
