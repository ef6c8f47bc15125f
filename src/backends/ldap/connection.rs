//! A bound connection: servers in order up to the intent, then one; a time limit on each call; pages (RFC 2696).

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ldap3::controls::{PagedResults, RawControl};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, Mod, Scope, SearchOptions, StdStream};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::Url;
use zeroize::Zeroizing;

use super::ber;
use super::entry::Entry;
use super::failure::{self, NO_SUCH_OBJECT, SIZE_LIMIT};
use crate::domain::{Answer, Failure, Kind, Reason};

/// Entries of one page.
const PAGE: i32 = 500;
/// Longer than the buffer in which the library keeps what it sent, as long as the connection lasts (8 KiB).
const OVERWRITES: usize = 9 * 1024;

/// Trusts the authorities of this file alone; none named: those of the system.
///
/// # Errors
/// Exit 2: the file cannot be read, or has no certificate in it.
pub(super) fn tls(ca_cert: Option<&Path>) -> Answer<Option<Arc<ClientConfig>>> {
    let Some(path) = ca_cert else { return Ok(None) };
    let wrong =
        |what: String| Failure::new(Kind::Usage, Reason::Configuration, format!("ca_cert {}: {what}.", path.display()));
    let mut roots = RootCertStore::empty();
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|error| wrong(format!("it cannot be read ({error})")))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| wrong(format!("it is damaged ({error})")))?;
        roots.add(certificate).map_err(|error| wrong(format!("it cannot be used ({error})")))?;
    }
    if roots.is_empty() {
        return Err(wrong("it has no certificate in it".to_owned()));
    }
    Ok(Some(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())))
}

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
}

/// What a search found.
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
    /// From the first change on: this server and no other, which may not know yet.
    pinned: Cell<bool>,
}

impl Connection {
    /// Connects and binds.
    ///
    /// # Errors
    /// Exit 4: the bind is refused. Exit 8: no server answers.
    pub(super) async fn open(target: Target) -> Answer<Self> {
        let connection = Self { target, live: RefCell::new(None), server: Cell::new(0), pinned: Cell::new(false) };
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

    /// A new job begins: any server will do until it changes something.
    pub(super) fn unpin(&self) {
        self.pinned.set(false);
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
        let many = if self.pinned.get() { 1 } else { self.target.urls.len() };
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
        let mut ldap = timeout(self.target.one_call, self.handshake(url))
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
            Some(failure) => Err(failure),
            None if bound.rc == 0 => Ok(ldap),
            None => Err(failure::refused(&server, &bound)),
        }
    }

    /// Name, TCP without delay (the library leaves Nagle's algorithm on: 40 ms a connection), TLS.
    async fn handshake(&self, url: &Url) -> Result<Ldap, LdapError> {
        let port = url.port().unwrap_or(if url.scheme() == "ldaps" { 636 } else { 389 });
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        let mut settings = LdapConnSettings::new()
            .set_starttls(self.target.start_tls)
            .set_std_stream(StdStream::Tcp(stream.into_std()?));
        if let Some(tls) = &self.target.tls {
            settings = settings.set_config(Arc::clone(tls));
        }
        let (connection, ldap) = LdapConnAsync::from_url_with_settings(settings, url).await?;
        tokio::spawn(async move {
            if let Err(error) = connection.drive().await {
                tracing::debug!(%error, "the connection ended");
            }
        });
        Ok(ldap)
    }

    /// Reads; a lost connection is made anew, once. At most `most` entries, and whether that is all.
    pub(super) async fn search(
        &self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
        most: usize,
    ) -> Answer<Results> {
        for last_try in [false, true] {
            let mut ldap = self.ldap().await?;
            match self.pages(&mut ldap, base, scope, filter, attributes, most).await {
                Ok((_, result)) if result.rc == NO_SUCH_OBJECT => {
                    return Ok(Results { entries: Vec::new(), complete: true });
                }
                Ok((entries, result)) if result.rc == 0 || result.rc == SIZE_LIMIT => {
                    return Ok(Results { entries, complete: result.rc == 0 && ber::next_page(&result).is_none() });
                }
                Ok((_, result)) => return Err(failure::refused(&self.server(), &result)),
                Err(error) if failure::is_lost(&error) && !last_try => {
                    tracing::debug!(%error, "the connection was lost; the read is done again");
                    *self.live.borrow_mut() = None;
                }
                Err(error) => {
                    *self.live.borrow_mut() = None;
                    return Err(failure::no_answer(&self.server(), error));
                }
            }
        }
        Err(Failure::bug("A search ended without an answer."))
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
            if scope != Scope::Base {
                ldap.with_controls(PagedResults { size: PAGE, cookie });
                ldap.with_search_options(SearchOptions::new());
            }
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

    /// The same, with a request so long that nothing stays of what was sent before, a password among it.
    pub(super) async fn read_after_a_secret(&self, dn: &str, attributes: &[&str]) -> Answer<Option<Entry>> {
        let filter = format!("(|(objectClass=*)(cn={}))", "x".repeat(OVERWRITES));
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
        let mut ldap = self.ldap().await?;
        self.pinned.set(true);
        let changes: Vec<Mod<&[u8]>> =
            attributes.iter().map(|(name, value)| Mod::Replace(name.as_bytes(), HashSet::from([*value]))).collect();
        let answer = ldap.with_timeout(self.target.one_call).with_controls(controls).modify(dn, changes).await;
        self.changed(answer)
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
        let mut ldap = self.ldap().await?;
        self.pinned.set(true);
        let attributes =
            attributes.iter().map(|(name, values)| (name.as_bytes(), values.iter().copied().collect())).collect();
        let answer = ldap.with_timeout(self.target.one_call).with_controls(controls).add(dn, attributes).await;
        self.changed(answer)
    }

    fn changed(&self, answer: Result<LdapResult, LdapError>) -> Answer<LdapResult> {
        answer.map_err(|error| {
            *self.live.borrow_mut() = None;
            let sent = !failure::was_not_sent(&error);
            let told = failure::no_answer(&self.server(), error);
            if sent { told.answer_lost() } else { told }
        })
    }

    /// Who the server says that the agent is (RFC 4532); none where it does not know the operation.
    pub(super) async fn who_am_i(&self) -> Answer<Option<String>> {
        let mut ldap = self.ldap().await?;
        let answer = ldap
            .with_timeout(self.target.one_call)
            .extended(ldap3::exop::WhoAmI)
            .await
            .map_err(|error| failure::no_answer(&self.server(), error))?;
        Ok(answer.0.val.filter(|_| answer.1.rc == 0).and_then(|value| String::from_utf8(value).ok()))
    }

    /// Says good-bye; what is lost then does not matter.
    pub(super) async fn close(&self) {
        let live = self.live.borrow_mut().take();
        if let Some(mut ldap) = live {
            let _ = ldap.unbind().await;
        }
    }
}
