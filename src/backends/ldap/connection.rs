//! A bound connection: servers in order up to the intent, then one; the time of one operation covers its retries.

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
use super::transport::{self, Link};
use super::{ber, errors};
use crate::domain::{Error, Kind, OwnPassword, Result, redact};

/// A change is read back, and settled, in no more calls than this.
const READ_BACK_CALLS: u32 = 4;
/// What the server is too busy for is tried again this often.
const MAX_RETRIES: usize = 3;
/// A request that makes the library's buffer as large as it is to be (see `change.rs`).
const FIRST_REQUEST_LENGTH: usize = 9 * 1024;

/// What a bind led to, where it did not lead in.
pub(super) type BindErrorMapper = fn(&LdapResult) -> Option<Error>;

/// How to reach the servers, and as whom.
pub(super) struct Target {
    pub(super) urls: Vec<Url>,
    pub(super) start_tls: bool,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) one_call: Duration,
    pub(super) name: String,
    pub(super) password: Zeroizing<String>,
    pub(super) bind_error: BindErrorMapper,
    /// What is asked after the bind.
    pub(super) query: RootDseQuery,
}

impl Target {
    /// The first request makes the buffer as large as it is to be.
    async fn read_root_dse(&self, ldap: Ldap, deadline: Deadline) -> Result<RootDse, LdapError> {
        read_root_dse(ldap, self.query, &padded_filter(FIRST_REQUEST_LENGTH), deadline).await
    }
}

/// Each time a little later.
pub(super) fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::default().with_min_delay(Duration::from_millis(200)).with_max_times(MAX_RETRIES).with_jitter()
}

/// Every entry fits it.
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

