//! How the OAuth library's requests are sent: by the one HTTPS client, with answers of bounded length.

use std::fmt;
use std::time::Duration;

use backon::Retryable;
use oauth2::{HttpRequest, HttpResponse};
use reqwest::StatusCode;

use crate::net::https::{BodyFailed, HttpClient, body, origin};
use crate::net::retry::{Deadline, did_not_begin, pauses, retry_after};

/// A request that had no answer, or one that is not taken. Nothing of it quotes the server: the request had a secret.
#[derive(Debug)]
pub(super) enum Failed {
    /// No answer.
    NoAnswer(reqwest::Error),
    /// The answer is longer than any should be.
    TooLong,
    /// The server, or what stands before it, is busy or out of order; how long it asked to be left alone.
    Unavailable(StatusCode, Option<Duration>),
    /// Sent on to another address, of which this is the origin; nothing of an agent's goes there.
    SentOn(String),
    /// The library's request is not one: its own fault.
    NoRequest,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer(_) => f.write_str("it does not answer"),
            Self::Unavailable(status, _) => write!(f, "it answers {status}"),
            Self::SentOn(to) => write!(f, "it sends the sign-in on to {to}, and nothing is sent there"),
            Self::TooLong => f.write_str("the answer is too long"),
            Self::NoRequest => f.write_str("the request cannot be sent"),
        }
    }
}

impl std::error::Error for Failed {}

/// Sends a request and reads its answer, within the time of one operation. It is sent again only where the server
/// certainly did not begin with it: a refresh token may be good once.
pub(super) async fn send(client: &HttpClient, request: HttpRequest) -> Result<HttpResponse, Failed> {
    let request = reqwest::Request::try_from(request).map_err(|_| Failed::NoRequest)?;
    let deadline = client.deadline();
    (|| async { once(client, request.try_clone().ok_or(Failed::NoRequest)?, deadline).await })
        .retry(pauses())
        .when(|failed| match failed {
            Failed::Unavailable(status, pause) => did_not_begin(*status, *pause),
            Failed::NoAnswer(error) => error.is_connect() && !error.is_timeout(),
            _ => false,
        })
        .adjust(|failed: &Failed, usual| match failed {
            Failed::Unavailable(_, pause) => deadline.pause(*pause, usual),
            _ => deadline.pause(None, usual),
        })
        .notify(|failed, pause| tracing::debug!(%failed, ?pause, "sent again"))
        .await
}

async fn once(client: &HttpClient, mut request: reqwest::Request, deadline: Deadline) -> Result<HttpResponse, Failed> {
    *request.timeout_mut() = Some(deadline.remaining());
    let response = client.execute(request).await.map_err(Failed::NoAnswer)?;
    let (status, headers) = (response.status(), response.headers().clone());
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return Err(Failed::Unavailable(status, retry_after(&headers)));
    }
    if status.is_redirection() {
        let to = headers.get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
        return Err(Failed::SentOn(origin(to)));
    }
    let read = body(response).await.map_err(|failed| match failed {
        BodyFailed::TooLong => Failed::TooLong,
        BodyFailed::Broken(error) => Failed::NoAnswer(error),
    })?;
    let mut answer = HttpResponse::new(read.to_vec());
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}
