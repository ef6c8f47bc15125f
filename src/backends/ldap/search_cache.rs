//! What was found a moment ago, for what the rows of a run share: policies, protected groups.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::search_results::Results;

/// What was found this long ago unchanged_filter holds.
pub(super) const CACHED_FOR: Duration = Duration::from_secs(1);

/// What was found, by what was asked for.
#[derive(Default)]
pub(super) struct SearchCache(RefCell<HashMap<String, (Instant, Results)>>);

impl SearchCache {
    pub(super) fn get(&self, asked: &str) -> Option<Results> {
        let kept = self.0.borrow();
        kept.get(asked).filter(|(at, _)| at.elapsed() < CACHED_FOR).map(|(_, found)| found.clone())
    }

    pub(super) fn keep(&self, asked: String, found: &Results) {
        let mut kept = self.0.borrow_mut();
        kept.retain(|_, (at, _)| at.elapsed() < CACHED_FOR);
        kept.insert(asked, (Instant::now(), found.clone()));
    }
}
