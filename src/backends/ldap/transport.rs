//! Opens connections: TCP, TLS with a verified certificate, and the relay before the LDAP library.

use std::net::SocketAddr;
use std::sync::Arc;

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, LdapResult, StdStream};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio_rustls::TlsConnector;
use url::Url;

use super::message::{self, Response};
use super::relay::{Closed, Messages, relay};
use super::violation::Violation;

/// The `StartTLS` request (RFC 4511 section 4.14.1): message 1, an extended request with the operation's name.
const START_TLS: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
const EXTENDED: u8 = 0x77;

/// An open connection to a server.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) ldap: Ldap,
    /// The server's certificate in DER; `None` without encryption.
    pub(super) certificate: Option<Vec<u8>>,
    /// The address of the server itself, of which one name may have several.
    pub(super) address: SocketAddr,
    closed: Closed,
}

impl Link {
    /// Returns why the connection was lost: the library's own error, or the violation that the relay found.
    pub(super) fn cause(&self, error: LdapError) -> LdapError {
        match self.closed.get() {
            Some(violation) if super::errors::is_lost(&error) => violation.as_error(),
            _ => error,
        }
    }
}

/// A stream of bytes to a server and back.
pub(super) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for S {}

/// An open and, where the profile asks for it, encrypted stream to a server, without the LDAP library.
pub(super) struct OpenStream {
    pub(super) bytes: Box<dyn ByteStream>,
    certificate: Option<Vec<u8>>,
    address: SocketAddr,
}

/// Connects and encrypts, without a bind.
pub(super) async fn connect(url: &Url, start_tls: bool, tls: Option<&Arc<ClientConfig>>) -> Result<Link, LdapError> {
    let addresses = lookup_host(host_and_port(url)).await?.collect::<Vec<_>>();
    start_relay(open(url, &addresses, start_tls, tls).await?).await
}

fn host_and_port(url: &Url) -> (&str, u16) {
    let port = url.port().unwrap_or(if url.scheme() == "ldaps" { 636 } else { 389 });
    (url.host_str().unwrap_or_default().trim_matches(['[', ']']), port)
}

/// Opens a stream to the first of these addresses that answers, which are the server's.
pub(super) async fn open(
    url: &Url,
    addresses: &[SocketAddr],
    start_tls: bool,
    tls: Option<&Arc<ClientConfig>>,
) -> Result<OpenStream, LdapError> {
    // Nagle's algorithm would add 40 ms to a connection.
    let mut stream = TcpStream::connect(addresses).await?;
    stream.set_nodelay(true)?;
    let address = stream.peer_addr()?;
    if start_tls {
        start_tls_on(&mut stream).await?;
    }
    if !start_tls && url.scheme() != "ldaps" {
        return Ok(OpenStream { bytes: Box::new(stream), certificate: None, address });
    }
    let Some(tls) = tls else { return Err(LdapError::MismatchedStreamType) };
    let name = ServerName::try_from(host_and_port(url).0.to_owned())?;
    let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?;
    let certificates = stream.get_ref().1.peer_certificates();
    let certificate = certificates.and_then(|chain| chain.first()).map(|certificate| certificate.to_vec());
    Ok(OpenStream { bytes: Box::new(stream), certificate, address })
}

/// Asks the server for TLS. Bytes in clear behind its answer are refused, since anybody could have sent them.
async fn start_tls_on(stream: &mut TcpStream) -> Result<(), LdapError> {
    stream.write_all(START_TLS).await?;
    let mut messages = Messages::new();
    let answer = messages.next(stream).await?.ok_or_else(|| std::io::Error::from(std::io::ErrorKind::UnexpectedEof))?;
    let response = message::response(answer, |number| (number == 1).then_some(EXTENDED));
    let whole = matches!(response, Ok(Response::Last(_)));
    let code = message::result(answer).filter(|_| whole);
    let (code, text) = code.ok_or_else(|| Violation::Malformed.as_error())?;
    if messages.has_rest() {
        return Err(Violation::Malformed.as_error());
    }
    if code != 0 {
        let result = LdapResult { rc: code, matched: String::new(), text, refs: Vec::new(), ctrls: Vec::new() };
        return Err(result.into());
    }
    Ok(())
}

/// Puts the relay between the server and the library, over a pair of sockets.
async fn start_relay(stream: OpenStream) -> Result<Link, LdapError> {
    let OpenStream { bytes, certificate, address } = stream;
    let (ours, librarys) = UnixStream::pair()?;
    let closed = Closed::default();
    tokio::spawn(relay(bytes, Messages::new(), ours, Arc::clone(&closed)));
    let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(librarys.into_std()?));
    let (connection, ldap) = LdapConnAsync::with_settings(settings, "ldapi://relay").await?;
    tokio::spawn(async move {
        if let Err(error) = connection.drive().await {
            tracing::debug!(%error, "the connection ended");
        }
    });
    Ok(Link { ldap, certificate, address, closed })
}
