//! The calls of the admin API: sent with the agent's token, retried only where that is harmless, told in words.

use std::cell::Cell;
use std::future::Future;
use std::time::Duration;

use backon::Retryable;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::settings::below;
use super::told;
use super::wire::Refusal;
use crate::agent::https::{BodyFailed, adjusted, body, did_not_begin, no_answer, pauses, retry_after};
use crate::agent::oauth::TokenKeeper;
use crate::domain::{Answer, Failure, Reason, Right};

/// The realm's admin API, as this agent.
pub(super) struct Api {
    http: reqwest::Client,
    /// `…/admin/realms/REALM`.
    realm: Url,
    pub(super) keeper: TokenKeeper,
    name: String,
    /// The caller tries again itself what changed nothing.
    left: Cell<bool>,
}

/// What a request carries.
pub(super) enum Payload {
    Nothing,
    /// Nothing secret is in it.
    Plain(Vec<u8>),
    /// A temporary password is in it: wiped when sent, never copied.
    Secret(Zeroizing<Vec<u8>>),
}

/// What a changing call was answered with.
pub(super) struct Written {
    pub(super) status: StatusCode,
    /// The last segment of Location: the id of what was created.
    pub(super) created: Option<String>,
    pub(super) refusal: Refusal,
    /// It was sent more than once: the server had said that it did not begin with it.
    pub(super) sent_again: bool,
}

/// An answer, or why there is none.
struct Got {
    status: StatusCode,
    location: Option<String>,
    pause: Option<Duration>,
    body: Zeroizing<Vec<u8>>,
}

impl Got {
    fn written(self, sent: usize) -> Written {
        Written {
            sent_again: sent > 1,
            status: self.status,
            created: self.location.as_deref().and_then(last_segment),
            refusal: serde_json::from_slice(&self.body).unwrap_or_default(),
        }
    }
}

/// Why a call failed, and whether sending it again could help.
struct Broken {
    failure: Failure,
    /// It was certainly not applied.
    not_applied: bool,
    passing: bool,
    pause: Option<Duration>,
}

impl Api {
    pub(super) fn new(http: reqwest::Client, realm: Url, name: String, keeper: TokenKeeper) -> Self {
        Self { http, realm, keeper, name, left: Cell::new(false) }
    }

    /// From now on the caller tries again itself what changed nothing.
    pub(super) fn leave_retries(&self) {
        self.left.set(true);
    }

    /// A read that has to succeed here, for its caller cannot repeat what went before it.
    ///
    /// # Errors
    /// The read's own, once it has been tried often enough.
    pub(super) async fn insisting<T>(&self, read: impl AsyncFn() -> Answer<T>) -> Answer<T> {
        (|| read())
            .retry(pauses())
            .when(|failure: &Failure| self.left.get() && failure.is_passing())
            .adjust(|failure: &Failure, usual| adjusted(failure.retry_after, usual))
            .await
    }

    /// Whether it is tried again here and not by the caller.
    fn is_ours(&self, broken: &Broken) -> bool {
        broken.passing && !(self.left.get() && broken.failure.is_passing())
    }

