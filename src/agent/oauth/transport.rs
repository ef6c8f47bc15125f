//! How the OAuth library's requests are sent: by the one HTTPS client, with answers of bounded length.

use std::fmt;

use oauth2::{HttpRequest, HttpResponse};

use crate::agent::https::{BodyFailed, body};

/// A request that had no answer, or one that is not taken.
#[derive(Debug)]
pub(super) enum Failed {
    /// No answer.
    NoAnswer(reqwest::Error),
    /// The answer is longer than any should be.
    TooLong,
    /// The library's request is not one: its own fault.
    NoRequest(String),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer(error) => error.fmt(f),
            Self::TooLong => f.write_str("the answer is too long"),
            Self::NoRequest(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Failed {}

/// Sends a request and reads its answer.
pub(super) async fn send(client: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, Failed> {
    let request = reqwest::Request::try_from(request).map_err(|error| Failed::NoRequest(error.to_string()))?;
    let response = client.execute(request).await.map_err(Failed::NoAnswer)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let read = body(response).await.map_err(|failed| match failed {
        BodyFailed::TooLong => Failed::TooLong,
        BodyFailed::Broken(error) => Failed::NoAnswer(error),
    })?;
    let mut answer = HttpResponse::new(read.to_vec());
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}
