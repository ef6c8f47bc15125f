//! A bound connection: servers in order up to the intent, then one; a time limit on each call; pages (RFC 2696).

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder, Retryable};
use ldap3::controls::{PagedResults, RawControl};
use ldap3::{Ldap, LdapError, LdapResult, Mod, Scope};
use rustls::ClientConfig;
use tokio::time::timeout;
use url::Url;
use zeroize::Zeroizing;

use super::entry::Entry;
use super::failure::{self, BUSY, NO_SUCH_OBJECT, NOT_AVAILABLE, SIZE_LIMIT};
use super::greeting::{Asks, Greeting, greet};
use super::lately::Lately;
use super::{ber, link};
use crate::domain::{Answer, Failure, Kind, OwnPassword};

/// Entries of one page.
const PAGE: i32 = 500;
/// A change is read back, and settled, in no more calls than this.
const CALLS_OF_A_READ_BACK: u32 = 4;
/// What the server is too busy for is tried again this often.
const AGAIN: usize = 3;
/// The library keeps what it sent in one buffer as long as the connection lasts: 8 KiB, and from the first request that
/// is longer, twice that. What is sent next goes behind what was sent before, until it does not fit any more: then to the
/// front. A request that fills all of it leaves nothing of an earlier one; one that were longer would have it copied.
const BUFFER: usize = 16 * 1024;
/// A request that makes the buffer that large.
const ENLARGES: usize = 9 * 1024;
/// All of a search request for a long `cn` but name, attributes and that value (RFC 4511 section 4.5.1), at the most.
const REST_OF_A_SEARCH: usize = 64;

/// What a bind led to, where it did not lead in.
pub(super) type BindRefused = fn(&LdapResult) -> Option<Failure>;

/// How to reach the servers, and as whom.
pub(super) struct Target {
    pub(super) urls: Vec<Url>,
    pub(super) start_tls: bool,
    pub(super) tls: Option<Arc<ClientConfig>>,
    pub(super) one_call: Duration,
    pub(super) name: String,
    pub(super) password: Zeroizing<String>,
    pub(super) refused: BindRefused,
    /// What is asked after the bind.
    pub(super) asks: Asks,
}

impl Target {
    /// The first request makes the buffer as large as it is to be.
    async fn greet(&self, ldap: Ldap) -> Result<Greeting, LdapError> {
        greet(ldap, self.asks, &long_filter(ENLARGES), self.one_call).await
    }
}

/// Each time a little later.
fn pauses() -> ExponentialBuilder {
    ExponentialBuilder::default().with_min_delay(Duration::from_millis(200)).with_max_times(AGAIN).with_jitter()
}

/// Every entry fits it.
fn long_filter(length: usize) -> String {
    format!("(|(objectClass=*)(cn={}))", "x".repeat(length))
}

/// Reads, and again a little later where the connection was lost or the server is busy.
async fn harmless<T, F: Future<Output = Answer<T>>>(read: impl FnMut() -> F) -> Answer<T> {
    read.retry(pauses())
        .when(failure::is_passing)
        .notify(|failure, pause| tracing::debug!(%failure, ?pause, "the read is done again"))
        .await
}

/// What a search found.
#[derive(Clone)]
pub(super) struct Results {
    pub(super) entries: Vec<Entry>,
    /// There are no more.
    pub(super) complete: bool,
}

/// A connection that is made anew where it was lost and that is harmless.
pub(super) struct Connection {
    target: Target,
    live: RefCell<Option<Ldap>>,
    /// Which of the servers.
    server: Cell<usize>,
    /// The last change: from then on this server and no other, which may not know yet.
    changed_at: Cell<Option<Instant>>,
    /// The last answer to a read, the greeting among them.
    answered_at: Cell<Option<Instant>>,
    /// What the last sign-in said of the agent's own password.
    own_password: Cell<Option<OwnPassword>>,
    /// What came with the bind, until somebody takes it.
    greeting: RefCell<Option<Greeting>>,
    /// What was found lately, by what was asked for.
    pub(super) lately: Lately,
}

