//! Sends by a POST to a service of the organisation.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;
use reqwest::{StatusCode, Url};
use zeroize::Zeroizing;

use super::outgoing::Outgoing;
use super::payload;
use super::secret::LazySecret;
use super::sender_error::{SenderError, check_id};
use crate::domain::ports::MessageSender;
use crate::domain::{Channel, Check, CheckState, Message, SendFailed};
use crate::net::https::{Quoting, Server, no_answer};
use crate::net::retry::{is_not_begun, retry_after};

/// Sends by a webhook.
pub(super) struct WebhookSender {
    pub(super) url: Url,
    /// The bearer token.
    pub(super) token: Option<LazySecret>,
    pub(super) ca_cert: Option<PathBuf>,
    pub(super) channel: Channel,
    /// How long a call may take.
    pub(super) limit: Duration,
}

/// The answer of a service that took the call.
struct Accepted(StatusCode);

/// The bytes of a body, which are wiped when the request is done with them.
struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl WebhookSender {
    /// Returns the service's origin. The rest of its address may hold a key.
    fn service(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Makes the call by a client of its own. The frame buffer of an HTTP/2 connection, which keeps a small body, ends
    /// with the client.
    async fn post(&self, body: serde_json::Result<Zeroizing<Vec<u8>>>) -> Result<Accepted, SenderError> {
        let service = self.service();
        let body = body.map_err(|_| SenderError::permanent("The message cannot be written as JSON."))?;
        let server = Server { url: self.url.clone(), ca_cert: self.ca_cert.clone(), time_limit: self.limit };
        let client = server.client()?;
        let mut request = client.post(self.url.clone()).header(CONTENT_TYPE, "application/json");
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.get()?);
        }
        let request = request.body(Bytes::from_owner(Wiped(body))).build().map_err(|_| {
            SenderError::permanent(format!("The request to {service} cannot be made."))
                .advise("A token is one line of printable ASCII.")
        })?;
        let response = client.execute(request).await.map_err(|error| {
            let is_connected = !error.is_connect();
            let explained = no_answer(error, &self.url, Quoting::Forbidden);
            SenderError::passing(explained.message).perhaps_sent(is_connected)
        })?;
        let wait = retry_after(response.headers());
        answer(&service, response.status(), wait)
    }
}

/// Decides from a status. Nothing else of the answer is shown or read, because it may repeat the message.
fn answer(service: &str, status: StatusCode, retry_after: Option<Duration>) -> Result<Accepted, SenderError> {
    let code = status.as_u16();
    if status.is_success() {
        return Ok(Accepted(status));
    }
    let meaning = status.canonical_reason().unwrap_or("no known status");
    let words = format!("{service} answered {code} ({meaning}).");
    if status.is_redirection() {
        return Err(
            SenderError::permanent(words).advise("A redirect is not followed: name the final address as webhook.")
        );
    }
    let is_untouched = matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY);
    if is_untouched || status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        let may_be_sent = !is_untouched && !is_not_begun(status, retry_after);
        return Err(SenderError::passing(words).perhaps_sent(may_be_sent));
    }
    let error = SenderError::permanent(words);
    Err(match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => error.advise("Is the credential right?"),
        StatusCode::NOT_FOUND => error.advise("Is the address of the webhook right?"),
        StatusCode::BAD_REQUEST | StatusCode::GONE | StatusCode::UNPROCESSABLE_ENTITY => error.of_address(),
        _ => error,
    })
}

#[async_trait(?Send)]
impl MessageSender for WebhookSender {
    fn channels(&self) -> Vec<Channel> {
        vec![self.channel]
    }

    async fn send(&self, message: &Message) -> Result<(), SendFailed> {
        let outgoing = Outgoing::new(message).map_err(SenderError::into_failed)?;
        match self.post(payload::of_message(&outgoing)).await {
            Ok(_) => Ok(()),
            Err(error) => Err(error.into_failed()),
        }
    }

    async fn checks(&self) -> Vec<Check> {
        let check = match self.post(payload::of_check(self.channel)).await {
            Ok(Accepted(status)) => {
                let words = format!(
                    "{} answered a check with {}; it was asked to send no message",
                    self.service(),
                    status.as_u16()
                );
                Check::new(check_id(self.channel), CheckState::Ok, words)
            }
            Err(error) => error.into_check(self.channel),
        };
        vec![check]
    }
}
