//! Token refresh: renews an agent's tokens before they expire, under a lock, and stores them with the session.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use jiff::Timestamp;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{OAuth, Tokens};
use crate::auth::SessionStore;
use crate::config::make_private_folder;
use crate::domain::{Error, Kind, Reason, Result, StoredSession};

/// How long an agent's session lasts, however often its tokens are renewed.
const SESSION_LIFETIME: Duration = Duration::from_hours(8);
/// The last seconds of an access token, in which no call uses it.
const EXPIRY_MARGIN: Duration = Duration::from_secs(10);
/// The pause between two tries to take the lock.
const LOCK_POLL_INTERVAL: Duration = Duration::from_millis(25);

/// The state that is stored between commands.
#[derive(Clone, Serialize, Deserialize)]
struct SessionState {
    tokens: Tokens,
    /// The client's secret, which signs in again with client credentials.
    client_secret: Option<Zeroizing<String>>,
    /// When the session ends, however often its tokens are renewed.
    until: Timestamp,
}

/// The tokens of one signed-in agent, renewed as they are used.
pub(crate) struct TokenRefresher {
    oauth: OAuth,
    state: RefCell<SessionState>,
    agent: String,
    /// `None` if the session is not stored.
    store: Option<Store>,
    /// How long to wait for another process that renews.
    lock_timeout: Duration,
    /// Held while renewing: rows of one run ask at once, and a refresh token may be valid only once.
    renewing: tokio::sync::Mutex<()>,
    /// The longest lifetime of an access token that the server gave. Renewing again does not get a longer one.
    token_lifetime: Cell<Duration>,
}

/// Where renewed tokens are stored, and the lock beside it.
struct Store {
    sessions: Rc<SessionStore>,
    lock: PathBuf,
}

/// The file lock that keeps another process from presenting the same refresh token.
struct Lock {
    _file: File,
}

impl TokenRefresher {
    /// Takes the fresh tokens of a sign-in.
    pub(crate) fn new(oauth: OAuth, tokens: Tokens, agent: &str, client_secret: Option<Zeroizing<String>>) -> Self {
        let until = Timestamp::now().checked_add(SESSION_LIFETIME).unwrap_or(Timestamp::MAX);
        let state = RefCell::new(SessionState { tokens, client_secret, until });
        Self::with_state(oauth, state, agent)
    }

    /// Takes the tokens of a stored session.
    ///
    /// # Errors
    /// Exit 2: they are of another version.
    pub(crate) fn from_stored(oauth: OAuth, stored: &StoredSession) -> Result<Self> {
        let state = decode(stored)?;
        Ok(Self::with_state(oauth, RefCell::new(state), &stored.agent))
    }

    fn with_state(oauth: OAuth, state: RefCell<SessionState>, agent: &str) -> Self {
        Self {
            oauth,
            state,
            agent: agent.to_owned(),
            store: None,
            lock_timeout: Duration::ZERO,
            renewing: tokio::sync::Mutex::new(()),
            token_lifetime: Cell::new(Duration::MAX),
        }
    }

    /// Stores renewed tokens, and takes a lock while renewing. `lock_timeout` is how long another process may hold it.
    #[must_use]
    pub(crate) fn stored_in(mut self, sessions: Rc<SessionStore>, lock: PathBuf, lock_timeout: Duration) -> Self {
        self.store = Some(Store { sessions, lock });
        self.lock_timeout = lock_timeout;
        self
    }

    /// Encodes the session for the next command.
    ///
    /// # Errors
    /// Exit 1: it cannot be serialized.
    pub(crate) fn to_stored(&self) -> Result<StoredSession> {
        let state = self.state.borrow();
        let secret = serde_json::to_string(&*state)
            .map_err(|error| Error::bug("The session could not be serialized.").because(error))?;
        Ok(StoredSession { agent: self.agent.clone(), secret: Zeroizing::new(secret), expires_at: state.ends() })
    }

    /// Returns when the session ends if it is not used.
    pub(crate) fn ends(&self) -> Timestamp {
        self.state.borrow().ends()
    }

    /// Returns when the access token expires, by this machine's clock.
    pub(crate) fn access_until(&self) -> Timestamp {
        self.state.borrow().tokens.access_until
    }

    /// Returns a bearer token that is valid for at least one call.
    ///
    /// # Errors
    /// Exit 4: the session is over. Exit 8: it could not be renewed.
    pub(crate) async fn bearer(&self) -> Result<Zeroizing<String>> {
        self.ensure_lasting(EXPIRY_MARGIN).await?;
        Ok(self.state.borrow().tokens.access.clone())
    }

