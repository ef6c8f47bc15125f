//! A bound connection. It fails over between servers until the first change, then stays with one.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use ldap3::{Ldap, LdapError, LdapResult};
use rustls::ClientConfig;
use tokio::time::timeout_at;
use url::Url;
use zeroize::Zeroizing;

use super::deadline::Deadline;
use super::result_redaction::redact_result;
use super::root_dse::{RootDse, RootDseQuery, read_root_dse};
use super::search_cache::SearchCache;
use super::transport::{self, Link, OpenStream};
use super::{ber, errors};
use crate::domain::{Error, Kind, OwnPassword, Result, redact};

/// A change is read back in no more calls than this.
const READ_BACK_CALLS: u32 = 4;
/// How often a request is tried again that the server was too busy for.
const MAX_RETRIES: usize = 3;
/// The length of the first request, which makes the library's buffer grow to its final size (`connection_modify.rs`).
const FIRST_REQUEST_LENGTH: usize = 9 * 1024;

/// Returns the error of a bind result, or `None` if it says nothing special of the agent.
pub(super) type BindErrorMapper = fn(&LdapResult) -> Option<Error>;

/// How to reach the servers, and as whom.
pub(super) struct Target {
    pub(super) urls: Vec<Url>,
    pub(super) start_tls: bool,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) call_timeout: Duration,
    pub(super) name: String,
    pub(super) password: Zeroizing<String>,
    pub(super) bind_error: BindErrorMapper,
    /// What to read right after the bind.
    pub(super) query: RootDseQuery,
}

impl Target {
    /// Reads the root DSE by a request that makes the library's buffer grow to its final size.
    async fn read_root_dse(&self, ldap: Ldap, deadline: Deadline) -> Result<RootDse, LdapError> {
        read_root_dse(ldap, self.query, &padded_filter(FIRST_REQUEST_LENGTH), deadline).await
    }
}

/// Returns the pauses between retries, each longer than the one before.
pub(super) fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::default().with_min_delay(Duration::from_millis(200)).with_max_times(MAX_RETRIES).with_jitter()
}

/// Returns a filter of this length that every entry matches.
pub(super) fn padded_filter(length: usize) -> String {
    format!("(|(objectClass=*)(cn={}))", "x".repeat(length))
}

/// Who repeats a call that the server was too busy for, or that was lost and changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetriedBy {
    /// This connection, a few times.
    Connection,
    /// Whoever makes the call.
    Caller,
}

/// A bound connection that is made anew after it was lost.
pub(super) struct Connection {
    target: Target,
    live: RefCell<Option<Link>>,
    /// The index of the server in use.
    server: Cell<usize>,
    /// When something was last changed. Until it is read back, only this server is sure to know it.
    changed_at: Cell<Option<Instant>>,
    /// Whether a password may have been sent: the server may quote it in any later answer.
    has_changed: Cell<bool>,
    /// When the server last answered.
    answered_at: Cell<Option<Instant>>,
    /// Whether the server applied a password policy to the last bind.
    has_bind_policy: Cell<bool>,
    /// What the last bind said of the agent's own password.
    own_password: Cell<Option<OwnPassword>>,
    /// The root DSE that was read with the bind, until somebody takes it.
    root_dse: RefCell<Option<RootDse>>,
    retried_by: Cell<RetriedBy>,
    /// Whether the server refuses searches in pages, or pages of a useful size.
    refuses_pages: Cell<bool>,
    /// The results of recent searches.
    pub(super) cache: SearchCache,
}

impl Connection {
    /// Connects and binds.
    ///
    /// # Errors
    /// Exit 4: the bind is refused. Exit 8: no server answers.
    pub(super) async fn open(target: Target) -> Result<Self> {
        let connection = Self {
            target,
            live: RefCell::new(None),
            server: Cell::new(0),
            changed_at: Cell::new(None),
            has_changed: Cell::new(false),
            answered_at: Cell::new(None),
            has_bind_policy: Cell::new(false),
            own_password: Cell::new(None),
            root_dse: RefCell::new(None),
            retried_by: Cell::new(RetriedBy::Connection),
            refuses_pages: Cell::new(false),
            cache: SearchCache::default(),
        };
        let each = connection.target.call_timeout;
        let servers = u32::try_from(connection.target.urls.len()).unwrap_or(u32::MAX);
        connection.live_link(Deadline::after(each.saturating_mul(servers))).await?;
        Ok(connection)
    }

