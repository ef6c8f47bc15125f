//! HTTPS to a server that the profile names: one client, one pool of connections, and every failure told in words.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method, Request, RequestBuilder, Response, Url, redirect};
use rustls::ClientConfig;
use zeroize::Zeroizing;

use super::retry::Deadline;
use super::trust;
use crate::domain::{Error, Kind, Reason, Result};

/// The longest answer that is read, in bytes: far more than any that is expected.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;
/// How much of an answer that is no success is read, in bytes.
const LONGEST_ERROR: usize = 64 * 1024;
/// The longest wait for a connection; a call as a whole may take longer.
const CONNECTING: Duration = Duration::from_secs(5);

/// Where the server is, and whom to trust.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its address.
    pub url: Url,
    /// The file with the certificate authorities to trust (PEM). `None` trusts the system's.
    pub ca_cert: Option<PathBuf>,
    /// How long one operation may take.
    pub one_call: Duration,
}

/// Whether a failure may quote the server, or what stands between: not where the call carried a secret, since an answer
/// may repeat the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// It may.
    Allowed,
    /// It says the status and known codes only.
    Forbidden,
}

/// Whether the address is this machine's own: a literal address, or exactly `localhost`. Other names below `localhost`
/// are whatever the resolver says.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// The client of one server, and how long an operation with it may take.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: Client,
    limit: Duration,
    interceptor: Interceptor,
}

/// Takes each request before it is sent, and gives what is sent in its place.
pub type Interceptor = fn(Request) -> Request;

impl HttpClient {
    /// The same client, whose requests go through this one.
    #[must_use]
    pub fn intercepted_by(self, interceptor: Interceptor) -> Self {
        Self { interceptor, ..self }
    }

    /// Begins a request, for [`HttpClient::send`]; it has the time of one operation unless it is given less.
    pub fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Begins a GET.
    pub fn get(&self, url: Url) -> RequestBuilder {
        self.request(Method::GET, url)
    }

    /// Begins a POST.
    pub fn post(&self, url: Url) -> RequestBuilder {
        self.request(Method::POST, url)
    }

    /// Sends a request.
    ///
    /// # Errors
    /// It is no request, or there is no answer.
    pub async fn send(&self, request: RequestBuilder) -> reqwest::Result<Response> {
        self.execute(request.build()?).await
    }

    /// Sends a request that is made already.
    ///
    /// # Errors
    /// No answer.
    pub async fn execute(&self, request: Request) -> reqwest::Result<Response> {
        self.client.execute((self.interceptor)(request)).await
    }

    /// How long an operation may take, with its tries and pages.
    pub const fn limit(&self) -> Duration {
        self.limit
    }

    /// When an operation that begins now has to be over.
    pub fn deadline(&self) -> Deadline {
        Deadline::after(self.limit)
    }
}

impl Server {
    /// The one client for all calls. It follows no redirect: a bearer token goes to the server it is meant for.
    ///
    /// # Errors
    /// Exit 2: the certificate authorities cannot be read.
    pub fn client(&self) -> Result<HttpClient> {
        self.client_that(false)
    }

    /// A client whose answers tell the server's certificate: for `doctor`.
    ///
    /// # Errors
    /// As for [`Server::client`].
    pub fn looking_client(&self) -> Result<HttpClient> {
        self.client_that(true)
    }

    fn client_that(&self, looks: bool) -> Result<HttpClient> {
        let mut builder = Client::builder()
            .user_agent(concat!("tellonce/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECTING.min(self.one_call))
            .timeout(self.one_call)
            .tls_info(looks);
        if self.url.scheme() != "https" {
            // A proxy would be given the request itself. Of https it only passes on what it cannot read (CONNECT).
            builder = builder.no_proxy();
        }
        if self.url.scheme() == "https" {
            builder = builder.tls_backend_preconfigured(self.tls()?);
        }
        let client = builder.build();
        let client =
            client.map_err(|error| misconfigured("The HTTPS client cannot be made.".to_owned()).because(error))?;
        Ok(HttpClient { client, limit: self.one_call, interceptor: |request| request })
    }

    /// Makes the TLS settings, which say in words why a certificate is not good.
    fn tls(&self) -> Result<ClientConfig> {
        let roots = trust::load_roots(self.ca_cert.as_deref())?;
        let mut config = Arc::unwrap_or_clone(trust::client_config(roots)?);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn misconfigured(what: String) -> Error {
    Error::new(Kind::Usage, Reason::Configuration, what)
}

/// A call that had no answer, in words. Whether the request may have been applied is the caller's to say.
pub fn no_answer(error: reqwest::Error, server: &Url, quoting: Quoting) -> Error {
    let host = server.host_str().unwrap_or_default();
    let hint = "Is it running, and is the address right? `tellonce doctor` looks.";
    // Until there is a connection nothing was sent that could be repeated.
    let quoting = if error.is_connect() { Quoting::Allowed } else { quoting };
    let told = if let Some(words) = trust::explanation(&error) {
        Error::unavailable(format!("{host} cannot be trusted: {words}."))
            .hint("`tellonce doctor` looks at the connection; url and ca_cert are in the profile.")
    } else if error.is_timeout() {
        Error::unavailable(format!("{host} did not answer in time.")).hint(hint)
    } else if quoting == Quoting::Forbidden {
        Error::unavailable(format!("The connection to {host} broke.")).hint(hint)
    } else {
        let beneath = causes(&error);
        let cause = |usual: &'static str| beneath.last().map_or(usual, String::as_str).to_owned();
        let words = if error.is_connect() {
            format!("{host} cannot be reached: {}.", cause("no connection"))
        } else {
            format!("The connection to {host} broke: {}.", cause("no answer"))
        };
        Error::unavailable(words).hint(hint)
    };
    if quoting == Quoting::Forbidden { told } else { told.because(error.without_url()) }
}

/// What lies beneath an error, outermost first.
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
pub enum BodyFailed {
    /// It is longer than any answer should be.
    TooLong,
    /// The connection broke.
    Broken(reqwest::Error),
}

/// Reads an answer's body, up to a length that no honest answer has. Of one that is no success only the beginning is
/// read.
///
/// # Errors
/// It is too long, or the connection broke.
pub async fn body(mut response: Response) -> Result<Zeroizing<Vec<u8>>, BodyFailed> {
    let is_error = !response.status().is_success();
    let mut read = Zeroizing::new(Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(BodyFailed::Broken)? {
        if is_error && read.len() + chunk.len() > LONGEST_ERROR {
            let fits = LONGEST_ERROR - read.len();
            read.extend_from_slice(&chunk[..fits]);
            break;
        }
        if read.len() + chunk.len() > LONGEST_ANSWER {
            return Err(BodyFailed::TooLong);
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read)
}

/// An address without what follows the host: a path or query may repeat a request.
pub fn origin(address: &str) -> String {
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
    fn loopback_is_told_from_everything_that_looks_like_it() {
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
    fn only_the_origin_of_an_address_is_told() {
        assert_eq!(origin("https://u:p@id.example.com:8443/a?client_secret=x#y"), "https://id.example.com:8443");
        assert_eq!(origin("/elsewhere?client_secret=x"), "somewhere else");
    }

    #[test]
    fn an_authority_that_is_no_certificate_is_told_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.pem");
        let server = Server {
            url: "https://id".parse().unwrap(),
            ca_cert: Some(path.clone()),
            one_call: Duration::from_secs(1),
        };
        assert!(server.client().unwrap_err().message.contains("cannot be read"));
        std::fs::write(&path, "no certificate").unwrap();
        assert!(server.client().unwrap_err().message.contains("has no certificate"));
    }
}
