//! Keeps the agent's tokens good: renewed before they run out, under a lock, and kept where the session is kept.

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

/// An agent's session lasts this long, however often it is renewed.
pub const AGENT_SESSION_LASTS: Duration = Duration::from_hours(8);
/// An access token is not used for a call in its last seconds.
const MARGIN: Duration = Duration::from_secs(10);
/// How often the lock is tried.
const LOCK_EVERY: Duration = Duration::from_millis(25);

/// What is kept between commands.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    tokens: Tokens,
    /// With client credentials: the secret, with which to sign in again.
    client_secret: Option<Zeroizing<String>>,
    /// When the session ends, however often it is renewed.
    until: Timestamp,
}

/// The tokens of one signed-in agent.
pub struct TokenRefresher {
    oauth: OAuth,
    kept: RefCell<Kept>,
    agent: String,
    /// None: nothing is kept, and nothing can be renewed but by the client's secret.
    store: Option<Store>,
    /// How long to wait for another process that renews.
    patience: Duration,
    /// Rows of one run ask at once: a refresh token that may be used once is presented once.
    renewing: tokio::sync::Mutex<()>,
    /// How long the server's tokens last at most, as far as seen: more cannot be had by renewing again and again.
    lasts: Cell<Duration>,
}

struct Store {
    sessions: Rc<SessionStore>,
    lock: PathBuf,
}

/// Held while tokens are renewed, so that no other process presents the same refresh token.
struct Lock {
    _file: File,
}

impl TokenRefresher {
    /// Fresh tokens of a sign-in.
    pub fn fresh(oauth: OAuth, tokens: Tokens, agent: &str, client_secret: Option<Zeroizing<String>>) -> Self {
        let until = Timestamp::now().checked_add(AGENT_SESSION_LASTS).unwrap_or(Timestamp::MAX);
        let kept = RefCell::new(Kept { tokens, client_secret, until });
        Self::of(oauth, kept, agent)
    }

    /// Tokens as they were stored.
    ///
    /// # Errors
    /// Exit 2: they are of another version.
    pub fn stored(oauth: OAuth, stored: &StoredSession) -> Result<Self> {
        let kept = read(stored)?;
        Ok(Self::of(oauth, RefCell::new(kept), &stored.agent))
    }

    fn of(oauth: OAuth, kept: RefCell<Kept>, agent: &str) -> Self {
        Self {
            oauth,
            kept,
            agent: agent.to_owned(),
            store: None,
            patience: Duration::ZERO,
            renewing: tokio::sync::Mutex::new(()),
            lasts: Cell::new(Duration::MAX),
        }
    }

    /// Renewed tokens go to this store, under a lock beside it; `patience`: how long another process may take.
    #[must_use]
    pub fn kept_in(mut self, sessions: Rc<SessionStore>, lock: PathBuf, patience: Duration) -> Self {
        self.store = Some(Store { sessions, lock });
        self.patience = patience;
        self
    }

    /// What has to be kept for the next command.
    ///
    /// # Errors
    /// Exit 1: it cannot be written down.
    pub fn to_store(&self) -> Result<StoredSession> {
        let kept = self.kept.borrow();
        let secret = serde_json::to_string(&*kept)
            .map_err(|error| Error::bug("The session could not be written down.").because(error))?;
        Ok(StoredSession { agent: self.agent.clone(), secret: Zeroizing::new(secret), expires_at: kept.ends() })
    }

    /// When the session ends, where it is not used.
    pub fn ends(&self) -> Timestamp {
        self.kept.borrow().ends()
    }

    /// When the access token runs out, by this machine's clock.
    pub fn access_until(&self) -> Timestamp {
        self.kept.borrow().tokens.access_until
    }

    /// The bearer token, good for at least one call.
    ///
    /// # Errors
    /// Exit 4: the session is over. Exit 8: it could not be renewed.
    pub async fn bearer(&self) -> Result<Zeroizing<String>> {
        self.at_least(MARGIN).await?;
        Ok(self.kept.borrow().tokens.access.clone())
    }

    /// Renews the tokens if they last less than this; a server whose tokens never last that long is asked once.
    ///
    /// # Errors
    /// Exit 4: the session is over. Exit 8: it could not be renewed.
    pub async fn at_least(&self, lasts: Duration) -> Result<()> {
        // Half of what the server gives at most: renewed in time, and not at every call.
        let lasts = lasts.min(self.lasts.get() / 2);
        let needed = Timestamp::now().checked_add(lasts.max(MARGIN)).unwrap_or(Timestamp::MAX);
        let (stale, until) = {
            let kept = self.kept.borrow();
            if kept.tokens.access_until >= needed {
                return Ok(());
            }
            (kept.tokens.access.clone(), kept.tokens.access_until)
        };
        match self.renew(&stale).await {
            // Nothing can renew it, and it is good for now.
            Err(failure) if failure.reason == Reason::SessionOver && until > Timestamp::now() => Ok(()),
            renewed => renewed,
        }
    }

