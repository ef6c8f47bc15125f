//! Writes records: to the store, to the receipt of this machine, and off the machine.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;

use jiff::Timestamp;

use super::event::Event;
use super::forwarder::{Forwarder, not_forwarded};
use super::receipt::{ReceiptCheck, ReceiptFile};
use super::record::Draft;
use super::spool::Spool;
use super::store::{Append, Appended, Head, Query, RecordStore};
use super::stored_record::StoredRecord;
use super::warnings::Warnings;
use super::writer::LazyWriter;
use crate::config::{AuditSettings, Folders};
use crate::domain::{Error, Kind, Reason, Result};

/// The one way to the store.
pub(super) struct RecordWriter {
    store: Rc<dyn RecordStore>,
    pub(super) writer: LazyWriter,
    receipt: ReceiptFile,
    spool: Spool,
    forwarder: Forwarder,
    warnings: Warnings,
    is_prepared: Cell<bool>,
    /// A record that this machine had written, and that is missing.
    missing: Cell<Option<Head>>,
    is_missing_noted: Cell<bool>,
    /// The files of records that wait and cannot be used, each in a sentence.
    unusable: RefCell<Vec<String>>,
}

/// An appended record, and why it was not forwarded if it should have been and was not.
pub(super) type AppendedAndForwarded = (Appended, Result<(), String>);

impl RecordWriter {
    pub(super) fn new(
        store: Rc<dyn RecordStore>,
        writer: LazyWriter,
        folders: &Folders,
        settings: &AuditSettings,
    ) -> Self {
        Self {
            store,
            writer,
            receipt: ReceiptFile::new(folders.ledger_receipt()),
            spool: Spool(folders.ledger_spool()),
            forwarder: Forwarder::new(settings),
            warnings: Warnings::default(),
            is_prepared: Cell::new(false),
            missing: Cell::new(None),
            is_missing_noted: Cell::new(false),
            unusable: RefCell::default(),
        }
    }

    pub(super) const fn warnings(&self) -> &Warnings {
        &self.warnings
    }

    /// Whether a change stops if its intent cannot be forwarded.
    pub(super) const fn must_forward(&self) -> bool {
        self.forwarder.is_required()
    }

    /// Returns the store, without what is due before its first use.
    pub(super) fn bare_store(&self) -> &dyn RecordStore {
        &*self.store
    }