/// A connection that is made anew where it was lost and that is harmless.
pub(super) struct Connection {
    target: Target,
    live: RefCell<Option<Link>>,
    /// Which of the servers.
    server: Cell<usize>,
    /// The last change: from then on this server and no other, which may not know yet.
    changed_at: Cell<Option<Instant>>,
    /// Something was changed, perhaps a password: the server may quote it in whatever it answers later.
    has_changed: Cell<bool>,
    /// The last answer to a read, the root_dse among them.
    answered_at: Cell<Option<Instant>>,
    /// What the last sign-in said of the agent's own password.
    own_password: Cell<Option<OwnPassword>>,
    /// What came with the bind, until somebody takes it.
    root_dse: RefCell<Option<RootDse>>,
    retried_by: Cell<RetriedBy>,
    /// The server takes no search in pages, or not in pages of a useful size.
    refuses_pages: Cell<bool>,
    /// What was found lately, by what was asked for.
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
            own_password: Cell::new(None),
            root_dse: RefCell::new(None),
            retried_by: Cell::new(RetriedBy::Connection),
            refuses_pages: Cell::new(false),
            cache: SearchCache::default(),
        };
        let each = connection.target.one_call;
        let servers = u32::try_from(connection.target.urls.len()).unwrap_or(u32::MAX);
        connection.live_link(Deadline::after(each.saturating_mul(servers))).await?;
        Ok(connection)
    }

    /// Leaves retries to the caller from now on.
    pub(super) fn leave_retries(&self) {
        self.retried_by.set(RetriedBy::Caller);
    }

    /// Whether a call is repeated here.
    pub(super) fn retries(&self) -> bool {
        self.retried_by.get() == RetriedBy::Connection
    }

    /// The end of an operation that begins now.
    pub(super) fn deadline(&self) -> Deadline {
        Deadline::after(self.target.one_call)
    }

    /// From now on this server and no other: the others may not know yet.
    pub(super) fn pin_server(&self) {
        self.changed_at.set(Some(Instant::now()));
        self.has_changed.set(true);
    }

    /// It answered.
    pub(super) fn record_answer(&self) {
        self.answered_at.set(Some(Instant::now()));
    }

    /// Whether the server refused a search in pages.
    pub(super) fn refuses_pages(&self) -> bool {
        self.refuses_pages.get()
    }

    /// The server refused a search in pages: it is not asked for one again.
    pub(super) fn refuse_pages(&self) {
        self.refuses_pages.set(true);
    }

    /// The server's address, for messages.
    pub(super) fn server(&self) -> String {
        self.target
            .urls
            .get(self.server.get())
            .map(|url| url.as_str().trim_end_matches('/').to_owned())
            .unwrap_or_default()
    }

    /// The name that the agent signed in with.
    pub(super) fn bind_name(&self) -> &str {
        &self.target.name
    }

    /// What the server said of the agent's own password at the sign-in.
    pub(super) fn own_password(&self) -> Option<OwnPassword> {
        self.own_password.get()
    }

    /// A new job begins: any server will do until it changes something, unless another job, under way beside it, has
    /// just changed something and reads it back.
    pub(super) fn unpin_server(&self) {
        let read_back_by_now = |at: &Instant| at.elapsed() > self.target.one_call * READ_BACK_CALLS;
        if self.changed_at.get().as_ref().is_some_and(read_back_by_now) {
            self.changed_at.set(None);
        }
    }

    /// Whether it lived a moment ago.
    pub(super) fn has_answered_within(&self, time: Duration) -> bool {
        self.live.borrow().is_some() && self.answered_at.get().is_some_and(|at| at.elapsed() < time)
    }

    /// The live handle; where there is none, a new connection to the first server that answers, in this time.
    pub(super) async fn live_link(&self, deadline: Deadline) -> Result<Link> {
        let live = self.live.borrow().clone();
        if let Some(mut link) = live
            && !link.ldap.is_closed()
        {
            return Ok(link);
        }
        let first = self.server.get();
        let many = if self.changed_at.get().is_some() { 1 } else { self.target.urls.len() };
        let mut told = None;
        for step in 0..many {
            self.server.set((first + step) % self.target.urls.len());
            match self.connect(deadline.share(many - step)).await {
                Ok(link) => {
                    *self.live.borrow_mut() = Some(link.clone());
                    return Ok(link);
                }
                Err(error) if error.kind == Kind::Unavailable => {
                    tracing::debug!(%error, "the next server is tried");
                    told.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        self.server.set(first);
        Err(told.unwrap_or_else(|| Error::unavailable("No server is named.")))
    }

    /// Connects and binds, all of it in this time. Of a refused bind nothing but known facts is kept: it had the password.
    async fn connect(&self, deadline: Deadline) -> Result<Link> {
        let server = self.server();
        let Some(url) = self.target.urls.get(self.server.get()) else {
            return Err(Error::unavailable("No server is named."));
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
                self.own_password.set(ber::policy_answer(&bound).and_then(ber::PolicyAnswer::own_password));
            }

            None => return Err(errors::from_result(&server, &bound)),
        }
        match self.target.read_root_dse(link.ldap.clone(), deadline).await.map_err(|error| link.cause(error)) {
            Ok(root_dse) => {
                *self.root_dse.borrow_mut() = Some(root_dse);
                self.record_answer();
            }
            // A connection that is lost already is found by the read that follows, and made anew.
            Err(error) if errors::is_lost(&error) => {}
            Err(error) => return Err(errors::connect_error(&server, error)),
        }
        Ok(link)
    }

    /// What the server said of itself and of the agent when they were bound.
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

    /// Reads, and again a little later where the connection was lost or the server is busy, in the time of one operation.
    /// Where the caller makes the retries it reads once.
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
                // That the time ran out at the last try says less than what went wrong before.
                _ => return Err(earlier.filter(|_| deadline.remaining().is_zero()).unwrap_or(error)),
            }
        }
    }

    /// A refusal of a read, without the agent's password, which a server may quote; after a change without any text of its.
    pub(super) fn search_error(&self, result: &LdapResult) -> Error {
        let clean = |text: &String| redact(text, &self.target.password);
        let (matched, text) = (clean(&result.matched), clean(&result.text));
        let refs = result.refs.iter().map(clean).collect();
        let mut told = LdapResult { rc: result.rc, matched, text, refs, ctrls: Vec::new() };
        if self.has_changed.get() {
            told = redact_result(told);
        }
        errors::from_result(&self.server(), &told)
    }

    /// No answer: the connection is not used again.
    pub(super) fn drop_link(&self, error: LdapError) -> Error {
        *self.live.borrow_mut() = None;
        errors::no_answer(&self.server(), error)
    }

    /// Says good-bye; what is lost then does not matter.
    pub(super) async fn close(&self) {
        let live = self.live.borrow_mut().take();
        if let Some(mut link) = live {
            let _ = link.ldap.with_timeout(self.target.one_call).unbind().await;
        }
    }
}
