//! A connection to a mail server: encrypted, greeted and signed in.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use lettre::transport::smtp::Error as LettreError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::Host;

use super::error::{Progress, SmtpError, Step};
use super::start_tls::start_tls;
use super::stream::{AnswerTooLong, EncryptedStream};
use crate::config::{SmtpConfig, SmtpTls};
use crate::net::trust;

/// The code of an accepted sign-in (RFC 4954 section 4).
const SIGNED_IN: u16 = 235;

/// A connection over which mail can be sent.
pub(super) struct Connection {
    pub(super) smtp: AsyncSmtpConnection,
    /// The server's certificate in DER form.
    pub(super) certificate: Option<Vec<u8>>,
}

/// Connects, encrypts, greets, and signs in with the password if the sender has a username.
///
/// # Errors
/// The first step that failed. Without encryption no later step is tried.
pub(super) async fn connect(
    config: &SmtpConfig,
    tls: Arc<ClientConfig>,
    password: Option<&str>,
    progress: &Progress,
) -> Result<Connection, SmtpError> {
    progress.set(Step::Connect);
    let unreachable = |error: std::io::Error| SmtpError::Unreachable(error.to_string());
    let stream = match &config.host {
        Host::Domain(name) => TcpStream::connect((name.as_str(), config.port)).await,
        Host::Ipv4(address) => TcpStream::connect((*address, config.port)).await,
        Host::Ipv6(address) => TcpStream::connect((*address, config.port)).await,
    };
    let stream = stream.map_err(unreachable)?;
    stream.set_nodelay(true).map_err(unreachable)?;
    let hello = hello(stream.local_addr().map_err(unreachable)?);
    let stream = match config.tls {
        SmtpTls::Implicit => stream,
        SmtpTls::StartTls => start_tls(stream, &hello, progress).await?,
    };
    progress.set(Step::Handshake);
    let encrypted = TlsConnector::from(tls).connect(server_name(&config.host)?, stream).await.map_err(not_encrypted)?;
    let certificate = encrypted.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let certificate = certificate.map(|first| first.to_vec());
    let encrypted = match config.tls {
        SmtpTls::Implicit => EncryptedStream::before_greeting(encrypted),
        SmtpTls::StartTls => EncryptedStream::after_greeting(encrypted),
    };
    progress.set(Step::Greeting);
    let greeted = AsyncSmtpConnection::connect_with_transport(Box::new(encrypted), &hello).await;
    let mut smtp = greeted.map_err(|error| classify(&error, Step::Greeting))?;
    if let (Some(credentials), Some(password)) = (&config.credentials, password) {
        progress.set(Step::SignIn);
        if smtp.server_info().get_auth_mechanism(DEFAULT_MECHANISMS).is_none() {
            return Err(SmtpError::NoMechanism);
        }
        let credentials = Credentials::new(credentials.username.clone(), password.to_owned());
        let answer = smtp.auth(DEFAULT_MECHANISMS, &credentials).await;
        let answer = answer.map_err(|error| classify(&error, Step::SignIn))?;
        if !answer.has_code(SIGNED_IN) {
            return Err(SmtpError::NotSmtp(Step::SignIn));
        }
    }
    Ok(Connection { smtp, certificate })
}

/// Tells the server an address of this machine, which has no name that the server could look up (RFC 5321 section
/// 4.1.4).
fn hello(own: SocketAddr) -> ClientId {
    match own.ip() {
        IpAddr::V4(address) => ClientId::Ipv4(address),
        IpAddr::V6(address) => ClientId::Ipv6(address),
    }
}

fn server_name(host: &Host) -> Result<ServerName<'static>, SmtpError> {
    match host {
        Host::Domain(name) => ServerName::try_from(name.clone())
            .map_err(|_| SmtpError::Unreachable("no certificate can be for this name".to_owned())),
        Host::Ipv4(address) => Ok(ServerName::IpAddress(IpAddr::V4(*address).into())),
        Host::Ipv6(address) => Ok(ServerName::IpAddress(IpAddr::V6(*address).into())),
    }
}

/// Explains a handshake that failed.
fn not_encrypted(error: std::io::Error) -> SmtpError {
    if let Some(why) = trust::explanation(&error) {
        return SmtpError::Untrusted(why);
    }
    let is_tls = error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
    if is_tls { SmtpError::NoTls } else { SmtpError::Broken(Step::Handshake) }
}

/// Tells from an error of the library what happened at a step. The text of the server that it holds is dropped.
pub(super) fn classify(error: &LettreError, step: Step) -> SmtpError {
    match error.status() {
        Some(code) => SmtpError::Refused { step, code: code.into() },
        None if is_no_answer(error) => SmtpError::NotSmtp(step),
        None => SmtpError::Broken(step),
    }
}

/// Whether what came is no answer of SMTP. That the server closed the connection instead of an answer is of the same
/// kind to the library, and told by its words.
fn is_no_answer(error: &LettreError) -> bool {
    let source = std::error::Error::source(error);
    if error.is_response() {
        return source.is_none_or(|source| source.to_string() != "incomplete response");
    }
    let inner = source.and_then(|source| source.downcast_ref::<std::io::Error>()?.get_ref());
    inner.is_some_and(|inner| inner.is::<AnswerTooLong>())
}
