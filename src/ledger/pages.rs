//! Reads records page by page, so that memory does not grow with the ledger.

use super::store::{Query, RecordStore};
use super::stored_record::StoredRecord;
use crate::domain::Result;

/// How many records are read at once.
pub(super) const PAGE: usize = 500;
/// How many records the first page has, so that the first are there soon. Each page has twice as many as the one before:
/// a reader who goes away after the first has not had much read in vain.
const FIRST_PAGE: usize = 10;

/// The records that match a query, in pages, the oldest first.
pub struct Pages<'s> {
    store: &'s dyn RecordStore,
    query: Query,
    after: u64,
    size: usize,
}

impl<'s> Pages<'s> {
    /// Begins before the first record.
    pub const fn new(store: &'s dyn RecordStore, query: Query) -> Self {
        Self { store, query, after: 0, size: FIRST_PAGE }
    }

    /// Begins after this number.
    #[must_use]
    pub fn after(self, number: u64) -> Self {
        Self { after: number, ..self }
    }

    /// Returns the next records. Returns none at the end; a later call returns those that were appended since.
    ///
    /// # Errors
    /// Exit 8: the store cannot be read.
    pub async fn next(&mut self) -> Result<Vec<StoredRecord>> {
        let page = self.store.page(&self.query, self.after, self.size).await?;
        self.size = PAGE.min(self.size * 2);
        if let Some(last) = page.last() {
            self.after = last.number;
        }
        Ok(page)
    }
}
