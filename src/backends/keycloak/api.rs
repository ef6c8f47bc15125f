//! The calls of the realm's admin API: reads, changes, and changes that carry a password.

use std::cell::Cell;
use std::time::Duration;

use backon::Retryable;
use jiff::Timestamp;
use reqwest::{Method, StatusCode, Url};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::call::{Api, Body, ChangeResponse, Idempotent, RawResponse, with_retries};
use super::claims::TokenRoles;
use super::errors::{self, ErrorContext};
use super::refusal::RefusalCodes;
use super::settings::url_below;
use crate::auth::oauth::TokenRefresher;
use crate::domain::{Error, Result, Right};
use crate::net::https::{HttpClient, Quoting};
use crate::net::retry::{Deadline, pauses};

/// The body of a request without a secret.
pub(super) enum Payload {
    Nothing,
    Json(Vec<u8>),
    Text(&'static str),
}

impl Api {
    pub(super) fn new(
        http: HttpClient,
        realm: Url,
        name: String,
        refresher: TokenRefresher,
        roles: TokenRoles,
    ) -> Self {
        let (caller_retries, quoting) = (Cell::new(false), Cell::new(Quoting::Allowed));
        let date = Cell::new(None);
        Self { http, realm, refresher, name, roles, caller_retries, quoting, date }
    }

    /// Returns the time now by the header Date of the newest answer that had one; `None` if none had.
    pub(super) fn server_date(&self) -> Option<Timestamp> {
        let (date, came) = self.date.get()?;
        date.checked_add(came.elapsed()).ok()
    }

    /// Leaves it to the caller from now on to repeat a call that changed nothing.
    pub(super) fn leave_retries(&self) {
        self.caller_retries.set(true);
    }

    /// Reports whether the caller repeats calls by itself, as a bulk run does.
    pub(super) const fn leaves_retries(&self) -> bool {
        self.caller_retries.get()
    }

    /// Returns the realm's name.
    pub(super) fn realm_name(&self) -> &str {
        &self.name
    }

    /// Returns when an operation that begins now has to end.
    pub(super) fn deadline(&self) -> Deadline {
        self.http.deadline()
    }

    /// Returns how long an operation may take.
    pub(super) const fn limit(&self) -> Duration {
        self.http.limit()
    }

    /// Repeats a read even after [`Api::leave_retries`], for a caller that cannot repeat the change before it.
    ///
    /// # Errors
    /// The read's last error, once the tries are used up.
    pub(super) async fn retry_read<T>(&self, read: impl AsyncFn() -> Result<T>) -> Result<T> {
        let deadline = self.deadline();
        (|| read())
            .retry(pauses())
            .when(|error: &Error| self.caller_retries.get() && error.is_passing())
            .adjust(|error: &Error, usual| deadline.pause(error.retry_after, usual))
            .await
    }

    /// Reads an object. A 403 means that `right` is missing.
    ///
    /// # Errors
    /// Exit 4: the session is over, or the right is missing. Exit 8: no answer. Exit 2: the realm does not exist.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        right: Right,
    ) -> Result<T> {
        self.get_within(self.deadline(), path, query, right).await
    }

    /// Reads an object within the deadline of a longer operation, such as a list of pages.
    ///
    /// # Errors
    /// As for [`Api::get`].
    pub(super) async fn get_within<T: DeserializeOwned>(
        &self,
        deadline: Deadline,
        path: &[&str],
        query: &[(&str, &str)],
        right: Right,
    ) -> Result<T> {
        self.read(deadline, self.url(path), query, right)
            .await?
            .ok_or_else(|| Error::unavailable(format!("The server does not have {} any more (404).", path.join("/"))))
    }

