//! The store on `SQLite`: one file of this machine, that any number of processes append to.

mod append;
mod end;
mod fault;
mod faults;
mod file;
mod import;
mod lease;
mod network;
mod outbox;
mod prune;
mod read;
mod rows;
mod schema;
mod verification;

use std::cell::{OnceCell, RefCell};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::Connection;

use self::append::{Appender, Done};
use self::fault::Fault;
use self::lease::Lease;
use super::outbox_item::WaitingNotice;
use super::record::Draft;
use super::store::{Append, Appended, Head, Query, RecordStore, StoreLocation};
use super::stored_record::StoredRecord;
use super::writer::LazyWriter;
use crate::domain::{Error, Result};
use crate::platform::GroupCommit;

pub use self::append::Now;

/// The files that a store works with.
#[derive(Clone, Debug)]
pub struct SqliteFiles {
    /// The database.
    pub ledger: PathBuf,
    /// The folder of leases.
    pub leases: PathBuf,
    /// The `audit.jsonl` of an earlier version, which is imported.
    pub audit_log: PathBuf,
}

/// How records are appended.
enum Appending {
    /// Each call is a transaction of its own, in the thread of the caller.
    Direct(RefCell<Appender>),
    /// A thread appends the records of all waiting calls in one transaction.
    Grouped(GroupCommit<Vec<Append>, Done>),
}

/// The store on `SQLite`.
///
/// It touches no file before its first use, and makes none before the first append.
pub struct SqliteStore {
    files: SqliteFiles,
    now: Now,
    writer: LazyWriter,
    reader: OnceCell<Connection>,
    groups: bool,
    appending: OnceCell<Appending>,
    outbox: OnceCell<RefCell<Connection>>,
    lease: OnceCell<Lease>,
    /// The records of imports that nobody has taken yet.
    own_records: RefCell<Vec<StoredRecord>>,
}

impl SqliteStore {
    /// Makes the store of these files. `now` tells the time that records get.
    pub fn new(files: SqliteFiles, writer: impl Into<LazyWriter>, now: Now) -> Self {
        let writer = writer.into();
        let (reader, appending, lease) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        let (outbox, own_records) = (OnceCell::new(), RefCell::default());
        Self { files, now, writer, reader, groups: false, appending, outbox, lease, own_records }
    }

    /// Lets calls that wait at the same time share a transaction, as the rows of a bulk run do.
    #[must_use]
    pub fn grouped(self) -> Self {
        Self { groups: true, ..self }
    }

    /// Sets whether appends wait for others to share a sync with, where calls share transactions.
    pub(crate) fn gather(&self, on: bool) {
        if let Some(Appending::Grouped(thread)) = self.appending.get() {
            thread.gather(on);
        }
    }

    fn to_error(&self) -> impl Fn(Fault) -> Error + '_ {
        |fault| fault.into_error(&self.files.ledger)
    }

    /// Opens the ledger, and imports what an earlier version wrote. Returns `None` if there is neither.
    fn open(&self) -> Result<Option<Connection>, Fault> {
        let path = &self.files.ledger;
        let has_audit_log = self.files.audit_log.symlink_metadata().is_ok();
        if !file::check(path)? {
            if !has_audit_log {
                return Ok(None);
            }
            file::make(path)?;
        }
        self.connect(has_audit_log).map(Some)
    }

    fn connect(&self, has_audit_log: bool) -> Result<Connection, Fault> {
        let mut connection = file::connect(&self.files.ledger)?;
        if has_audit_log {
            let writer = self.writer.get();
            let imported = import::import(&mut connection, &self.files.audit_log, (self.now)(), writer, |event| {
                Draft::of_ledger(writer, event)
            })?;
            self.own_records.borrow_mut().extend(imported);
        }
        Ok(connection)
    }

    /// Returns the reading end; `None` if there is no ledger yet.
    fn reader(&self) -> Result<Option<&Connection>, Fault> {
        if self.reader.get().is_none() {
            let Some(connection) = self.open()? else { return Ok(None) };
            let _ = self.reader.set(connection);
        }
        Ok(self.reader.get())
    }

    /// Reads from the ledger. Returns the default if there is none yet.
    fn read<T: Default>(&self, read: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T> {
        let found = self.reader().and_then(|reader| reader.map(read).transpose());
        found.map(Option::unwrap_or_default).map_err(self.to_error())
    }

    /// Works on the outbox, through one connection for all of this store's life. Returns the default if there is no
    /// ledger yet.
    fn with_outbox<T: Default>(&self, work: impl FnOnce(&mut Connection) -> Result<T, Fault>) -> Result<T> {
        let worked = self.outbox_connection().and_then(|connection| match connection {
            Some(connection) => work(&mut connection.borrow_mut()),
            None => Ok(T::default()),
        });
        worked.map_err(self.to_error())
    }

    fn outbox_connection(&self) -> Result<Option<&RefCell<Connection>>, Fault> {
        if self.outbox.get().is_none() {
            let Some(connection) = self.open()? else { return Ok(None) };
            let _ = self.outbox.set(RefCell::new(connection));
        }
        Ok(self.outbox.get())
    }

    /// Opens the ledger for changes, and makes it if there is none.
    fn open_or_make(&self) -> Result<Connection, Fault> {
        let connection = if let Some(connection) = self.open()? {
            connection
        } else {
            file::make(&self.files.ledger)?;
            self.connect(false)?
        };
        file::check_writable(&connection)?;
        Ok(connection)
    }

    fn appending(&self) -> Result<&Appending, Fault> {
        if let Some(appending) = self.appending.get() {
            return Ok(appending);
        }
        let connection = self.open_or_make()?;
        let mut appender = Appender { connection, now: self.now.clone(), writer: self.writer.get().clone() };
        let appending = if self.groups {
            Appending::Grouped(GroupCommit::start("ledger", move |calls| appender.append_all(calls))?)
        } else {
            Appending::Direct(RefCell::new(appender))
        };
        Ok(self.appending.get_or_init(|| appending))
    }
}

