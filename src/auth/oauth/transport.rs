//! The transport of the OAuth library: it sends requests by the HTTPS client, and bounds the answers' length.

use std::fmt;
use std::time::Duration;

use backon::Retryable;
use oauth2::{HttpRequest, HttpResponse};
use reqwest::StatusCode;

use crate::net::https::{BodyError, HttpClient, origin, read_body};
use crate::net::retry::{Deadline, is_not_begun, pauses, retry_after};

/// Why a token request has no usable answer. No variant quotes the server, since the request carried a secret.
#[derive(Debug)]
pub(super) enum TransportError {
    NoAnswer(reqwest::Error),
    /// The answer is longer than the client reads.
    TooLong,
    /// The server or a proxy answers 429 or 5xx, perhaps with a Retry-After.
    Unavailable(StatusCode, Option<Duration>),
    /// The server redirects to an address with this origin. Nothing is sent there.
    Redirected(String),
    /// The library built a request that cannot be sent.
    InvalidRequest,
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer(_) => f.write_str("it does not answer"),
            Self::Unavailable(status, _) => write!(f, "it answers {status}"),
            Self::Redirected(to) => write!(f, "it sends the sign-in on to {to}, and nothing is sent there"),
            Self::TooLong => f.write_str("the answer is too long"),
            Self::InvalidRequest => f.write_str("the request cannot be sent"),
        }
    }
}

impl std::error::Error for TransportError {}

/// Sends a request and reads its answer, within the time limit of one operation. It is sent again only if the server
/// certainly did not begin with it, since a refresh token may be valid only once.
pub(super) async fn send(client: &HttpClient, request: HttpRequest) -> Result<HttpResponse, TransportError> {
    let request = reqwest::Request::try_from(request).map_err(|_| TransportError::InvalidRequest)?;
    let deadline = client.deadline();
    (|| async { send_once(client, request.try_clone().ok_or(TransportError::InvalidRequest)?, deadline).await })
        .retry(pauses())
        .when(|error| match error {
            TransportError::Unavailable(status, retry_after) => is_not_begun(*status, *retry_after),
            TransportError::NoAnswer(error) => error.is_connect() && !error.is_timeout(),
            _ => false,
        })
        .adjust(|error: &TransportError, usual| match error {
            TransportError::Unavailable(_, retry_after) => deadline.pause(*retry_after, usual),
            _ => deadline.pause(None, usual),
        })
        .notify(|error, pause| tracing::debug!(%error, ?pause, "sent again"))
        .await
}

async fn send_once(
    client: &HttpClient,
    mut request: reqwest::Request,
    deadline: Deadline,
) -> Result<HttpResponse, TransportError> {
    *request.timeout_mut() = Some(deadline.remaining());
    let response = client.execute(request).await.map_err(TransportError::NoAnswer)?;
    let (status, headers) = (response.status(), response.headers().clone());
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return Err(TransportError::Unavailable(status, retry_after(&headers)));
    }
    if status.is_redirection() {
        let to = headers.get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
        return Err(TransportError::Redirected(origin(to)));
    }
    let body = read_body(response).await.map_err(|error| match error {
        BodyError::TooLong => TransportError::TooLong,
        BodyError::Broken(error) => TransportError::NoAnswer(error),
    })?;
    let mut response = HttpResponse::new(body.to_vec());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}