impl Connection {
    /// Connects and binds.
    ///
    /// # Errors
    /// Exit 4: the bind is refused. Exit 8: no server answers.
    pub(super) async fn open(target: Target) -> Answer<Self> {
        let connection = Self {
            target,
            live: RefCell::new(None),
            server: Cell::new(0),
            changed_at: Cell::new(None),
            answered_at: Cell::new(None),
            own_password: Cell::new(None),
            greeting: RefCell::new(None),
            lately: Lately::default(),
        };
        connection.ldap().await?;
        Ok(connection)
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
    pub(super) fn unpin(&self) {
        let read_back_by_now = |at: &Instant| at.elapsed() > self.target.one_call * CALLS_OF_A_READ_BACK;
        if self.changed_at.get().as_ref().is_some_and(read_back_by_now) {
            self.changed_at.set(None);
        }
    }

    /// Whether it lived a moment ago.
    pub(super) fn answered_within(&self, time: Duration) -> bool {
        self.live.borrow().is_some() && self.answered_at.get().is_some_and(|at| at.elapsed() < time)
    }

    /// The live handle; where there is none, a new connection to the first server that answers.
    async fn ldap(&self) -> Answer<Ldap> {
        let live = self.live.borrow().clone();
        if let Some(mut ldap) = live
            && !ldap.is_closed()
        {
            return Ok(ldap);
        }
        let first = self.server.get();
        let many = if self.changed_at.get().is_some() { 1 } else { self.target.urls.len() };
        let mut told = None;
        for step in 0..many {
            self.server.set((first + step) % self.target.urls.len());
            match self.connect().await {
                Ok(ldap) => {
                    *self.live.borrow_mut() = Some(ldap.clone());
                    return Ok(ldap);
                }
                Err(failure) if failure.kind == Kind::Unavailable => {
                    tracing::debug!(%failure, "the next server is tried");
                    told.get_or_insert(failure);
                }
                Err(failure) => return Err(failure),
            }
        }
        self.server.set(first);
        Err(told.unwrap_or_else(|| Failure::unavailable("No server is named.")))
    }

    async fn connect(&self) -> Answer<Ldap> {
        let server = self.server();
        let Some(url) = self.target.urls.get(self.server.get()) else {
            return Err(Failure::unavailable("No server is named."));
        };
        let mut ldap = timeout(self.target.one_call, link::reach(url, self.target.start_tls, self.target.tls.as_ref()))
            .await
            .unwrap_or_else(|elapsed| Err(elapsed.into()))
            .map_err(|error| failure::not_reached(&server, error))?;
        let bound = ldap
            .with_timeout(self.target.one_call)
            .with_controls(ber::plain(ber::PASSWORD_POLICY))
            .simple_bind(&self.target.name, &self.target.password)
            .await
            .map_err(|error| failure::not_reached(&server, error))?;
        match (self.target.refused)(&bound) {
            Some(failure) => return Err(failure),
            None if bound.rc == 0 => {
                self.own_password.set(ber::policy_answer(&bound).and_then(ber::PolicyAnswer::own_password));
            }

            None => return Err(failure::refused(&server, &bound)),
        }
        match self.target.greet(ldap.clone()).await {
            Ok(greeting) => {
                *self.greeting.borrow_mut() = Some(greeting);
                self.answered_at.set(Some(Instant::now()));
            }
            // A connection that is lost already is found by the read that follows, and made anew.
            Err(error) if failure::is_lost(&error) => {}
            Err(error) => return Err(failure::not_reached(&server, error)),
        }
        Ok(ldap)
    }

    /// What the server said of itself and of the agent when they were bound.
    pub(super) async fn greeting(&self) -> Answer<Greeting> {
        if let Some(greeting) = self.greeting.borrow_mut().take() {
            return Ok(greeting);
        }
        harmless(|| async move {
            let ldap = self.ldap().await?;
            self.target.greet(ldap).await.map_err(|error| self.lost(error))
        })
        .await
    }

    /// At most about `most` entries, and whether that is all.
    pub(super) async fn search(
        &self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
        most: usize,
    ) -> Answer<Results> {
        harmless(|| async move {
            let mut ldap = self.ldap().await?;
            let (entries, result) =
                self.pages(&mut ldap, base, scope, filter, attributes, most).await.map_err(|error| self.lost(error))?;
            self.answered_at.set(Some(Instant::now()));
            match result.rc {
                NO_SUCH_OBJECT => Ok(Results { entries: Vec::new(), complete: true }),
                0 | SIZE_LIMIT => {
                    let complete = result.rc == 0 && ber::next_page(&result).is_none();
                    Ok(Results { entries, complete })
                }
                _ => Err(failure::refused(&self.server(), &result)),
            }
        })
        .await
    }

    async fn pages(
        &self,
        ldap: &mut Ldap,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
        most: usize,
    ) -> Result<(Vec<Entry>, LdapResult), LdapError> {
        let mut entries = Vec::new();
        let mut cookie = Vec::new();
        loop {
            ldap.with_timeout(self.target.one_call);
            let mut controls = ber::that_go_with(attributes);
            if scope != Scope::Base {
                let size = i32::try_from(most).map_or(PAGE, |most| most.clamp(1, PAGE));
                controls.push(PagedResults { size, cookie }.into());
            }
            ldap.with_controls(controls);
            let mut stream = ldap.streaming_search(base, scope, filter, attributes).await?;
            while let Some(found) = stream.next().await? {
                if !found.is_ref() && !found.is_intermediate() {
                    entries.extend(Entry::of(found.0));
                }
            }
            let result = stream.finish().await;
            match ber::next_page(&result) {
                Some(next) if result.rc == 0 && entries.len() < most => cookie = next,
                _ => return Ok((entries, result)),
            }
        }
    }

    /// One entry by name; none where there is none, or it may not be read.
    pub(super) async fn read(&self, dn: &str, attributes: &[&str]) -> Answer<Option<Entry>> {
        let found = self.search(dn, Scope::Base, "(objectClass=*)", attributes, 1).await?;
        Ok(found.entries.into_iter().next())
    }

    /// As [`Connection::read`], with a request of the buffer's length: nothing stays of what was sent before, a password among it.
    pub(super) async fn read_after_a_secret(&self, dn: &str, attributes: &[&str]) -> Answer<Option<Entry>> {
        let asked: usize = attributes.iter().map(|name| name.len() + 2).sum();
        let filter = long_filter(BUFFER.saturating_sub(dn.len() + asked + REST_OF_A_SEARCH));
        let found = self.search(dn, Scope::Base, &filter, attributes, 1).await?;
        Ok(found.entries.into_iter().next())
    }

    /// Changes an entry: attributes replaced. Never sent twice.
    ///
    /// # Errors
    /// Unknown where the answer was lost after it was sent; else nothing was changed.
    pub(super) async fn replace(
        &self,
        dn: &str,
        attributes: &[(&str, &[u8])],
        controls: Vec<RawControl>,
    ) -> Answer<LdapResult> {
        self.changed_at.set(Some(Instant::now()));
        self.write(async |ldap: &mut Ldap| {
            let changes: Vec<Mod<&[u8]>> =
                attributes.iter().map(|(name, value)| Mod::Replace(name.as_bytes(), HashSet::from([*value]))).collect();
            ldap.with_controls(controls.clone()).modify(dn, changes).await
        })
        .await
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// As for a change.
    pub(super) async fn add(
        &self,
        dn: &str,
        attributes: &[(&str, Vec<&[u8]>)],
        controls: Vec<RawControl>,
    ) -> Answer<LdapResult> {
        self.changed_at.set(Some(Instant::now()));
        self.write(async |ldap: &mut Ldap| {
            let attributes =
                attributes.iter().map(|(name, values)| (name.as_bytes(), values.iter().copied().collect())).collect();
            ldap.with_controls(controls.clone()).add(dn, attributes).await
        })
        .await
    }

    /// Sends a change; again only where the server said that it did not do it, being busy.
    async fn write(&self, send: impl AsyncFn(&mut Ldap) -> Result<LdapResult, LdapError>) -> Answer<LdapResult> {
        let mut pauses = pauses().build();
        loop {
            let mut ldap = self.ldap().await?;
            ldap.with_timeout(self.target.one_call);
            let result = send(&mut ldap).await.map_err(|error| {
                let never_left = failure::was_not_sent(&error);
                let told = self.lost(error);
                if never_left { told } else { told.answer_lost() }
            })?;
            match pauses.next() {
                Some(pause) if matches!(result.rc, BUSY | NOT_AVAILABLE) => tokio::time::sleep(pause).await,
                _ => return Ok(result),
            }
        }
    }

    /// No answer: the connection is not used again.
    fn lost(&self, error: LdapError) -> Failure {
        *self.live.borrow_mut() = None;
        failure::no_answer(&self.server(), error)
    }

    /// Says good-bye; what is lost then does not matter.
    pub(super) async fn close(&self) {
        let live = self.live.borrow_mut().take();
        if let Some(mut ldap) = live {
            let _ = ldap.unbind().await;
        }
    }
}
