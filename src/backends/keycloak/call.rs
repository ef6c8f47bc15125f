//! One call of the admin API, and its tries: sent with the agent's token, and again only where that is harmless.

use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

use backon::Retryable;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use zeroize::Zeroizing;

use super::claims::TokenRoles;
use super::errors;
use super::refusal::Refusal;
use crate::auth::oauth::TokenRefresher;
use crate::domain::{Error, Reason, Result, redact};
use crate::net::https::{BodyFailed, HttpClient, Quoting, body, no_answer};
use crate::net::retry::{Deadline, did_not_begin, pauses, retry_after};

/// An answer, or why there is none.
pub(super) struct Got {
    pub(super) status: StatusCode,
    pub(super) location: Option<String>,
    pause: Option<Duration>,
    pub(super) body: Zeroizing<Vec<u8>>,
}

impl Got {
    pub(super) fn written<R>(self, sent: usize, refusal: impl FnOnce(&[u8]) -> R) -> Written<R> {
        Written {
            sent_again: sent > 1,
            status: self.status,
            created: self.location.as_deref().and_then(last_segment),
            refusal: refusal(&self.body),
        }
    }
}

/// Why a call failed, and whether sending it again could help.
pub(super) struct Broken {
    failure: Error,
    /// It was certainly not applied.
    not_applied: bool,
    passing: bool,
    pause: Option<Duration>,
}

impl Api {
    /// Whether it is tried again here and not by the caller.
    pub(super) fn is_ours(&self, broken: &Broken) -> bool {
        broken.passing && !(self.left.get() && broken.failure.is_passing())
    }

    /// Sends a change; its answer, and how often it was sent.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &[&str],
        body: Option<bytes::Bytes>,
        harmless: bool,
        quoting: Quoting,
    ) -> Result<(Got, usize)> {
        let (url, deadline, sent) = (self.url(path), self.deadline(), Cell::new(0));
        let call = || {
            sent.set(sent.get() + 1);
            self.once(&method, &url, &[], || body.clone(), deadline, quoting)
        };
        let again = |broken: &Broken| self.is_ours(broken) && (harmless || broken.not_applied);
        let got = retrying(call, again, deadline).await?;
        Ok((got, sent.get()))
    }

    /// One call; an access token that the server no longer takes is renewed once.
    pub(super) async fn once(
        &self,
        method: &Method,
        url: &Url,
        query: &[(&str, &str)],
        body: impl Fn() -> Option<bytes::Bytes>,
        deadline: Deadline,
        quoting: Quoting,
    ) -> Result<Got, Broken> {
        let request = |bearer: &str| {
            let request = self.http.request(method.clone(), url.clone()).bearer_auth(bearer);
            let request = request.timeout(deadline.remaining());
            let mut request = request.header("accept", "application/json"); // workflows are YAML unless it is asked for
            if !query.is_empty() {
                request = request.query(query);
            }
            match body() {
                Some(bytes) => request.header("content-type", "application/json").body(bytes),
                None => request,
            }
        };
        let for_good = |failure| Broken { failure, not_applied: true, passing: false, pause: None };
        let told = self.told(quoting);
        let changes = *method != Method::GET;
        let mut bearer = self.keeper.bearer().await.map_err(for_good)?;
        if deadline.is_over() {
            return Err(for_good(errors::too_long(url, self.limit())));
        }
        let mut got = self.exchange(request(&bearer), url, changes, quoting).await?;
        if got.status == StatusCode::UNAUTHORIZED {
            told.unauthorized(&got.body).map_err(for_good)?;
            self.keeper.renew(&bearer).await.map_err(for_good)?;
            bearer = self.keeper.bearer().await.map_err(for_good)?;
            got = self.exchange(request(&bearer), url, changes, quoting).await?;
        }
        if got.status == StatusCode::UNAUTHORIZED {
            return Err(for_good(errors::session_over()));
        }
        let pause = got.pause;
        let refused = did_not_begin(got.status, pause);
        if !got.status.is_success() {
            got = without(got, &bearer);
        }
        if refused || got.status.is_server_error() {
            let told = told.unexpected(got.status, None, &got.body);
            let told = if refused { Error { reason: Reason::Throttled, retry_after: pause, ..told } } else { told };
            let failure = maybe_applied(told, changes && !refused);
            return Err(Broken { failure, not_applied: refused, passing: true, pause });
        }
        Ok(got)
    }

    /// Sends one request and reads its answer.
    async fn exchange(
        &self,
        request: RequestBuilder,
        url: &Url,
        changes: bool,
        quoting: Quoting,
    ) -> Result<Got, Broken> {
        let lost = |error: reqwest::Error| {
            let not_applied = error.is_connect() || error.is_builder();
            let passing = !error.is_timeout() && !error.is_builder();
            let failure = maybe_applied(no_answer(error, url, quoting), changes && !not_applied);
            Broken { failure, not_applied, passing, pause: None }
        };
        let response = self.http.send(request).await.map_err(lost)?;
        let status = response.status();
        tracing::debug!(%status, path = url.path(), version = ?response.version(), "answered");
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let location = header("location");
        let pause = retry_after(response.headers());
        let body = match body(response).await {
            Ok(body) => body,
            // What was changed was changed: the status says so, and nothing else of the answer is needed.
            Err(_) if status.is_success() && status != StatusCode::OK => Zeroizing::new(Vec::new()),
            Err(BodyFailed::Broken(error)) => return Err(lost(error)),
            Err(BodyFailed::TooLong) => {
                let told = Error::unavailable(format!("{} answers without an end.", errors::host(url)));
                let failure = maybe_applied(told, changes);
                return Err(Broken { failure, not_applied: false, passing: false, pause: None });
            }
        };
        Ok(Got { status, location, pause, body })
    }
}