    /// Reads an object. Returns `None` if the server answers 404 for it; a missing realm is an error.
    ///
    /// # Errors
    /// As for [`Api::get`].
    pub(super) async fn get_if_any<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        right: Right,
    ) -> Result<Option<T>> {
        self.read(self.deadline(), self.url(path), query, right).await
    }

    /// Reads what the server says of itself. Agents without any right over the realm get a 403.
    ///
    /// # Errors
    /// As for [`Api::get`].
    pub(super) async fn server_info<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        let mut url = self.realm.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop().pop().push("serverinfo"); // …/admin/realms/REALM
        }
        self.read(self.deadline(), url, &[], Right::FindCustomers).await
    }

    async fn read<T: DeserializeOwned>(
        &self,
        deadline: Deadline,
        url: Url,
        query: &[(&str, &str)],
        right: Right,
    ) -> Result<Option<T>> {
        let quoting = self.quoting.get();
        let call = || self.send_once(&Method::GET, &url, query, || None, deadline, quoting);
        let response = with_retries(call, |failed| self.retries_here(failed), deadline).await?;
        let (context, body) = (self.error_context(quoting), &response.body);
        match response.status {
            StatusCode::OK => serde_json::from_slice(body).map(Some).map_err(|_| errors::unreadable(&url, body)),
            StatusCode::NOT_FOUND => context.not_found(body).map_or(Ok(None), Err),
            StatusCode::FORBIDDEN => Err(context.forbidden(right, body)),
            status => Err(context.unexpected(status, response.location.as_deref(), body)),
        }
    }

    /// Sends a change. It is sent again if it was certainly not applied, or if it is idempotent.
    ///
    /// # Errors
    /// As for [`Api::get`]. If the answer was lost, `changed` is unknown.
    pub(super) async fn change(
        &self,
        method: Method,
        path: &[&str],
        payload: Payload,
        right: Right,
        idempotent: Idempotent,
    ) -> Result<ChangeResponse> {
        self.change_at(method, self.url(path), payload, right, idempotent).await
    }

    /// Sends a change to an address with a query.
    ///
    /// # Errors
    /// As for [`Api::change`].
    pub(super) async fn change_at(
        &self,
        method: Method,
        url: Url,
        payload: Payload,
        right: Right,
        idempotent: Idempotent,
    ) -> Result<ChangeResponse> {
        let body = match payload {
            Payload::Nothing => None,
            Payload::Json(body) => Some(Body::json(bytes::Bytes::from(body))),
            Payload::Text(text) => Some(Body::text(text)),
        };
        let quoting = self.quoting.get();
        let (response, tries) = self.send(method, url, body, idempotent, quoting).await?;
        let response = self.check_status(response, right, quoting)?;
        Ok(response.into_change_response(tries, |body| serde_json::from_slice(body).unwrap_or_default()))
    }

    /// Sends a change whose body holds a password. The body is never copied, and is wiped after sending.
    ///
    /// Only the status and known codes of the answer are read. From now on no error of this process quotes the server.
    ///
    /// # Errors
    /// As for [`Api::change`].
    pub(super) async fn change_with_secret(
        &self,
        method: Method,
        path: &[&str],
        secret: Zeroizing<Vec<u8>>,
        right: Right,
    ) -> Result<ChangeResponse<RefusalCodes>> {
        self.quoting.set(Quoting::Forbidden);
        let body = Some(Body::json(bytes::Bytes::from_owner(secret)));
        let (response, tries) = self.send(method, self.url(path), body, Idempotent::No, Quoting::Forbidden).await?;
        let response = self.check_status(response, right, Quoting::Forbidden)?;
        Ok(response.into_change_response(tries, RefusalCodes::from_body))
    }

    /// Passes on a success, and a refusal (400, 404, 409) that the caller reads.
    fn check_status(&self, response: RawResponse, right: Right, quoting: Quoting) -> Result<RawResponse> {
        let (context, body) = (self.error_context(quoting), &response.body);
        match response.status {
            StatusCode::FORBIDDEN => Err(context.forbidden(right, body)),
            StatusCode::NOT_FOUND => context.not_found(body).map_or(Ok(response), Err),
            StatusCode::BAD_REQUEST | StatusCode::CONFLICT => Ok(response),
            status if status.is_success() => Ok(response),
            status => Err(context.unexpected(status, response.location.as_deref(), body)),
        }
    }

    /// Returns what errors of this API are explained with.
    pub(super) const fn error_context(&self, quoting: Quoting) -> ErrorContext<'_> {
        ErrorContext { url: &self.realm, realm: self.name.as_str(), roles: &self.roles, quoting }
    }

    pub(super) fn url(&self, path: &[&str]) -> Url {
        url_below(&self.realm, path)
    }
}