    /// Renews the tokens if they expire sooner than this. A server whose tokens never last that long is asked once.
    ///
    /// # Errors
    /// Exit 4: the session is over. Exit 8: it could not be renewed.
    pub(crate) async fn ensure_lasting(&self, lasts: Duration) -> Result<()> {
        // Half of the server's longest lifetime: the token is renewed in time, and not at every call.
        let lasts = lasts.min(self.token_lifetime.get() / 2);
        let needed = Timestamp::now().checked_add(lasts.max(EXPIRY_MARGIN)).unwrap_or(Timestamp::MAX);
        let (old_access, until) = {
            let state = self.state.borrow();
            if state.tokens.access_until >= needed {
                return Ok(());
            }
            (state.tokens.access.clone(), state.tokens.access_until)
        };
        match self.renew(&old_access).await {
            // Nothing can renew the token, and it is still valid.
            Err(error) if error.reason == Reason::SessionOver && until > Timestamp::now() => Ok(()),
            renewed => renewed,
        }
    }

    /// Replaces an old access token, unless another process has done so already.
    ///
    /// # Errors
    /// Exit 4: the session is over. Exit 8: it could not be renewed.
    pub(crate) async fn renew(&self, old_access: &str) -> Result<()> {
        let _guard = self.renewing.lock().await;
        if self.state.borrow().tokens.access.as_str() != old_access {
            return Ok(());
        }
        let _lock = match &self.store {
            Some(store) => Some(self.lock(store).await?),
            None => None,
        };
        if let Some(newer) = self.newer_in_store(old_access)? {
            *self.state.borrow_mut() = newer;
            return Ok(());
        }
        let (refresh, secret, until) = {
            let state = self.state.borrow();
            (state.tokens.refresh.clone(), state.client_secret.clone(), state.until)
        };
        if until <= Timestamp::now() {
            self.forget();
            return Err(session_over("it has expired"));
        }
        let renewed = match (refresh, secret) {
            (_, Some(secret)) => self.oauth.client_credentials(&secret).await,
            (Some(refresh), None) => self.oauth.refresh(&refresh).await,
            (None, None) => return Err(session_over("its token has expired and cannot be renewed")),
        };
        match renewed {
            Ok(tokens) => {
                let lifetime = Duration::try_from(Timestamp::now().duration_until(tokens.access_until));
                self.token_lifetime.set(lifetime.unwrap_or_default());
                self.state.borrow_mut().tokens = tokens;
                self.store_tokens()
            }
            Err(error) => {
                if error.reason == Reason::SessionOver {
                    self.forget();
                }
                Err(error)
            }
        }
    }

    /// Ends the session at the server.
    ///
    /// # Errors
    /// Exit 8: no answer.
    pub(crate) async fn end(&self) -> Result<()> {
        let refresh = self.state.borrow().tokens.refresh.clone();
        match refresh {
            Some(refresh) => self.oauth.end_session(&refresh).await,
            None => Ok(()), // a token that nothing renews expires by itself
        }
    }

    /// Returns the tokens that another process has stored meanwhile, if they are valid.
    fn newer_in_store(&self, old_access: &str) -> Result<Option<SessionState>> {
        let Some(store) = &self.store else { return Ok(None) };
        let Some((stored, _)) = store.sessions.load()? else { return Ok(None) };
        let state = decode(&stored)?;
        Ok((state.tokens.access.as_str() != old_access && state.tokens.access_until > Timestamp::now())
            .then_some(state))
    }

    /// Stores the renewed tokens where the session is stored.
    fn store_tokens(&self) -> Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        store.sessions.replace(&self.to_stored()?)
    }

    fn forget(&self) {
        if let Some(store) = &self.store {
            store.sessions.forget();
        }
    }

    /// Takes the lock, and waits for another process that holds it.
    async fn lock(&self, store: &Store) -> Result<Lock> {
        let unusable = |error: std::io::Error| {
            Error::new(
                Kind::Usage,
                Reason::Configuration,
                format!("The session's lock file {} cannot be used ({error}).", store.lock.display()),
            )
        };
        if let Some(folder) = store.lock.parent() {
            make_private_folder(folder).map_err(unusable)?;
        }
        let file = File::options().create(true).append(true).open(&store.lock).map_err(unusable)?;
        let waiting = async {
            while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
                tokio::time::sleep(LOCK_POLL_INTERVAL).await;
            }
        };
        tokio::time::timeout(self.lock_timeout, waiting).await.map_err(|_| {
            Error::unavailable("Another tellonce process is renewing the session, and it takes too long. Try again.")
        })?;
        Ok(Lock { _file: file })
    }
}

fn session_over(why: &str) -> Error {
    Error::new(Kind::NotAllowed, Reason::SessionOver, format!("Your session is over: {why}."))
        .hint("Sign in again: `tellonce login`.")
}

fn decode(stored: &StoredSession) -> Result<SessionState> {
    serde_json::from_str(&stored.secret).map_err(|_| {
        Error::new(Kind::Usage, Reason::Configuration, "The stored session is of another version, or damaged.")
            .hint("Sign in again: `tellonce logout`, then `tellonce login`.")
    })
}

impl SessionState {
    fn ends(&self) -> Timestamp {
        let tokens = &self.tokens;
        let by_server = match (&self.client_secret, &tokens.refresh) {
            (Some(_), _) => None,
            (None, Some(_)) => tokens.refresh_until,
            (None, None) => Some(tokens.access_until),
        };
        by_server.map_or(self.until, |until| until.min(self.until))
    }
}