/// An answer that is no success, without the token that its request carried: some servers repeat requests.
fn without(got: Got, bearer: &str) -> Got {
    let text = redact(&String::from_utf8_lossy(&got.body), bearer);
    Got { body: Zeroizing::new(text.into_bytes()), location: got.location.map(|to| redact(&to, bearer)), ..got }
}

/// Tells of a change whose answer was lost that it may have been applied.
fn maybe_applied(failure: Error, maybe: bool) -> Error {
    if maybe { failure.answer_lost() } else { failure }
}

/// Sends again, each time a little later, or as the server asks for.
pub(super) async fn retrying<F: Future<Output = Result<Got, Broken>>>(
    call: impl FnMut() -> F,
    again: impl FnMut(&Broken) -> bool,
    deadline: Deadline,
) -> Result<Got> {
    call.retry(pauses())
        .when(again)
        .adjust(|broken: &Broken, usual| deadline.pause(broken.pause, usual))
        .notify(|broken: &Broken, pause| tracing::debug!(failure = %broken.failure, ?pause, "sent again"))
        .await
        .map_err(|broken| broken.failure)
}

fn last_segment(location: &str) -> Option<String> {
    let last = location.trim_end_matches('/').rsplit('/').next()?;
    (!last.is_empty()).then(|| last.to_owned())
}

/// The realm's admin API, as this agent.
pub(super) struct Api {
    pub(super) http: HttpClient,
    /// `…/admin/realms/REALM`.
    pub(super) realm: Url,
    pub(super) keeper: TokenRefresher,
    pub(super) name: String,
    /// Which roles the token passes on: for what a 403 means.
    pub(super) roles: TokenRoles,
    /// The caller tries again itself what changed nothing.
    pub(super) left: Cell<bool>,
    /// Once a password was sent no answer of this server is quoted.
    pub(super) quoting: Cell<Quoting>,
}

/// What a changing call was answered with.
pub(super) struct Written<R = Refusal> {
    pub(super) status: StatusCode,
    /// The last segment of Location: the id of what was created.
    pub(super) created: Option<String>,
    pub(super) refusal: R,
    /// It was sent more than once: the server had said that it did not begin with it.
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
