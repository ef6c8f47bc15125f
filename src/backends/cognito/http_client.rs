//! The SDK's HTTP client: this tool's own, so that there is one TLS stack, one set of time limits, and one way to tell
//! what was not sent from what lost its answer.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aws_smithy_runtime_api::client::http::{
    HttpClient as SmithyHttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::HttpError;
use aws_smithy_types::body::SdkBody;
use jiff::Timestamp;
use reqwest::{Body, Method, Request, Url};

use crate::domain::{Error, Result};
use crate::net::https::{BodyError, HttpClient, Interceptor, Quoting, Server, is_loopback, no_answer, read_body};

/// The addresses of the metadata services of machines and containers (EC2 "Instance metadata", ECS "Task IAM role", EKS
/// "Pod Identity"). They are reached over http.
const METADATA_HOSTS: [&str; 5] =
    ["169.254.169.254", "169.254.170.2", "169.254.170.23", "[fd00:ec2::254]", "[fd00:ec2::23]"];

/// Whether the metadata services may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Metadata {
    Allowed,
    Forbidden,
}

/// The HTTP client of all AWS services.
#[derive(Clone)]
pub(super) struct AwsHttpClient(Arc<Inner>);

struct Inner {
    /// For https, through the system's proxy where there is one.
    secure: HttpClient,
    /// For http on this machine, and for metadata services: through no proxy.
    plain: HttpClient,
    metadata: Metadata,
    /// The newest header Date (RFC 9110 section 6.6.1), and when it came.
    date: Mutex<Option<(Timestamp, Instant)>>,
    /// How many answers came.
    answers: AtomicUsize,
}

/// A request without an answer.
#[derive(Debug)]
pub(super) struct Unanswered {
    pub(super) error: Error,
    /// Whether the request may have been applied.
    pub(super) may_be_applied: bool,
    /// Whether another try could help.
    pub(super) is_transient: bool,
}

impl Unanswered {
    /// Returns the error as one of its own: the SDK keeps this value.
    pub(super) fn to_error(&self) -> Error {
        let error = Error::new(self.error.kind, self.error.reason, self.error.message.clone());
        self.error.hint.iter().fold(error, Error::hint)
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Unanswered {}

impl fmt::Debug for AwsHttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsHttpClient").finish_non_exhaustive()
    }
}

impl AwsHttpClient {
    /// Makes the client.
    ///
    /// # Errors
    /// Exit 2: the profile's certificate authorities cannot be read.
    pub(super) fn new(server: &Server, metadata: Metadata, interceptor: Interceptor) -> Result<Self> {
        let secure = server.http1_client()?.intercepted_by(interceptor);
        let plain = server.plain_client()?.intercepted_by(interceptor);
        Ok(Self(Arc::new(Inner { secure, plain, metadata, date: Mutex::default(), answers: AtomicUsize::new(0) })))
    }

    /// Returns the server's time by the newest answer; `None` if no answer had one.
    pub(super) fn server_time(&self) -> Option<Timestamp> {
        let (date, at) = (*self.0.date.lock().unwrap_or_else(PoisonError::into_inner))?;
        date.checked_add(at.elapsed()).ok()
    }

    /// Returns how many answers came so far.
    pub(super) fn answers(&self) -> usize {
        self.0.answers.load(Ordering::Relaxed)
    }

    async fn send(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = to_reqwest(request).map_err(ConnectorError::user)?;
        let url = request.url().clone();
        let client = self.client_for(&url).map_err(|error| refused(error, false, false))?;
        let answered = client.execute(request).await;
        let response = answered.map_err(|error| {
            let may_be_applied = !(error.is_connect() || error.is_builder());
            let is_transient = !error.is_timeout() && !error.is_builder();
            refused(no_answer(error, &url, Quoting::Forbidden), may_be_applied, is_transient)
        })?;
        self.0.answers.fetch_add(1, Ordering::Relaxed);
        let (status, headers) = (response.status(), response.headers().clone());
        tracing::debug!(%status, host = url.host_str(), version = ?response.version(), "answered");
        self.note_date(headers.get("date").and_then(|date| date.to_str().ok()));
        let body = read_body(response).await.map_err(|error| match error {
            BodyError::Broken(error) => refused(no_answer(error, &url, Quoting::Forbidden), true, true),
            BodyError::TooLong => {
                let host = url.host_str().unwrap_or_default();
                let error = Error::unavailable(format!("{host} sends an answer that is too long."));
                refused(error.hint("A proxy may answer in its place. `tellonce doctor` looks."), true, false)
            }
        })?;
        let status = status.as_u16().try_into().map_err(|error: HttpError| ConnectorError::user(error.into()))?;
        let mut response = HttpResponse::new(status, SdkBody::from(body.to_vec()));
        for (name, value) in &headers {
            if let Ok(value) = value.to_str() {
                response.headers_mut().append(name.as_str().to_owned(), value.to_owned());
            }
        }
        Ok(response)
    }

    /// Returns the client for an address. Only https leaves this machine, but for a metadata service that the profile
    /// allows.
    fn client_for(&self, url: &Url) -> Result<&HttpClient> {
        let host = url.host_str().unwrap_or_default();
        let is_metadata = METADATA_HOSTS.contains(&host);
        match url.scheme() {
            _ if is_metadata && self.0.metadata == Metadata::Forbidden => Err(metadata_forbidden()),
            "https" => Ok(&self.0.secure),
            "http" if is_metadata || is_loopback(url) => Ok(&self.0.plain),
            _ => Err(Error::usage(format!("{host} would be called without encryption."))
                .hint("Use https: the AWS configuration or the profile names this address.")),
        }
    }

    fn note_date(&self, header: Option<&str>) {
        let date = header.and_then(|date| httpdate::parse_http_date(date).ok());
        if let Some(date) = date.and_then(|date| Timestamp::try_from(date).ok()) {
            *self.0.date.lock().unwrap_or_else(PoisonError::into_inner) = Some((date, Instant::now()));
        }
    }
}

/// Says that a metadata service would have to be asked, and may not be (exit 2).
pub(super) fn metadata_forbidden() -> Error {
    Error::usage(
        "The credentials would come from the metadata service of this machine, which the profile does not allow.",
    )
    .hint("Say `instance_metadata = true` in the profile if that is meant.")
}

/// Puts a request of the SDK into one of this tool's client. The body is handed over without a copy.
fn to_reqwest(request: HttpRequest) -> Result<Request, Box<dyn std::error::Error + Send + Sync>> {
    let (parts, body) = request.try_into_http1x()?.into_parts();
    let method = Method::from_bytes(parts.method.as_str().as_bytes())?;
    let mut request = Request::new(method, parts.uri.to_string().parse()?);
    *request.headers_mut() = parts.headers;
    *request.body_mut() = Some(Body::wrap(body));
    Ok(request)
}

fn refused(error: Error, may_be_applied: bool, is_transient: bool) -> ConnectorError {
    ConnectorError::other(Box::new(Unanswered { error, may_be_applied, is_transient }), None)
}

impl HttpConnector for AwsHttpClient {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(self.clone().send(request))
    }
}

impl SmithyHttpClient for AwsHttpClient {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
