//! What was found a moment ago, for what the rows of a run share: policies, protected groups.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use ldap3::Scope;

use super::connection::Connection;
use super::entry::Entry;
use super::search::Results;
use crate::domain::Answer;

/// What was found this long ago still holds.
pub(super) const LATELY: Duration = Duration::from_secs(1);

/// What was found, by what was asked for.
#[derive(Default)]
pub(super) struct Lately(RefCell<HashMap<String, (Instant, Results)>>);

impl Lately {
    pub(super) fn get(&self, asked: &str) -> Option<Results> {
        let kept = self.0.borrow();
        kept.get(asked).filter(|(at, _)| at.elapsed() < LATELY).map(|(_, found)| found.clone())
    }

    pub(super) fn keep(&self, asked: String, found: &Results) {
        let mut kept = self.0.borrow_mut();
        kept.retain(|_, (at, _)| at.elapsed() < LATELY);
        kept.insert(asked, (Instant::now(), found.clone()));
    }
}

impl Connection {
    /// The same search, or what it found up to a second ago: for what many rows of a run share, and what does not decide
    /// alone. What a reset depends on is read anew after the set.
    pub(super) async fn search_lately(
        &self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
        most: usize,
    ) -> Answer<Results> {
        let asked = format!("{base}\n{scope:?}\n{filter}\n{}", attributes.join(" "));
        if let Some(found) = self.lately.get(&asked) {
            return Ok(found);
        }
        let found = Box::pin(self.search(base, scope, filter, attributes, most)).await?;
        self.lately.keep(asked, &found);
        Ok(found)
    }

    /// One entry by name, or what it was up to a second ago.
    pub(super) async fn read_lately(&self, dn: &str, attributes: &[&str]) -> Answer<Option<Entry>> {
        let found = self.search_lately(dn, Scope::Base, "(objectClass=*)", attributes, 1).await?;
        Ok(found.entries.into_iter().next())
    }
}