    /// Gets new tokens in place of this access token, unless another process has done so already.
    ///
    /// # Errors
    /// Exit 4: the session is over. Exit 8: it could not be renewed.
    pub async fn renew(&self, stale: &str) -> Result<()> {
        let _one = self.renewing.lock().await;
        if self.kept.borrow().tokens.access.as_str() != stale {
            return Ok(());
        }
        let _lock = match &self.store {
            Some(store) => Some(self.lock(store).await?),
            None => None,
        };
        if let Some(newer) = self.newer_in_store(stale)? {
            *self.kept.borrow_mut() = newer;
            return Ok(());
        }
        let (refresh, secret, until) = {
            let kept = self.kept.borrow();
            (kept.tokens.refresh.clone(), kept.client_secret.clone(), kept.until)
        };
        if until <= Timestamp::now() {
            self.forget();
            return Err(over("its time is over"));
        }
        let renewed = match (refresh, secret) {
            (_, Some(secret)) => self.oauth.client_credentials(&secret).await,
            (Some(refresh), None) => self.oauth.refresh(&refresh).await,
            (None, None) => return Err(over("its token has run out and cannot be renewed")),
        };
        match renewed {
            Ok(tokens) => {
                let lasts = Duration::try_from(Timestamp::now().duration_until(tokens.access_until));
                self.lasts.set(lasts.unwrap_or_default());
                self.kept.borrow_mut().tokens = tokens;
                self.keep()
            }
            Err(failure) => {
                if failure.reason == Reason::SessionOver {
                    self.forget();
                }
                Err(failure)
            }
        }
    }

    /// Ends the session at the server.
    ///
    /// # Errors
    /// Exit 8: no answer.
    pub async fn end(&self) -> Result<()> {
        let refresh = self.kept.borrow().tokens.refresh.clone();
        match refresh {
            Some(refresh) => self.oauth.end_session(&refresh).await,
            None => Ok(()), // a token that nothing renews runs out by itself
        }
    }

    /// What another process has put in the store meanwhile.
    fn newer_in_store(&self, stale: &str) -> Result<Option<Kept>> {
        let Some(store) = &self.store else { return Ok(None) };
        let Some((stored, _)) = store.sessions.load()? else { return Ok(None) };
        let kept = read(&stored)?;
        Ok((kept.tokens.access.as_str() != stale && kept.tokens.access_until > Timestamp::now()).then_some(kept))
    }

    /// Keeps the renewed tokens where the session was kept.
    fn keep(&self) -> Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        store.sessions.replace(&self.to_store()?)
    }

    fn forget(&self) {
        if let Some(store) = &self.store {
            store.sessions.forget();
        }
    }

    /// Waits for the lock, as long as another process may take.
    async fn lock(&self, store: &Store) -> Result<Lock> {
        let failed = |error: std::io::Error| {
            Error::new(
                Kind::Usage,
                Reason::Configuration,
                format!("The session's lock {} cannot be had ({error}).", store.lock.display()),
            )
        };
        if let Some(folder) = store.lock.parent() {
            make_private_folder(folder).map_err(failed)?;
        }
        let file = File::options().create(true).append(true).open(&store.lock).map_err(failed)?;
        let waiting = async {
            while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
                tokio::time::sleep(LOCK_EVERY).await;
            }
        };
        tokio::time::timeout(self.patience, waiting)
            .await
            .map_err(|_| Error::unavailable("Another tellonce is renewing the session and does not come to an end."))?;
        Ok(Lock { _file: file })
    }
}

fn over(why: &str) -> Error {
    Error::new(Kind::NotAllowed, Reason::SessionOver, format!("Your session is over: {why}."))
        .hint("Sign in again: `tellonce login`.")
}

fn read(stored: &StoredSession) -> Result<Kept> {
    serde_json::from_str(&stored.secret).map_err(|_| {
        Error::new(Kind::Usage, Reason::Configuration, "The stored session is of another version, or damaged.")
            .hint("Sign in again: `tellonce logout`, then `tellonce login`.")
    })
}

impl Kept {
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
