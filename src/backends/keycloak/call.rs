//! One call of the admin API: it is sent with the agent's token, and sent again only where that is harmless.

use std::cell::Cell;
use std::future::Future;
use std::time::{Duration, Instant};

use backon::Retryable;
use jiff::Timestamp;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use zeroize::Zeroizing;

use super::claims::TokenRoles;
use super::errors;
use super::refusal::Refusal;
use crate::auth::oauth::TokenRefresher;
use crate::domain::{Error, Reason, Result, redact};
use crate::net::https::{BodyError, HttpClient, Quoting, no_answer, read_body};
use crate::net::retry::{Deadline, is_not_begun, pauses, retry_after};

/// An HTTP response whose body is read.
pub(super) struct RawResponse {
    pub(super) status: StatusCode,
    pub(super) location: Option<String>,
    retry_after: Option<Duration>,
    pub(super) body: Zeroizing<Vec<u8>>,
}

impl RawResponse {
    /// Keeps what the caller of a change needs of the response.
    pub(super) fn into_change_response<R>(self, tries: usize, refusal: impl FnOnce(&[u8]) -> R) -> ChangeResponse<R> {
        ChangeResponse {
            sent_again: tries > 1,
            status: self.status,
            created: self.location.as_deref().and_then(last_segment),
            refusal: refusal(&self.body),
        }
    }
}

/// The body of a request, and its media type.
#[derive(Clone)]
pub(super) struct Body {
    content_type: &'static str,
    bytes: bytes::Bytes,
}

impl Body {
    pub(super) const fn json(bytes: bytes::Bytes) -> Self {
        Self { content_type: "application/json", bytes }
    }

    pub(super) const fn text(text: &'static str) -> Self {
        Self { content_type: "text/plain", bytes: bytes::Bytes::from_static(text.as_bytes()) }
    }
}

/// Whether applying a change twice is the same as once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idempotent {
    Yes,
    No,
}

/// Why a call failed, and whether another try could help.
pub(super) struct CallError {
    error: Error,
    /// The server certainly did not apply the request.
    not_applied: bool,
    is_transient: bool,
    retry_after: Option<Duration>,
}

impl Api {
    /// Reports whether this client sends the call again, and not its caller.
    pub(super) fn retries_here(&self, failed: &CallError) -> bool {
        failed.is_transient && !(self.caller_retries.get() && failed.error.is_passing())
    }

    /// Sends a change. Returns the response, and how often the request was sent.
    pub(super) async fn send(
        &self,
        method: Method,
        url: Url,
        body: Option<Body>,
        idempotent: Idempotent,
        quoting: Quoting,
    ) -> Result<(RawResponse, usize)> {
        let (deadline, tries) = (self.deadline(), Cell::new(0));
        let call = || {
            tries.set(tries.get() + 1);
            self.send_once(&method, &url, &[], || body.clone(), deadline, quoting)
        };
        let again =
            |failed: &CallError| self.retries_here(failed) && (idempotent == Idempotent::Yes || failed.not_applied);
        let response = with_retries(call, again, deadline).await?;
        Ok((response, tries.get()))
    }

    /// Sends a request once. An access token that the server rejects is renewed once.
    pub(super) async fn send_once(
        &self,
        method: &Method,
        url: &Url,
        query: &[(&str, &str)],
        body: impl Fn() -> Option<Body>,
        deadline: Deadline,
        quoting: Quoting,
    ) -> Result<RawResponse, CallError> {
        let request = |bearer: &str| {
            let request = self.http.request(method.clone(), url.clone()).bearer_auth(bearer);
            let request = request.timeout(deadline.remaining());
            let mut request = request.header("accept", "application/json"); // workflows are YAML unless it is asked for
            if !query.is_empty() {
                request = request.query(query);
            }
            match body() {
                Some(body) => request.header("content-type", body.content_type).body(body.bytes),
                None => request,
            }
        };
        let permanent = |error| CallError { error, not_applied: true, is_transient: false, retry_after: None };
        let context = self.error_context(quoting);
        let changes = *method != Method::GET;
        let mut bearer = self.refresher.bearer().await.map_err(permanent)?;
        if deadline.is_over() {
            return Err(permanent(errors::too_long(url, self.limit())));
        }
        let mut response = self.perform(request(&bearer), url, changes, quoting).await?;
        if response.status == StatusCode::UNAUTHORIZED {
            context.unauthorized(&response.body).map_err(permanent)?;
            self.refresher.renew(&bearer).await.map_err(permanent)?;
            bearer = self.refresher.bearer().await.map_err(permanent)?;
            response = self.perform(request(&bearer), url, changes, quoting).await?;
        }
        if response.status == StatusCode::UNAUTHORIZED {
            return Err(permanent(errors::session_over()));
        }
        let retry_after = response.retry_after;
        let not_begun = is_not_begun(response.status, retry_after);
        if !response.status.is_success() {
            response = redact_bearer(response, &bearer);
        }
        if not_begun || response.status.is_server_error() {
            let error = context.unexpected(response.status, None, &response.body);
            let error = if not_begun { Error { reason: Reason::Throttled, retry_after, ..error } } else { error };
            let error = if changes && !not_begun { error.answer_lost() } else { error };
            return Err(CallError { error, not_applied: not_begun, is_transient: true, retry_after });
        }
        Ok(response)
    }

