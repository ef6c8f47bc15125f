//! Searches over an open connection, from the server or from the cache.

use ldap3::Scope;
use ldap3::controls::RawControl;

use super::ber;
use super::connection::Connection;
use super::deadline::Deadline;
use super::entry::Entry;
use super::result_code::{ADMIN_LIMIT, NO_SUCH_OBJECT, SIZE_LIMIT, UNWILLING};
use super::search::{Query, SearchMode, answers_control, read_pages};
use super::search_results::Results;
use crate::domain::Result;

impl Connection {
    /// Searches for about `most` entries. Pages and retries share the time of one operation.
    ///
    /// # Errors
    /// Exit 8: no answer in time, one beyond the bounds, or a refusal.
    pub(super) async fn search(
        &self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
        most: usize,
    ) -> Result<Results> {
        let query = Query { base, scope, filter, attributes, most };
        self.with_retries(async |deadline| self.search_once(query, deadline).await).await
    }

    async fn search_once(&self, query: Query<'_>, deadline: Deadline) -> Result<Results> {
        let mut link = self.live_link(deadline).await?;
        let mut mode = SearchMode::of(&query, self.refuses_pages());
        loop {
            let searched = read_pages(&mut link.ldap, &query, mode, deadline).await;
            let (entries, result) = searched.map_err(|error| self.drop_link(link.cause(error)))?;
            self.record_answer();
            if mode.is_refused_by(result.rc, entries.len()) {
                tracing::debug!(code = result.rc, ?mode, "the search is sent again without a size");
                if mode == SearchMode::Pages {
                    self.refuse_pages();
                }
                mode = SearchMode::Whole;
                continue;
            }
            return match result.rc {
                NO_SUCH_OBJECT => Ok(Results { entries: Vec::new(), complete: true }),
                0 | SIZE_LIMIT => {
                    let complete = result.rc == 0 && ber::next_page(&result).is_none();
                    Ok(Results { entries, complete })
                }
                // slapd answers so at the end of the pages that `size.prtotal` allows.
                ADMIN_LIMIT | UNWILLING if !entries.is_empty() => Ok(Results { entries, complete: false }),
                _ => Err(self.search_error(&result)),
            };
        }
    }

    /// Whether the server answers this control with the entry of this name.
    pub(super) async fn answers_control(&self, dn: &str, control: RawControl) -> Result<bool> {
        self.with_retries(async |deadline| {
            let mut link = self.live_link(deadline).await?;
            let answered = answers_control(&mut link.ldap, dn, control.clone(), deadline).await;
            answered.map_err(|error| self.drop_link(link.cause(error)))
        })
        .await
    }

    /// Reads one entry by its name. Returns `None` if it is not there or the agent may not read it.
    pub(super) async fn read(&self, dn: &str, attributes: &[&str]) -> Result<Option<Entry>> {
        let found = self.search(dn, Scope::Base, "(objectClass=*)", attributes, 1).await?;
        Ok(found.entries.into_iter().next())
    }
}

impl Connection {
    /// Searches, or returns what the same search found up to a second ago.
    ///
    /// It is for what many rows of a run share. What a reset depends on is read anew after the set.
    pub(super) async fn search_cached(
        &self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
        most: usize,
    ) -> Result<Results> {
        let key = format!("{base}\n{scope:?}\n{filter}\n{}", attributes.join(" "));
        if let Some(found) = self.cache.get(&key) {
            return Ok(found);
        }
        let found = Box::pin(self.search(base, scope, filter, attributes, most)).await?;
        self.cache.insert(key, &found);
        Ok(found)
    }

    /// Reads one entry by its name, or returns what it was up to a second ago.
    pub(super) async fn read_cached(&self, dn: &str, attributes: &[&str]) -> Result<Option<Entry>> {
        let found = self.search_cached(dn, Scope::Base, "(objectClass=*)", attributes, 1).await?;
        Ok(found.entries.into_iter().next())
    }
}
