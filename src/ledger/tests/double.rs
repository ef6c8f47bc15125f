//! A store that stands before another, and fails or acts where a test says so.

use std::cell::{Cell, RefCell};

use super::*;
use crate::domain::Kind;
use crate::ledger::{Head, StoreLocation, WaitingNotice};

/// A store before another.
pub(super) struct Double {
    inner: SqliteStore,
    /// Whether every call fails.
    pub(super) fails: Cell<bool>,
    /// What another process appends just before a lease is looked at. Every lease is then over.
    pub(super) appended_before_leases: RefCell<Option<Draft>>,
    /// The ledger of another process, which removes all records after a page was read.
    pub(super) prunes_after_a_page: RefCell<Option<Ledger>>,
}

impl Double {
    pub(super) fn of(inner: SqliteStore) -> Self {
        Self {
            inner,
            fails: Cell::new(false),
            appended_before_leases: RefCell::new(None),
            prunes_after_a_page: RefCell::new(None),
        }
    }

    fn inner(&self) -> Result<&SqliteStore> {
        let error = || Error::new(Kind::Unavailable, Reason::AuditUnavailable, "The store is away.");
        if self.fails.get() { Err(error()) } else { Ok(&self.inner) }
    }
}

#[async_trait::async_trait(?Send)]
impl RecordStore for Double {
    async fn append(&self, appends: Vec<Append>) -> Result<Vec<Appended>> {
        self.inner()?.append(appends).await
    }
    async fn page(&self, query: &Query, after: u64, most: usize) -> Result<Vec<StoredRecord>> {
        let page = self.inner()?.page(query, after, most).await?;
        let other = self.prunes_after_a_page.take();
        if let Some(other) = other {
            other.prune(time("2030-01-01T00:00:00Z")).await?;
        }
        Ok(page)
    }
    async fn resets_by_agent(&self, backend_ids: &[String], agent: &str, since: Timestamp) -> Result<u32> {
        self.inner()?.resets_by_agent(backend_ids, agent, since).await
    }
    async fn open_attempts(&self) -> Result<Vec<StoredRecord>> {
        self.inner()?.open_attempts().await
    }
    async fn issued(&self, backend_ids: &[String], after_number: u64, most: usize) -> Result<Vec<StoredRecord>> {
        self.inner()?.issued(backend_ids, after_number, most).await
    }
    async fn is_used(&self, verification: &str) -> Result<bool> {
        self.inner()?.is_used(verification).await
    }
    async fn take_notices(&self, profile: &str, most: usize) -> Result<Vec<WaitingNotice>> {
        self.inner()?.take_notices(profile, most).await
    }
    async fn waiting_notices(&self, after: &str, most: usize) -> Result<Vec<WaitingNotice>> {
        self.inner()?.waiting_notices(after, most).await
    }
    async fn finish_notice(&self, id: &str, record: Draft) -> Result<Option<StoredRecord>> {
        self.inner()?.finish_notice(id, record).await
    }
    async fn head(&self) -> Result<Option<Head>> {
        self.inner()?.head().await
    }
    async fn checkpoint(&self) -> Result<Option<Head>> {
        self.inner()?.checkpoint().await
    }
    async fn prune(&self, before: Timestamp, record: Draft) -> Result<Option<Head>> {
        self.inner()?.prune(before, record).await
    }
    async fn lease(&self) -> Result<String> {
        self.inner()?.lease().await
    }
    async fn is_live(&self, lease: &str) -> Result<bool> {
        let draft = self.appended_before_leases.take();
        let Some(draft) = draft else { return self.inner()?.is_live(lease).await };
        self.inner()?.append(vec![draft.into()]).await?;
        Ok(false)
    }
    async fn pseudonym_key(&self) -> Result<[u8; 32]> {
        self.inner()?.pseudonym_key().await
    }
    async fn faults(&self) -> Result<Vec<String>> {
        self.inner()?.faults().await
    }
    async fn take_own_records(&self) -> Result<Vec<StoredRecord>> {
        self.inner()?.take_own_records().await
    }
    async fn location(&self) -> Result<StoreLocation> {
        self.inner()?.location().await
    }
    async fn try_to_append(&self) -> Result<()> {
        self.inner()?.try_to_append().await
    }
}
