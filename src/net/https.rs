//! The HTTPS client of a server that the profile names, and the errors of its calls.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, ClientBuilder, Method, Request, RequestBuilder, Response, Url, redirect};
use rustls::ClientConfig;
use zeroize::Zeroizing;

use super::retry::Deadline;
use super::trust;
use crate::domain::{Error, Kind, Reason, Result};

/// The longest response body that is read, in bytes: far more than any that is expected.
const MAX_BODY: usize = 8 * 1024 * 1024;
/// How much of an error's body is read, in bytes.
const MAX_ERROR_BODY: usize = 64 * 1024;
/// The longest wait for a connection. A call as a whole may take longer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A server's address, the authorities to trust, and the time limit.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) url: Url,
    /// The file with the certificate authorities to trust (PEM). `None` trusts the system's.
    pub(crate) ca_cert: Option<PathBuf>,
    /// How long one operation may take.
    pub(crate) time_limit: Duration,
}

/// Whether an error may quote the server or a proxy. It may not if the request carried a secret, since an answer may
/// repeat the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quoting {
    Allowed,
    /// The error names only the status and known codes.
    Forbidden,
}

/// Reports whether an address is this machine's own: a literal loopback address, or exactly `localhost`. A name below
/// `localhost` is whatever the resolver says.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// An HTTPS client of one server, with the time limit of an operation.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    client: Client,
    limit: Duration,
    interceptor: Interceptor,
}

/// A function that sees each request before it is sent, and may replace it.
pub(crate) type Interceptor = fn(Request) -> Request;

impl HttpClient {
    /// Returns the same client, whose requests go through an interceptor.
    #[must_use]
    pub(crate) fn intercepted_by(self, interceptor: Interceptor) -> Self {
        Self { interceptor, ..self }
    }

    /// Builds a request for [`HttpClient::send`]. Its time limit is that of an operation.
    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Builds a GET.
    pub(crate) fn get(&self, url: Url) -> RequestBuilder {
        self.request(Method::GET, url)
    }

    /// Builds a POST.
    pub(crate) fn post(&self, url: Url) -> RequestBuilder {
        self.request(Method::POST, url)
    }

    /// Sends a request.
    ///
    /// # Errors
    /// The request cannot be built, or there is no answer.
    pub(crate) async fn send(&self, request: RequestBuilder) -> reqwest::Result<Response> {
        self.execute(request.build()?).await
    }

    /// Sends a request that is built already.
    ///
    /// # Errors
    /// No answer.
    pub(crate) async fn execute(&self, request: Request) -> reqwest::Result<Response> {
        self.client.execute((self.interceptor)(request)).await
    }

    /// Returns how long an operation may take, with its tries and pages.
    pub(crate) const fn limit(&self) -> Duration {
        self.limit
    }

    /// Returns when an operation that begins now has to end.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(self.limit)
    }
}

/// Whether a client keeps the certificate of each connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeepCertificate {
    Yes,
    No,
}

impl Server {
    /// Builds the client. It follows no redirect: a bearer token goes to the server that it is meant for.
    ///
    /// # Errors
    /// Exit 2: the certificate authorities cannot be read.
    pub(crate) fn client(&self) -> Result<HttpClient> {
        self.build_client(KeepCertificate::No)
    }

    /// Builds a client whose responses hold the server's certificate, for `doctor`.
    ///
    /// # Errors
    /// As for [`Server::client`].
    pub(crate) fn client_with_certificates(&self) -> Result<HttpClient> {
        self.build_client(KeepCertificate::Yes)
    }

    /// Builds a client for https over HTTP/1.1, which keeps no request in a buffer of the connection.
    ///
    /// # Errors
    /// As for [`Server::client`].
    #[cfg(feature = "cognito")]
    pub(crate) fn http1_client(&self) -> Result<HttpClient> {
        let mut tls = self.tls()?;
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        self.build(self.builder().http1_only().tls_backend_preconfigured(tls))
    }

    /// Builds a client for http, whatever the server's address is.
    ///
    /// # Errors
    /// As for [`Server::client`].
    #[cfg(feature = "cognito")]
    pub(crate) fn plain_client(&self) -> Result<HttpClient> {
        self.build(self.builder().http1_only().no_proxy())
    }

