//! The records of bulk runs: their starts and ends, and what only a run's output shows.

use super::drafts::blank;
use super::event::Event;
use super::ledger::Ledger;
use super::pseudonyms::mask_addresses;
use super::record::Draft;
use super::store::Query;
use crate::domain::{AttemptId, Delivery, Result, Session};

impl Ledger {
    /// Writes down that a bulk run began, or was resumed, with the digest of its settings.
    ///
    /// # Errors
    /// Exit 8: the record could not be written.
    pub(crate) async fn run_started(&self, session: &Session, run: &str, reason: &str, digest: String) -> Result<()> {
        let event = Event::BulkStarted { reason: mask_addresses(reason).into_owned(), digest: Some(digest) };
        self.write_about_run(session, run, event).await
    }

    /// Writes down that a bulk run ended, or was interrupted.
    ///
    /// # Errors
    /// Exit 8: the record could not be written.
    pub(crate) async fn run_ended(&self, session: &Session, run: &str, reason: &str) -> Result<()> {
        self.write_about_run(session, run, Event::BulkEnded { reason: mask_addresses(reason).into_owned() }).await
    }

    /// Returns the digest that the first start of a run recorded; `None` if the ledger has no start of it.
    ///
    /// # Errors
    /// Exit 8: the store cannot be read.
    pub(crate) async fn digest_of_run(&self, run: &str) -> Result<Option<String>> {
        let query = Query { run: Some(run.to_owned()), event: Some("bulk_started"), ..Query::default() };
        let found = self.store().await?.page(&query, 0, 1).await?;
        Ok(found.first().and_then(|record| record.record().ok()).and_then(|record| match record.draft.event {
            Event::BulkStarted { digest, .. } => digest,
            _ => None,
        }))
    }

    /// Writes down a delivery that the run's output shows and the ledger does not: the run was cut short in between.
    ///
    /// # Errors
    /// Exit 8: the record could not be written.
    pub(crate) async fn delivered_after_all(&self, session: &Session, attempt: &AttemptId) -> Result<()> {
        let event = Event::Delivery { delivery: Delivery::Shown };
        let draft = self.template_of(session, attempt).await?;
        self.writer().write(Draft { event, ..draft }).await
    }

    async fn write_about_run(&self, session: &Session, run: &str, event: Event) -> Result<()> {
        let (action, run) = (Some("bulk".to_owned()), Some(run.to_owned()));
        self.writer().write(Draft { action, run, ..blank(session, &self.fresh_id()?, event) }).await
    }
}
