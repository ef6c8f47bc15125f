//! The calls of the admin API: sent with the agent's token, retried only where that is harmless, told in words.

use std::cell::Cell;
use std::time::Duration;

use backon::Retryable;
use reqwest::{Method, StatusCode, Url};
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::call::{Api, Got, Written, retrying};
use super::claims::TokenRoles;
use super::errors::{self, Told};
use super::refusal::RefusalCodes;
use super::settings::below;
use crate::auth::oauth::TokenRefresher;
use crate::domain::{Error, Result, Right};
use crate::net::https::{HttpClient, Quoting};
use crate::net::retry::{Deadline, pauses};

/// What a request carries.
pub(super) enum Payload {
    Nothing,
    /// Nothing secret is in it.
    Plain(Vec<u8>),
}

impl Api {
    pub(super) fn new(http: HttpClient, realm: Url, name: String, keeper: TokenRefresher, roles: TokenRoles) -> Self {
        Self { http, realm, keeper, name, roles, left: Cell::new(false), quoting: Cell::new(Quoting::Allowed) }
    }

    /// From now on the caller tries again itself what changed nothing.
    pub(super) fn leave_retries(&self) {
        self.left.set(true);
    }

    /// The realm's name.
    pub(super) fn realm_name(&self) -> &str {
        &self.name
    }

    /// When an operation that begins now has to be over.
    pub(super) fn deadline(&self) -> Deadline {
        self.http.deadline()
    }

    /// How long an operation may take.
    pub(super) const fn limit(&self) -> Duration {
        self.http.limit()
    }

    /// A read that has to succeed here, for its caller cannot repeat what went before it.
    ///
    /// # Errors
    /// The read's own, once it has been tried often enough.
    pub(super) async fn insisting<T>(&self, read: impl AsyncFn() -> Result<T>) -> Result<T> {
        let deadline = self.deadline();
        (|| read())
            .retry(pauses())
            .when(|failure: &Error| self.left.get() && failure.is_passing())
            .adjust(|failure: &Error, usual| deadline.pause(failure.retry_after, usual))
            .await
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
    ) -> Result<T> {
        self.get_within(self.deadline(), path, query, right).await
    }

    /// Reads an object as a part of a longer operation, such as a page.
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

    /// Reads an object; none where the server says 404 of it (but not of the realm).
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

    /// What the server tells this agent of itself; 403 for agents without any right over the realm.
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
        let call = || self.once(&Method::GET, &url, query, || None, deadline, quoting);
        let got = retrying(call, |broken| self.is_ours(broken), deadline).await?;
        match got.status {
            StatusCode::OK => {
                serde_json::from_slice(&got.body).map(Some).map_err(|_| errors::unreadable(&url, &got.body))
            }
            StatusCode::NOT_FOUND => self.told(quoting).not_found(&got.body).map_or(Ok(None), Err),
            StatusCode::FORBIDDEN => Err(self.told(quoting).forbidden(right, &got.body)),
            status => Err(self.told(quoting).unexpected(status, got.location.as_deref(), &got.body)),
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
    ) -> Result<Written> {
        let bytes = match payload {
            Payload::Nothing => None,
            Payload::Plain(body) => Some(bytes::Bytes::from(body)),
        };
        let (got, sent) = self.send(method, path, bytes, harmless, self.quoting.get()).await?;
        let got = self.taken(got, right, self.quoting.get())?;
        Ok(got.written(sent, |body| serde_json::from_slice(body).unwrap_or_default()))
    }

    /// Changes something by a body with a password in it, which is wiped when sent and never copied. Of the answer only
    /// the status and known codes are read, and nothing that follows in this process quotes the server.
    ///
    /// # Errors
    /// As for [`Api::change`].
    pub(super) async fn change_with_secret(
        &self,
        method: Method,
        path: &[&str],
        secret: Zeroizing<Vec<u8>>,
        right: Right,
    ) -> Result<Written<RefusalCodes>> {
        self.quoting.set(Quoting::Forbidden);
        let bytes = Some(bytes::Bytes::from_owner(secret));
        let (got, sent) = self.send(method, path, bytes, false, Quoting::Forbidden).await?;
        Ok(self.taken(got, right, Quoting::Forbidden)?.written(sent, RefusalCodes::from_body))
    }

    /// An answer that its caller reads: a success, or a refusal that says why.
    fn taken(&self, got: Got, right: Right, quoting: Quoting) -> Result<Got> {
        match got.status {
            StatusCode::FORBIDDEN => Err(self.told(quoting).forbidden(right, &got.body)),
            StatusCode::NOT_FOUND => self.told(quoting).not_found(&got.body).map_or(Ok(got), Err),
            StatusCode::BAD_REQUEST | StatusCode::CONFLICT => Ok(got),
            status if status.is_success() => Ok(got),
            status => Err(self.told(quoting).unexpected(status, got.location.as_deref(), &got.body)),
        }
    }

    pub(super) const fn told(&self, quoting: Quoting) -> Told<'_> {
        Told { url: &self.realm, realm: self.name.as_str(), roles: &self.roles, quoting }
    }

    pub(super) fn url(&self, path: &[&str]) -> Url {
        below(&self.realm, path)
    }
}