    /// Sends a request and reads the response's body.
    async fn perform(
        &self,
        request: RequestBuilder,
        url: &Url,
        changes: bool,
        quoting: Quoting,
    ) -> Result<RawResponse, CallError> {
        let lost = |error: reqwest::Error| {
            let not_applied = error.is_connect() || error.is_builder();
            let is_transient = !error.is_timeout() && !error.is_builder();
            let error = no_answer(error, url, quoting);
            let error = if changes && !not_applied { error.answer_lost() } else { error };
            CallError { error, not_applied, is_transient, retry_after: None }
        };
        let response = self.http.send(request).await.map_err(lost)?;
        let status = response.status();
        tracing::debug!(%status, path = url.path(), version = ?response.version(), "answered");
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let location = header("location");
        if let Some(date) = header("date").and_then(|date| httpdate::parse_http_date(&date).ok()) {
            self.date.set(Timestamp::try_from(date).ok().map(|date| (date, Instant::now())));
        }
        let retry_after = retry_after(response.headers());
        let body = match read_body(response).await {
            Ok(body) => body,
            // The status says that the change was made, and the rest of the response is not needed.
            Err(_) if status.is_success() && status != StatusCode::OK => Zeroizing::new(Vec::new()),
            Err(BodyError::Broken(error)) => return Err(lost(error)),
            Err(BodyError::TooLong) => {
                let error = Error::unavailable(format!("{} sends an answer that is too long.", errors::host(url)));
                let error = if changes { error.answer_lost() } else { error };
                return Err(CallError { error, not_applied: false, is_transient: false, retry_after: None });
            }
        };
        Ok(RawResponse { status, location, retry_after, body })
    }
}

/// Takes the bearer token out of a refusal, since some servers repeat the request.
fn redact_bearer(response: RawResponse, bearer: &str) -> RawResponse {
    let text = redact(&String::from_utf8_lossy(&response.body), bearer);
    RawResponse {
        body: Zeroizing::new(text.into_bytes()),
        location: response.location.map(|to| redact(&to, bearer)),
        ..response
    }
}

/// Repeats a call with growing pauses, or with those that the server asks for.
pub(super) async fn with_retries<F: Future<Output = Result<RawResponse, CallError>>>(
    call: impl FnMut() -> F,
    again: impl FnMut(&CallError) -> bool,
    deadline: Deadline,
) -> Result<RawResponse> {
    call.retry(pauses())
        .when(again)
        .adjust(|failed: &CallError, usual| deadline.pause(failed.retry_after, usual))
        .notify(|failed: &CallError, pause| tracing::debug!(error = %failed.error, ?pause, "sent again"))
        .await
        .map_err(|failed| failed.error)
}

fn last_segment(location: &str) -> Option<String> {
    let last = location.trim_end_matches('/').rsplit('/').next()?;
    (!last.is_empty()).then(|| last.to_owned())
}

/// The realm's admin API, called with one agent's token.
pub(super) struct Api {
    pub(super) http: HttpClient,
    /// The address `…/admin/realms/REALM`.
    pub(super) realm: Url,
    pub(super) refresher: TokenRefresher,
    pub(super) name: String,
    /// The roles that the token carries; they explain a 403.
    pub(super) roles: TokenRoles,
    /// The caller repeats a call that changed nothing, so this client does not.
    pub(super) caller_retries: Cell<bool>,
    /// Forbidden once a password was sent: a later answer could repeat it.
    pub(super) quoting: Cell<Quoting>,
    /// The newest header Date (RFC 9110 section 6.6.1), and when it came.
    pub(super) date: Cell<Option<(Timestamp, Instant)>>,
}

/// The response to a change: a success, or a refusal that the caller reads.
pub(super) struct ChangeResponse<R = Refusal> {
    pub(super) status: StatusCode,
    /// The id of the created object: the last segment of the header Location.
    pub(super) created: Option<String>,
    pub(super) refusal: R,
    /// The request was sent more than once, since the server had said that it did not begin with it.
    pub(super) sent_again: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_what_was_created_is_the_last_part() {
        assert_eq!(last_segment("https://id/admin/realms/x/users/7f").as_deref(), Some("7f"));
        assert_eq!(last_segment("").as_deref(), None);
    }
}
