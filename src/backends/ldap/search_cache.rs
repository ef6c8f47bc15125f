//! A cache of search results that the rows of a run share: policies and protected groups.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::search_results::Results;

/// How long a result is used again.
pub(super) const CACHED_FOR: Duration = Duration::from_secs(1);

/// The results of recent searches, by the search.
#[derive(Default)]
pub(super) struct SearchCache(RefCell<HashMap<String, (Instant, Results)>>);

impl SearchCache {
    pub(super) fn get(&self, key: &str) -> Option<Results> {
        let cached = self.0.borrow();
        cached.get(key).filter(|(at, _)| at.elapsed() < CACHED_FOR).map(|(_, found)| found.clone())
    }

    pub(super) fn insert(&self, key: String, found: &Results) {
        let mut cached = self.0.borrow_mut();
        cached.retain(|_, (at, _)| at.elapsed() < CACHED_FOR);
        cached.insert(key, (Instant::now(), found.clone()));
    }
}