    fn build_client(&self, keep_certificate: KeepCertificate) -> Result<HttpClient> {
        let mut builder = self.builder().tls_info(keep_certificate == KeepCertificate::Yes);
        if self.url.scheme() != "https" {
            // A proxy would see the request itself. Over https it only passes on what it cannot read (CONNECT).
            builder = builder.no_proxy();
        }
        if self.url.scheme() == "https" {
            builder = builder.tls_backend_preconfigured(self.tls()?);
        }
        self.build(builder)
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder()
            .user_agent(concat!("tellonce/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT.min(self.time_limit))
            .timeout(self.time_limit)
    }

    fn build(&self, builder: ClientBuilder) -> Result<HttpClient> {
        let client = builder.build();
        let client =
            client.map_err(|error| misconfigured("The HTTPS client cannot be set up.".to_owned()).because(error))?;
        Ok(HttpClient { client, limit: self.time_limit, interceptor: |request| request })
    }

    /// Returns TLS settings that trust the profile's authorities, else the system's, and explain a bad certificate.
    fn tls(&self) -> Result<ClientConfig> {
        let roots = trust::load_roots(self.ca_cert.as_deref())?;
        let mut config = Arc::unwrap_or_clone(trust::client_config(roots)?);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn misconfigured(message: String) -> Error {
    Error::new(Kind::Usage, Reason::Configuration, message)
}

/// Explains a call that got no answer. The caller says whether the request may have been applied.
pub(crate) fn no_answer(error: reqwest::Error, server: &Url, quoting: Quoting) -> Error {
    let host = server.host_str().unwrap_or_default();
    let hint = "Is it running, and is the address right? `tellonce doctor` looks.";
    // Without a connection nothing was sent that an answer could repeat.
    let quoting = if error.is_connect() { Quoting::Allowed } else { quoting };
    let explained = if let Some(reason) = trust::explanation(&error) {
        Error::unavailable(format!("{host} cannot be trusted: {reason}."))
            .hint("`tellonce doctor` looks at the connection; url and ca_cert are in the profile.")
    } else if error.is_timeout() {
        Error::unavailable(format!("{host} did not answer in time.")).hint(hint)
    } else if quoting == Quoting::Forbidden {
        Error::unavailable(format!("The connection to {host} broke.")).hint(hint)
    } else {
        let causes = causes(&error);
        let root_cause = |default: &'static str| causes.last().map_or(default, String::as_str).to_owned();
        let message = if error.is_connect() {
            format!("{host} cannot be reached: {}.", root_cause("no connection"))
        } else {
            format!("The connection to {host} broke: {}.", root_cause("no answer"))
        };
        Error::unavailable(message).hint(hint)
    };
    if quoting == Quoting::Forbidden { explained } else { explained.because(error.without_url()) }
}

/// Lists the causes of an error, outermost first.
fn causes(error: &dyn StdError) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        found.push(cause.to_string());
        next = cause.source();
    }
    found
}

/// Why a body was not read to its end.
#[derive(Debug)]
pub(crate) enum BodyError {
    /// It is longer than [`MAX_BODY`].
    TooLong,
    /// The connection broke.
    Broken(reqwest::Error),
}

/// Reads a response's body up to a maximum length. Only the beginning of an error's body is read.
///
/// # Errors
/// It is too long, or the connection broke.
pub(crate) async fn read_body(mut response: Response) -> Result<Zeroizing<Vec<u8>>, BodyError> {
    let is_error = !response.status().is_success();
    let mut read = Zeroizing::new(Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(BodyError::Broken)? {
        if is_error && read.len() + chunk.len() > MAX_ERROR_BODY {
            let fits = MAX_ERROR_BODY - read.len();
            read.extend_from_slice(&chunk[..fits]);
            break;
        }
        if read.len() + chunk.len() > MAX_BODY {
            return Err(BodyError::TooLong);
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read)
}

/// Returns the origin of an address. Its path or query may repeat a request.
pub(crate) fn origin(address: &str) -> String {
    match Url::parse(address) {
        Ok(url) if url.host_str().is_some() => url.origin().ascii_serialization(),
        _ => "somewhere else".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn only_this_machines_own_addresses_are_loopback() {
        for (url, is) in [
            ("http://127.0.0.1:8080", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:8080", true),
            ("http://localhost", true),
            ("http://id.localhost", false),
            ("http://localhost.", false),
            ("http://[::ffff:127.0.0.1]", false),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(&url.parse().unwrap()), is, "{url}");
        }
    }

    #[test]
    fn only_the_origin_of_an_address_is_kept() {
        assert_eq!(origin("https://u:p@id.example.com:8443/a?client_secret=x#y"), "https://id.example.com:8443");
        assert_eq!(origin("/elsewhere?client_secret=x"), "somewhere else");
    }

    #[test]
    fn an_authority_that_is_no_certificate_is_named_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let server = Server {
            url: "https://id".parse().unwrap(),
            ca_cert: Some(path.clone()),
            time_limit: Duration::from_secs(1),
        };
        assert!(server.client().unwrap_err().message.contains("cannot be read"));
        std::fs::write(&path, "no certificate").unwrap();
        assert!(server.client().unwrap_err().message.contains("has no certificate"));
    }
}
