//! Changes of entries. Each is sent once, and the server's message is redacted: it may quote the password.

use std::collections::HashSet;
use std::time::Duration;

use backon::{BackoffBuilder as _, Retryable as _};
use ldap3::controls::RawControl;
use ldap3::{Ldap, LdapError, LdapResult, Mod, Scope};

use super::connection::{Connection, backoff, padded_filter};
use super::entry::Entry;
use super::errors;
use super::result_code::{BUSY, NOT_AVAILABLE};
use super::result_redaction::redact_result;
use crate::domain::{Error, Result};

/// The length of the library's send buffer, which lives as long as the connection.
///
/// It has 8 KiB, and twice that from the first longer request on. Requests are written one behind the other, and again
/// from the front when the next does not fit. A request of exactly this length therefore overwrites all earlier ones.
const LIBRARY_BUFFER: usize = 16 * 1024;
/// The most bytes of a search request besides the entry's name, the attributes and the filter's value (RFC 4511 section 4.5.1).
const SEARCH_OVERHEAD: usize = 64;

impl Connection {
    /// Reads an entry by a request as long as the library's send buffer, which overwrites a password sent before.
    pub(super) async fn read_over_secret(&self, dn: &str, attributes: &[&str]) -> Result<Option<Entry>> {
        let asked: usize = attributes.iter().map(|name| name.len() + 2).sum();
        let filter = padded_filter(LIBRARY_BUFFER.saturating_sub(dn.len() + asked + SEARCH_OVERHEAD));
        let found = self.search(dn, Scope::Base, &filter, attributes, 1).await?;
        Ok(found.entries.into_iter().next())
    }

    /// Reads an entry by [`Connection::read_over_secret`] after a change, with retries in any case.
    ///
    /// A caller that makes the retries cannot repeat the change.
    pub(super) async fn read_after_a_change(&self, dn: &str, attributes: &[&str]) -> Result<Option<Entry>> {
        let deadline = self.deadline();
        (|| self.read_over_secret(dn, attributes))
            .retry(backoff())
            .when(|error: &Error| !self.retries() && errors::is_transient(error))
            .adjust(|_: &Error, pause: Option<Duration>| pause.filter(|pause| *pause < deadline.remaining()))
            .await
    }

    /// Replaces attributes of an entry. The request is never sent twice.
    ///
    /// # Errors
    /// `changed` is unknown if the answer was lost after the request was sent. Otherwise nothing was changed.
    pub(super) async fn replace(
        &self,
        dn: &str,
        attributes: &[(&str, &[u8])],
        controls: Vec<RawControl>,
    ) -> Result<LdapResult> {
        self.pin_server();
        self.write(async |ldap: &mut Ldap| {
            let changes: Vec<Mod<&[u8]>> =
                attributes.iter().map(|(name, value)| Mod::Replace(name.as_bytes(), HashSet::from([*value]))).collect();
            ldap.with_controls(controls.clone()).modify(dn, changes).await
        })
        .await
    }

    /// Removes a value of an entry's attribute.
    ///
    /// # Errors
    /// As for [`Connection::replace`].
    pub(super) async fn remove(&self, dn: &str, attribute: &str, value: &[u8]) -> Result<LdapResult> {
        self.pin_server();
        self.write(async |ldap: &mut Ldap| {
            ldap.modify(dn, vec![Mod::Delete(attribute.as_bytes(), HashSet::from([value]))]).await
        })
        .await
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// As for [`Connection::replace`].
    pub(super) async fn add(
        &self,
        dn: &str,
        attributes: &[(&str, Vec<&[u8]>)],
        controls: Vec<RawControl>,
    ) -> Result<LdapResult> {
        self.pin_server();
        self.write(async |ldap: &mut Ldap| {
            let attributes =
                attributes.iter().map(|(name, values)| (name.as_bytes(), values.iter().copied().collect())).collect();
            ldap.with_controls(controls.clone()).add(dn, attributes).await
        })
        .await
    }

    /// Sends a change. Sends it again only if the server said that it was busy and did nothing, and if the caller does not
    /// make the retries.
    async fn write(&self, send: impl AsyncFn(&mut Ldap) -> Result<LdapResult, LdapError>) -> Result<LdapResult> {
        let deadline = self.deadline();
        let mut pauses = backoff().build();
        loop {
            let mut link = self.live_link(deadline).await?;
            link.ldap.with_timeout(deadline.remaining());
            let result = send(&mut link.ldap).await.map_err(|error| {
                let never_left = errors::is_unsent(&error);
                let error = self.drop_link(link.cause(error));
                if never_left { error } else { error.answer_lost() }
            })?;
            self.record_answer();
            let passing = matches!(result.rc, BUSY | NOT_AVAILABLE);
            match pauses.next() {
                Some(pause) if self.retries() && passing && pause < deadline.remaining() => {
                    tokio::time::sleep(pause).await;
                }
                _ => return Ok(redact_result(result)),
            }
        }
    }
}