fn try_to_append(path: &Path) -> Result<(), Fault> {
    if file::check(path)? {
        let connection = file::connect(path)?;
        file::check_writable(&connection)?;
        connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK;")?;
    }
    Ok(())
}

#[async_trait(?Send)]
impl RecordStore for SqliteStore {
    async fn append(&self, appends: Vec<Append>) -> Result<Vec<Appended>> {
        let done = match self.appending().map_err(self.to_error())? {
            Appending::Direct(appender) => appender.borrow_mut().append_all(vec![appends]).pop(),
            Appending::Grouped(thread) => Some(thread.hand_over(appends).get().await?),
        };
        done.unwrap_or_else(|| Ok(Vec::new())).map_err(self.to_error())
    }

    async fn page(&self, query: &Query, after: u64, most: usize) -> Result<Vec<StoredRecord>> {
        self.read(|connection| read::page(connection, query, after, most))
    }

    async fn resets_by_agent(&self, backend_ids: &[String], agent: &str, since: Timestamp) -> Result<u32> {
        self.read(|connection| append::resets_by_agent(connection, backend_ids, agent, since.as_microsecond()))
    }

    async fn open_attempts(&self) -> Result<Vec<StoredRecord>> {
        self.read(read::open_attempts)
    }

    async fn issued(&self, backend_ids: &[String], after: u64, most: usize) -> Result<Vec<StoredRecord>> {
        self.read(|connection| read::issued(connection, backend_ids, after, most))
    }

    async fn is_used(&self, verification: &str) -> Result<bool> {
        self.read(|connection| verification::is_used(connection, verification))
    }

    async fn take_notices(&self, profile: &str, most: usize) -> Result<Vec<WaitingNotice>> {
        self.with_outbox(|connection| outbox::take(connection, (profile, most), (self.now)()))
    }

    async fn waiting_notices(&self, after: &str, most: usize) -> Result<Vec<WaitingNotice>> {
        self.read(|connection| outbox::page(connection, after, most))
    }

    async fn finish_notice(&self, id: &str, record: Draft) -> Result<Option<StoredRecord>> {
        self.with_outbox(|connection| outbox::finish(connection, (id, record), (self.now)(), self.writer.get()))
    }

    async fn head(&self) -> Result<Option<Head>> {
        self.read(read::head)
    }

    async fn checkpoint(&self) -> Result<Option<Head>> {
        self.read(read::checkpoint)
    }

    async fn prune(&self, before: Timestamp, record: Draft) -> Result<Option<Head>> {
        let pruned = self.open().and_then(|connection| {
            let Some(mut connection) = connection else { return Ok(None) };
            prune::prune(&mut connection, before, (self.now)(), self.writer.get(), record)
        });
        pruned.map_err(self.to_error())
    }

    async fn lease(&self) -> Result<String> {
        let (folder, to_error) = (&self.files.leases, self.to_error());
        if let Some(lease) = self.lease.get() {
            return lease.keep(folder).map(|()| lease.id().to_owned()).map_err(to_error);
        }
        let lease = Lease::take(folder).map_err(to_error)?;
        Ok(self.lease.get_or_init(|| lease).id().to_owned())
    }

    async fn is_live(&self, lease: &str) -> Result<bool> {
        lease::is_live(&self.files.leases, lease).map_err(self.to_error())
    }

    async fn pseudonym_key(&self) -> Result<[u8; 32]> {
        let made = match self.reader() {
            Ok(Some(reader)) => read::pseudonym_key(reader),
            Ok(None) => self.open_or_make().and_then(|connection| read::pseudonym_key(&connection)),
            Err(fault) => Err(fault),
        };
        made.map_err(self.to_error())
    }

    async fn faults(&self) -> Result<Vec<String>> {
        self.read(faults::faults)
    }

    async fn take_own_records(&self) -> Result<Vec<StoredRecord>> {
        self.reader().map_err(self.to_error())?; // it imports
        Ok(self.own_records.take())
    }

    async fn location(&self) -> Result<StoreLocation> {
        Ok(StoreLocation::File(self.files.ledger.clone()))
    }

    async fn try_to_append(&self) -> Result<()> {
        try_to_append(&self.files.ledger).map_err(self.to_error())
    }
}
