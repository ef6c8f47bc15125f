//! Changes: sent once, with what a secret needs besides. Of the server's message nothing but known facts is kept.

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

/// The library keeps what it sent in one buffer as long as the connection lasts: 8 KiB, and from the first request that
/// is longer, twice that. What is sent next goes behind what was sent before, until it does not fit any more: then to the
/// front. A request that fills all of it leaves nothing of an earlier one; one that were longer would have it copied.
const LIBRARY_BUFFER: usize = 16 * 1024;
/// All of a search request for a long `cn` but name, attributes and that value (RFC 4511 section 4.5.1), at the most.
const SEARCH_OVERHEAD: usize = 64;

impl Connection {
    /// As [`Connection::read`], with a request of the buffer's length: nothing stays of what was sent before, a password among it.
    pub(super) async fn read_over_secret(&self, dn: &str, attributes: &[&str]) -> Result<Option<Entry>> {
        let asked: usize = attributes.iter().map(|name| name.len() + 2).sum();
        let filter = padded_filter(LIBRARY_BUFFER.saturating_sub(dn.len() + asked + SEARCH_OVERHEAD));
        let found = self.search(dn, Scope::Base, &filter, attributes, 1).await?;
        Ok(found.entries.into_iter().next())
    }

    /// As [`Connection::read_over_secret`], in the call that made the change. It is repeated also if the caller makes the
    /// retries, since the caller cannot repeat the change.
    pub(super) async fn read_after_a_change(&self, dn: &str, attributes: &[&str]) -> Result<Option<Entry>> {
        let deadline = self.deadline();
        (|| self.read_over_secret(dn, attributes))
            .retry(backoff())
            .when(|error: &Error| !self.retries() && errors::is_transient(error))
            .adjust(|_: &Error, pause: Option<Duration>| pause.filter(|pause| *pause < deadline.remaining()))
            .await
    }

    /// Changes an entry: attributes replaced. Never sent twice.
    ///
    /// # Errors
    /// Unknown where the answer was lost after it was sent; else nothing was changed.
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

    /// Adds an entry.
    ///
    /// # Errors
    /// As for a change.
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

    /// Sends a change; again only where the server said that it did not do it, being busy, and there is time left. Where
    /// the caller makes the retries it is sent once.
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
                Some(pause) if self.retries() && passing && pause < deadline.remaining() => tokio::time::sleep(pause).await,
                _ => return Ok(redact_result(result)),
            }
        }
    }
}