    /// Leaves retries to the caller from now on.
    pub(super) fn leave_retries(&self) {
        self.retried_by.set(RetriedBy::Caller);
    }

    /// Whether this connection repeats calls.
    pub(super) fn retries(&self) -> bool {
        self.retried_by.get() == RetriedBy::Connection
    }

    /// Returns the deadline of an operation that begins now.
    pub(super) fn deadline(&self) -> Deadline {
        Deadline::after(self.target.call_timeout)
    }

    /// Stays with this server from now on: the others may not know the change yet.
    pub(super) fn pin_server(&self) {
        self.changed_at.set(Some(Instant::now()));
        self.has_changed.set(true);
    }

    /// Records that the server answered.
    pub(super) fn record_answer(&self) {
        self.answered_at.set(Some(Instant::now()));
    }

    /// Whether the server refused a search in pages.
    pub(super) fn refuses_pages(&self) -> bool {
        self.refuses_pages.get()
    }

    /// Records that the server refuses pages, so that it is not asked for them again.
    pub(super) fn refuse_pages(&self) {
        self.refuses_pages.set(true);
    }

    /// Returns the server's address, for messages.
    pub(super) fn server(&self) -> String {
        self.target
            .urls
            .get(self.server.get())
            .map(|url| url.as_str().trim_end_matches('/').to_owned())
            .unwrap_or_default()
    }

    /// Returns the name that the agent signed in with.
    pub(super) fn bind_name(&self) -> &str {
        &self.target.name
    }

    /// Returns what the server said of the agent's own password at the sign-in.
    pub(super) fn own_password(&self) -> Option<OwnPassword> {
        self.own_password.get()
    }

    /// Whether the server answered the sign-in with its password policy.
    pub(super) fn has_bind_policy(&self) -> bool {
        self.has_bind_policy.get()
    }

    /// Lets a new reset use any server, unless another one has just changed something and reads it back.
    pub(super) fn unpin_server(&self) {
        let read_back_by_now = |at: &Instant| at.elapsed() > self.target.call_timeout * READ_BACK_CALLS;
        if self.changed_at.get().as_ref().is_some_and(read_back_by_now) {
            self.changed_at.set(None);
        }
    }

    /// Whether the server answered within this time, on a connection that is still there.
    pub(super) fn has_answered_within(&self, time: Duration) -> bool {
        self.live.borrow().is_some() && self.answered_at.get().is_some_and(|at| at.elapsed() < time)
    }