    /// Returns the store. Before its first use, compares the receipt and sends what an earlier command had to leave.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub(super) async fn store(&self) -> Result<&dyn RecordStore> {
        if !self.is_prepared.replace(true) {
            let prepared = self.prepare().await;
            self.is_prepared.set(prepared.is_ok());
            prepared?;
        }
        Ok(&*self.store)
    }

    async fn prepare(&self) -> Result<()> {
        self.compare_receipt().await?;
        self.forward_own().await?;
        self.send_spooled().await
    }

    /// Returns the record that this machine had written and that is missing, if one is.
    pub(super) const fn missing(&self) -> Option<Head> {
        self.missing.get()
    }

    /// Returns the records that wait and cannot be used, each in a sentence.
    pub(super) fn unusable(&self) -> Vec<String> {
        self.unusable.borrow().clone()
    }

    /// Makes the draft of a record about the ledger itself.
    pub(super) fn own_draft(&self, event: Event) -> Draft {
        Draft::of_ledger(self.writer.get(), event)
    }

    /// Appends a record. One that cannot be forwarded leaves a warning and does not stop the work.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub(super) async fn write(&self, append: impl Into<Append>) -> Result<()> {
        let (_, forwarded) = self.append(append.into()).await?;
        self.warn_of(forwarded);
        Ok(())
    }

    /// Appends a record before anything else, and warns if it cannot be forwarded.
    async fn append_and_warn(&self, append: impl Into<Append>) -> Result<()> {
        let (_, forwarded) = self.append_one(append.into()).await?;
        self.warn_of(forwarded);
        Ok(())
    }

    /// Keeps a warning of a record that could not be forwarded.
    pub(super) fn warn_of(&self, forwarded: Result<(), String>) {
        if let Err(why) = forwarded {
            self.warnings.add(not_forwarded(&why).message);
        }
    }

    /// Appends the end of an attempt. If that fails, the next command appends it, and queues its notices.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub(super) async fn write_end(&self, append: impl Into<Append>) -> Result<()> {
        let append = append.into();
        let written = self.write(append.clone()).await;
        if let Err(error) = &written {
            match self.spool.keep(append) {
                Ok(()) => tracing::debug!(%error, "the record is left to the next command"),
                Err(spooled) => tracing::warn!(%error, %spooled, "the record could not be left to the next command"),
            }
        }
        written
    }

    /// Appends a record and forwards it.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub(super) async fn append(&self, append: Append) -> Result<AppendedAndForwarded> {
        self.note_missing().await?;
        self.append_one(append).await
    }

    /// Appends a record of the record that is missing, if one is, before anything else is written.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub(super) async fn note_missing(&self) -> Result<()> {
        self.store().await?;
        if let (Some(head), false) = (self.missing.get(), self.is_missing_noted.replace(true)) {
            let event = Event::ReceiptMissing { missing_number: head.number, missing_hash: head.hash.to_string() };
            let noted = self.append_and_warn(self.own_draft(event)).await;
            self.is_missing_noted.set(noted.is_ok());
            noted?;
        }
        Ok(())
    }

    async fn append_one(&self, append: Append) -> Result<AppendedAndForwarded> {
        let appended = self.store.append(vec![append]).await?.pop();
        let appended = appended.ok_or_else(|| Error::bug("The ledger's store returned no record."))?;
        self.keep_receipt(Head { number: appended.record.number, hash: appended.record.hash });
        self.forward_own().await?; // an import comes before the first record
        let forwarded = self.forwarder.send(&appended.record).await;
        Ok((appended, forwarded))
    }

    /// Forwards the records that the store has appended by itself.
    async fn forward_own(&self) -> Result<()> {
        for record in self.store.take_own_records().await? {
            self.forward(&record).await;
        }
        Ok(())
    }

    /// Removes a notice, and appends and forwards the record of its end.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub(super) async fn finish_notice(&self, id: &str, record: Draft) -> Result<()> {
        if let Some(record) = self.store.finish_notice(id, record).await? {
            self.keep_receipt(Head { number: record.number, hash: record.hash });
            self.warn_of(self.forwarder.send(&record).await);
        }
        Ok(())
    }

    /// Forwards a record that is about no change. One that cannot be forwarded leaves a warning.
    async fn forward(&self, record: &StoredRecord) {
        self.warn_of(self.forwarder.send(record).await);
    }

    /// Removes the records before this time, keeps the receipt of the newest, and forwards the record of the removal.
    ///
    /// # Errors
    /// Exit 8: the store cannot be changed.
    pub(super) async fn prune(&self, before: Timestamp) -> Result<Option<Head>> {
        self.note_missing().await?;
        let draft = self.own_draft(Event::Pruned { through: 0, head: String::new(), removed: 0 });
        let query = Query { attempt: Some(draft.attempt.clone()), ..Query::default() };
        let pruned = self.store.prune(before, draft).await?;
        if let Some(head) = self.store.head().await? {
            self.keep_receipt(head);
        }
        for record in self.store.page(&query, 0, 1).await? {
            self.forward(&record).await;
        }
        Ok(pruned)
    }

    /// Keeps the receipt of a record that this machine has written.
    pub(super) fn keep_receipt(&self, head: Head) {
        self.receipt.keep(head);
    }

    /// Writes the receipt, if it is not that of the newest record.
    pub(super) fn write_receipt(&self) {
        self.receipt.write_newest();
    }

    async fn compare_receipt(&self) -> Result<()> {
        match self.receipt.check(&*self.store).await? {
            ReceiptCheck::Kept => {}
            ReceiptCheck::Missing(head) => {
                self.missing.set(Some(head));
                let number = head.number;
                self.warnings.add(format!(
                    "Record {number} of the ledger, which this machine wrote, is missing or was replaced. The ledger was changed, or is an old copy."
                ));
            }
            ReceiptCheck::Unreadable => self.warnings.add(
                "The receipt of the newest record cannot be read, so nobody knows whether a record is missing."
                    .to_owned(),
            ),
        }
        Ok(())
    }

    /// Appends the ends of attempts that an earlier command could not write.
    async fn send_spooled(&self) -> Result<()> {
        let to_error = |error: io::Error| {
            let message = format!("The records that wait for the ledger cannot be read: {error}.");
            Error::new(Kind::Unavailable, Reason::AuditUnavailable, message)
        };
        for (path, append) in self.spool.waiting().map_err(to_error)? {
            match append {
                Ok(append) => {
                    self.append_and_warn(append).await?;
                    match std::fs::remove_file(&path) {
                        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(to_error(error)),
                        _ => {} // another command may have sent it as well, and removed it
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {} // another command has just sent it
                Err(error) => {
                    let shown = path.display();
                    let found = format!("A record that waits for the ledger cannot be used: {shown}: {error}.");
                    self.warnings.add(found.clone());
                    self.unusable.borrow_mut().push(found);
                }
            }
        }
        Ok(())
    }
}