    /// Reads an object; `right` is what a 403 means is missing.
    ///
    /// # Errors
    /// Exit 4: session over, or the right is missing. Exit 8: no answer. Exit 2: there is no such realm.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        right: Right,
    ) -> Answer<T> {
        self.get_if_any(path, query, right).await?.ok_or_else(|| {
            let what = path.join("/");
            Failure::unavailable(format!("The server does not know {what} of realm {} any more (404).", self.name))
        })
    }

    /// Reads an object; none where the server says 404 of it (but not of the realm).
    ///
    /// # Errors
    /// As for [`Api::get`].
    pub(super) async fn get_if_any<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        right: Right,
    ) -> Answer<Option<T>> {
        self.read(self.url(path), query, right).await
    }

    /// What the server tells this agent of itself; 403 for agents without any right over the realm.
    ///
    /// # Errors
    /// As for [`Api::get`].
    pub(super) async fn server_info<T: DeserializeOwned>(&self) -> Answer<Option<T>> {
        let mut url = self.realm.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop().pop().push("serverinfo"); // …/admin/realms/REALM
        }
        self.read(url, &[], Right::FindCustomers).await
    }

    async fn read<T: DeserializeOwned>(&self, url: Url, query: &[(&str, &str)], right: Right) -> Answer<Option<T>> {
        let got = retrying(|| self.once(&Method::GET, &url, query, || None), |broken| self.is_ours(broken)).await?;
        match got.status {
            StatusCode::OK => serde_json::from_slice(&got.body)
                .map(Some)
                .map_err(|error| told::unreadable(&url, &got.body).because(error)),
            StatusCode::NOT_FOUND => told::not_found(&self.realm, &self.name, &got.body).map_or(Ok(None), Err),
            StatusCode::FORBIDDEN => Err(told::missing(right, &self.name)),
            status => Err(told::unexpected(&url, status, got.location.as_deref(), &got.body)),
        }
    }

    /// Changes something. It is sent again only where it was certainly not applied, or, with `harmless`, where
    /// applying it twice is the same as once.
    ///
    /// # Errors
    /// As for [`Api::get`]; where the answer was lost, `changed` is unknown.
    pub(super) async fn change(
        &self,
        method: Method,
        path: &[&str],
        payload: Payload,
        right: Right,
        harmless: bool,
    ) -> Answer<Written> {
        let url = self.url(path);
        let bytes = match payload {
            Payload::Nothing => None,
            Payload::Plain(body) => Some(bytes::Bytes::from(body)),
            Payload::Secret(secret) => Some(bytes::Bytes::from_owner(secret)),
        };
        let sent = Cell::new(0);
        let got = retrying(
            || {
                sent.set(sent.get() + 1);
                self.once(&method, &url, &[], || bytes.clone())
            },
            |broken| self.is_ours(broken) && (harmless || broken.not_applied),
        )
        .await?;
        match got.status {
            StatusCode::FORBIDDEN => Err(told::missing(right, &self.name)),
            StatusCode::NOT_FOUND => {
                told::not_found(&self.realm, &self.name, &got.body).map_or_else(|| Ok(got.written(sent.get())), Err)
            }
            StatusCode::BAD_REQUEST | StatusCode::CONFLICT => Ok(got.written(sent.get())),
            status if status.is_success() => Ok(got.written(sent.get())),
            status => Err(told::unexpected(&url, status, got.location.as_deref(), &got.body)),
        }
    }

    fn url(&self, path: &[&str]) -> Url {
        below(&self.realm, path)
    }

    /// One call; an access token that the server no longer takes is renewed once.
    async fn once(
        &self,
        method: &Method,
        url: &Url,
        query: &[(&str, &str)],
        body: impl Fn() -> Option<bytes::Bytes>,
    ) -> Result<Got, Broken> {
        let request = |bearer: &str| {
            let request = self.http.request(method.clone(), url.clone()).bearer_auth(bearer);
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
        let changes = *method != Method::GET;
        let bearer = self.keeper.bearer().await.map_err(for_good)?;
        let mut got = self.sent(request(&bearer), url, changes).await?;
        if got.status == StatusCode::UNAUTHORIZED {
            self.keeper.renew(&bearer).await.map_err(for_good)?;
            let bearer = self.keeper.bearer().await.map_err(for_good)?;
            got = self.sent(request(&bearer), url, changes).await?;
        }
        if got.status == StatusCode::UNAUTHORIZED {
            return Err(for_good(told::session_over()));
        }
        let pause = got.pause;
        let refused = did_not_begin(got.status, pause);
        if refused || got.status.is_server_error() {
            let told = told::unexpected(url, got.status, None, &got.body);
            let told = if refused { Failure { reason: Reason::Throttled, retry_after: pause, ..told } } else { told };
            let failure = maybe_applied(told, changes && !refused);
            return Err(Broken { failure, not_applied: refused, passing: true, pause });
        }
        Ok(got)
    }

    async fn sent(&self, request: RequestBuilder, url: &Url, changes: bool) -> Result<Got, Broken> {
        let lost = |error: reqwest::Error| {
            let not_applied = error.is_connect() || error.is_builder();
            let passing = !error.is_timeout() && !error.is_builder();
            let failure = maybe_applied(no_answer(error, url), changes && !not_applied);
            Broken { failure, not_applied, passing, pause: None }
        };
        let response = request.send().await.map_err(lost)?;
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
                let told = Failure::unavailable(format!("{} answers without an end.", told::host(url)));
                let failure = maybe_applied(told, changes);
                return Err(Broken { failure, not_applied: false, passing: false, pause: None });
            }
        };
        Ok(Got { status, location, pause, body })
    }
}

/// Tells of a change whose answer was lost that it may have been applied.
fn maybe_applied(failure: Failure, maybe: bool) -> Failure {
    if maybe { failure.answer_lost() } else { failure }
}

/// Sends again, each time a little later, or as the server asks for.
async fn retrying<F: Future<Output = Result<Got, Broken>>>(
    call: impl FnMut() -> F,
    again: impl FnMut(&Broken) -> bool,
) -> Answer<Got> {
    call.retry(pauses())
        .when(again)
        .adjust(|broken: &Broken, usual| adjusted(broken.pause, usual))
        .notify(|broken: &Broken, pause| tracing::debug!(failure = %broken.failure, ?pause, "sent again"))
        .await
        .map_err(|broken| broken.failure)
}

fn last_segment(location: &str) -> Option<String> {
    let last = location.trim_end_matches('/').rsplit('/').next()?;
    (!last.is_empty()).then(|| last.to_owned())
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