    /// Returns the live connection, or connects to the first server that answers.
    pub(super) async fn live_link(&self, deadline: Deadline) -> Result<Link> {
        let live = self.live.borrow().clone();
        if let Some(mut link) = live
            && !link.ldap.is_closed()
        {
            return Ok(link);
        }
        let first = self.server.get();
        let many = if self.changed_at.get().is_some() { 1 } else { self.target.urls.len() };
        let mut first_error = None;
        for step in 0..many {
            self.server.set((first + step) % self.target.urls.len());
            match self.connect(deadline.share(many - step)).await {
                Ok(link) => {
                    *self.live.borrow_mut() = Some(link.clone());
                    return Ok(link);
                }
                Err(error) if error.kind == Kind::Unavailable => {
                    tracing::debug!(%error, "the next server is tried");
                    first_error.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        self.server.set(first);
        Err(first_error.unwrap_or_else(|| Error::unavailable("The profile names no server.")))
    }

    /// Connects and binds. Keeps known facts alone of a refused bind, which carried the password.
    async fn connect(&self, deadline: Deadline) -> Result<Link> {
        let server = self.server();
        let Some(url) = self.target.urls.get(self.server.get()) else {
            return Err(Error::unavailable("The profile names no server."));
        };
        let reach = transport::connect(url, self.target.start_tls, self.target.tls.as_ref());
        let mut link = timeout_at(deadline.instant(), reach)
            .await
            .unwrap_or_else(|elapsed| Err(elapsed.into()))
            .map_err(|error| errors::connect_error(&server, error))?;
        let bound = link
            .ldap
            .with_timeout(deadline.remaining())
            .with_controls(ber::optional_control(ber::PASSWORD_POLICY))
            .simple_bind(&self.target.name, &self.target.password)
            .await
            .map_err(|error| errors::connect_error(&server, link.cause(error)))?;
        let bound = redact_result(bound);
        match (self.target.bind_error)(&bound) {
            Some(error) => return Err(error),
            None if bound.rc == 0 => {
                let policy = ber::policy_answer(&bound);
                self.has_bind_policy.set(policy.is_some());
                self.own_password.set(policy.and_then(ber::PolicyAnswer::own_password));
            }
            None => return Err(errors::from_result(&server, &bound)),
        }
        match self.target.read_root_dse(link.ldap.clone(), deadline).await.map_err(|error| link.cause(error)) {
            Ok(root_dse) => {
                *self.root_dse.borrow_mut() = Some(root_dse);
                self.record_answer();
            }
            // The read that follows finds that this connection is lost, and connects anew.
            Err(error) if errors::is_lost(&error) => {}
            Err(error) => return Err(errors::connect_error(&server, error)),
        }
        Ok(link)
    }

    /// Returns the root DSE as read with the bind, or reads it now.
    pub(super) async fn root_dse(&self) -> Result<RootDse> {
        if let Some(root_dse) = self.root_dse.borrow_mut().take() {
            return Ok(root_dse);
        }
        self.with_retries(async |deadline| {
            let link = self.live_link(deadline).await?;
            let read = self.target.read_root_dse(link.ldap.clone(), deadline).await;
            read.map_err(|error| self.drop_link(link.cause(error)))
        })
        .await
    }

    /// Reads, with retries while the connection is lost or the server is busy. All of them share one operation's time.
    ///
    /// It reads once if the caller makes the retries.
    pub(super) async fn with_retries<T>(&self, read: impl AsyncFn(Deadline) -> Result<T>) -> Result<T> {
        let deadline = self.deadline();
        let mut pauses = backoff().build();
        let mut earlier = None;
        loop {
            let error = match timeout_at(deadline.instant(), read(deadline)).await {
                Ok(Ok(found)) => return Ok(found),
                Ok(Err(error)) => error,
                Err(elapsed) => self.drop_link(elapsed.into()),
            };
            match pauses.next() {
                Some(pause) if self.retries() && errors::is_transient(&error) && pause < deadline.remaining() => {
                    tracing::debug!(%error, ?pause, "the read is done again");
                    tokio::time::sleep(pause).await;
                    earlier = Some(error);
                }
                // The earlier error says more than that the time ran out at the last try.
                _ => return Err(earlier.filter(|_| deadline.remaining().is_zero()).unwrap_or(error)),
            }
        }
    }

    /// Makes the error of a refused read. Leaves out the agent's password, and after a change the server's whole text.
    pub(super) fn search_error(&self, result: &LdapResult) -> Error {
        let clean = |text: &String| redact(text, &self.target.password);
        let (matched, text) = (clean(&result.matched), clean(&result.text));
        let refs = result.refs.iter().map(clean).collect();
        let mut result = LdapResult { rc: result.rc, matched, text, refs, ctrls: Vec::new() };
        if self.has_changed.get() {
            result = redact_result(result);
        }
        errors::from_result(&self.server(), &result)
    }

    /// Opens another stream to the server that this connection is to, and to the same address of it.
    pub(super) async fn open_stream(&self, deadline: Deadline) -> Result<OpenStream> {
        let address = [self.live_link(deadline).await?.address];
        let Some(url) = self.target.urls.get(self.server.get()) else {
            return Err(Error::unavailable("The profile names no server."));
        };
        let open = transport::open(url, &address, self.target.start_tls, self.target.tls.as_ref());
        let opened = timeout_at(deadline.instant(), open).await.unwrap_or_else(|elapsed| Err(elapsed.into()));
        opened.map_err(|error| errors::connect_error(&self.server(), error))
    }

    /// Gives the connection up, and makes the error of an operation that got no answer.
    pub(super) fn drop_link(&self, error: LdapError) -> Error {
        *self.live.borrow_mut() = None;
        errors::no_answer(&self.server(), error)
    }

    /// Unbinds. An error no longer matters then.
    pub(super) async fn close(&self) {
        let live = self.live.borrow_mut().take();
        if let Some(mut link) = live {
            let _ = link.ldap.with_timeout(self.target.call_timeout).unbind().await;
        }
    }
}
