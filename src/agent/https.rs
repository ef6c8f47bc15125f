//! HTTPS to a server that the profile names: one client, one pool of connections, and every failure told in words.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use backon::ExponentialBuilder;
use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, Response, StatusCode, Url, redirect};
use zeroize::Zeroizing;

use crate::domain::{Answer, Failure, Kind, Reason};

/// The longest answer that is read, in bytes: far more than any that is expected.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;
/// The longest wait for a connection; a call as a whole may take longer.
const CONNECTING: Duration = Duration::from_secs(5);

/// A server's Retry-After is followed up to this long.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How often a request is sent again.
const AGAIN: usize = 4;

/// The pauses between one request and its next try.
pub fn pauses() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(LONGEST_PAUSE)
        .with_max_times(AGAIN)
        .with_jitter()
}

/// The server's own time to come back, where it says one; no more pauses when they are used up.
pub fn adjusted(asked: Option<Duration>, usual: Option<Duration>) -> Option<Duration> {
    usual.map(|usual| asked.unwrap_or(usual).min(LONGEST_PAUSE))
}

/// Retry-After: seconds, or a date (RFC 9110 section 10.2.3).
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    text.parse().map(Duration::from_secs).ok().or_else(|| {
        let until = httpdate::parse_http_date(text).ok()?;
        Some(until.duration_since(std::time::SystemTime::now()).unwrap_or_default())
    })
}

/// Whether the server says that it did not begin with a request: 429, and 503 with a time to come back. Other 5xx may
/// come after the change.
pub fn did_not_begin(status: StatusCode, pause: Option<Duration>) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || (status == StatusCode::SERVICE_UNAVAILABLE && pause.is_some())
}

/// Where the server is, and whom to trust.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its address.
    pub url: Url,
    /// A file of further certificate authorities (PEM).
    pub ca_cert: Option<PathBuf>,
    /// How long one call may take.
    pub one_call: Duration,
}

/// Whether the address is this machine's own.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

impl Server {
    /// The one client for all calls. It follows no redirect: a bearer token goes to the server it is meant for.
    ///
    /// # Errors
    /// Exit 2: the certificate authorities cannot be read.
    pub fn client(&self) -> Answer<Client> {
        self.client_that(false)
    }

    /// A client whose answers tell the server's certificate: for `doctor`.
    ///
    /// # Errors
    /// As for [`Server::client`].
    pub fn looking_client(&self) -> Answer<Client> {
        self.client_that(true)
    }

    fn client_that(&self, looks: bool) -> Answer<Client> {
        let configuration = |what: String| Failure::new(Kind::Usage, Reason::Configuration, what);
        let mut builder = Client::builder()
            .user_agent(concat!("tellonce/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECTING.min(self.one_call))
            .timeout(self.one_call)
            .tls_info(looks);
        if let Some(path) = &self.ca_cert {
            let shown = path.display();
            let pem = std::fs::read(path)
                .map_err(|error| configuration(format!("ca_cert: {shown} cannot be read ({error}).")))?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .ok()
                .filter(|found| !found.is_empty())
                .ok_or_else(|| configuration(format!("ca_cert: {shown} has no certificate in PEM form.")))?;
            builder = builder.tls_certs_merge(certificates);
        }
        builder.build().map_err(|error| configuration("The HTTPS client cannot be made.".to_owned()).because(error))
    }
}

/// A call that had no answer, in words. Whether the request may have been applied is the caller's to say.
pub fn no_answer(error: reqwest::Error, server: &Url) -> Failure {
    let host = server.host_str().unwrap_or_default();
    let beneath = causes(&error);
    let certificate = beneath.iter().find(|cause| cause.contains("certificate"));
    let words = if let Some(cause) = certificate {
        return Failure::new(
            Kind::Unavailable,
            Reason::BackendUnavailable,
            format!("{host} cannot be trusted: {cause}."),
        )
        .hint("If it has a certificate authority of its own, name it in the profile: ca_cert = \"ca.pem\".")
        .because(error);
    } else if error.is_timeout() {
        format!("{host} did not answer in time.")
    } else if error.is_connect() {
        format!("{host} cannot be reached: {}.", beneath.last().map_or("no connection", String::as_str))
    } else {
        format!("The connection to {host} broke: {}.", beneath.last().map_or("no answer", String::as_str))
    };
    Failure::unavailable(words)
        .hint("Is it running, and is the address right? `tellonce doctor` looks.")
        .because(error.without_url())
}

/// What lies beneath an error, outermost first.
fn causes(error: &dyn Error) -> Vec<String> {
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

/// Reads an answer's body, up to a length that no honest answer has.
///
/// # Errors
/// It is too long, or the connection broke.
pub async fn body(mut response: Response) -> Result<Zeroizing<Vec<u8>>, BodyFailed> {
    let mut read = Zeroizing::new(Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(BodyFailed::Broken)? {
        if read.len() + chunk.len() > LONGEST_ANSWER {
            return Err(BodyFailed::TooLong);
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn a_time_to_come_back_is_seconds_or_a_date() {
        let pause = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("retry-after", text.parse().unwrap());
            retry_after(&headers)
        };
        assert_eq!(pause(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(pause("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert_eq!(pause("soon"), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn what_was_certainly_not_begun_is_told_from_the_rest() {
        let pause = Some(Duration::ZERO);
        assert!(did_not_begin(StatusCode::TOO_MANY_REQUESTS, None));
        assert!(did_not_begin(StatusCode::SERVICE_UNAVAILABLE, pause));
        assert!(!did_not_begin(StatusCode::SERVICE_UNAVAILABLE, None));
        assert!(!did_not_begin(StatusCode::INTERNAL_SERVER_ERROR, pause));
    }

    #[test]
    fn loopback_is_told_from_everything_that_looks_like_it() {
        for (url, is) in [
            ("http://127.0.0.1:8080", true),
            ("http://127.9.9.9", true),
            ("http://[::1]:8080", true),
            ("http://localhost", true),
            ("http://localhost.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(is_loopback(&url.parse().unwrap()), is, "{url}");
        }
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
