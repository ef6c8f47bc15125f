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

/// A thread that appends the records of all waiting calls in one transaction.
type Grouped = GroupCommit<Vec<Append>, Done>;

/// The store on `SQLite`.
///
/// It touches no file before its first use, and makes none before the first append.
pub struct SqliteStore {
    files: SqliteFiles,
    now: Now,
    writer: LazyWriter,
    /// The connection of this thread: it reads, works on the outbox, and appends where calls are not grouped.
    connection: OnceCell<Connection>,
    groups: bool,
    grouped: OnceCell<Grouped>,
    lease: OnceCell<Lease>,
    /// The records of imports that nobody has taken yet.
    own_records: RefCell<Vec<StoredRecord>>,
}

impl SqliteStore {
    /// Makes the store of these files. `now` tells the time that records get.
    pub fn new(files: SqliteFiles, writer: impl Into<LazyWriter>, now: Now) -> Self {
        let writer = writer.into();
        let (connection, grouped, lease) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { files, now, writer, connection, groups: false, grouped, lease, own_records: RefCell::default() }
    }

    /// Lets calls that wait at the same time share a transaction, as the rows of a bulk run do.
    #[must_use]
    pub fn grouped(self) -> Self {
        Self { groups: true, ..self }
    }

    /// Sets whether appends wait for others to share a sync with, where calls share transactions.
    pub(crate) fn gather(&self, on: bool) {
        if let Some(thread) = self.grouped.get() {
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

    /// Returns the connection of this thread; `None` if there is no ledger yet.
    fn connection(&self) -> Result<Option<&Connection>, Fault> {
        if self.connection.get().is_none() {
            let Some(connection) = self.open()? else { return Ok(None) };
            let _ = self.connection.set(connection);
        }
        Ok(self.connection.get())
    }

    /// Returns the connection of this thread for changes, and makes the ledger if there is none.
    fn connection_for_changes(&self) -> Result<&Connection, Fault> {
        let connection = if let Some(connection) = self.connection()? {
            connection
        } else {
            let made = self.open_or_make()?;
            self.connection.get_or_init(|| made)
        };
        file::check_writable(connection)?;
        Ok(connection)
    }

    /// Works on the ledger. Returns the default if there is none yet.
    fn with_connection<T: Default>(&self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T> {
        let found = self.connection().and_then(|connection| connection.map(work).transpose());
        found.map(Option::unwrap_or_default).map_err(self.to_error())
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

    /// Returns the thread that appends, with a connection of its own.
    fn grouped_thread(&self) -> Result<&Grouped, Fault> {
        if let Some(thread) = self.grouped.get() {
            return Ok(thread);
        }
        let connection = self.open_or_make()?;
        let appender = Appender { connection, now: self.now.clone(), writer: self.writer.get().clone() };
        let thread = GroupCommit::start("ledger", move |calls| appender.append_all(calls))?;
        Ok(self.grouped.get_or_init(|| thread))
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
        let done = if self.groups {
            self.grouped_thread().map_err(self.to_error())?.hand_over(appends).get().await?
        } else {
            let append = |connection| append::append(connection, (self.now)(), self.writer.get(), vec![appends]);
            self.connection_for_changes().and_then(append).map(|mut done| done.pop().unwrap_or_default())
        };
        done.map_err(self.to_error())
    }

    async fn page(&self, query: &Query, after: u64, most: usize) -> Result<Vec<StoredRecord>> {
        self.with_connection(|connection| read::page(connection, query, after, most))
    }

    async fn resets_by_agent(&self, backend_ids: &[String], agent: &str, since: Timestamp) -> Result<u32> {
        self.with_connection(|connection| {
            append::resets_by_agent(connection, backend_ids, agent, since.as_microsecond())
        })
    }

    async fn open_attempts(&self) -> Result<Vec<StoredRecord>> {
        self.with_connection(read::open_attempts)
    }

    async fn issued(&self, backend_ids: &[String], after: u64, most: usize) -> Result<Vec<StoredRecord>> {
        self.with_connection(|connection| read::issued(connection, backend_ids, after, most))
    }

    async fn is_used(&self, verification: &str) -> Result<bool> {
        self.with_connection(|connection| verification::is_used(connection, verification))
    }

    async fn take_notices(&self, profile: &str, most: usize) -> Result<Vec<WaitingNotice>> {
        self.with_connection(|connection| outbox::take(connection, (profile, most), (self.now)()))
    }

    async fn waiting_notices(&self, after: &str, most: usize) -> Result<Vec<WaitingNotice>> {
        self.with_connection(|connection| outbox::page(connection, after, most))
    }

    async fn finish_notice(&self, id: &str, record: Draft) -> Result<Option<StoredRecord>> {
        self.with_connection(|connection| outbox::finish(connection, (id, record), (self.now)(), self.writer.get()))
    }

    async fn head(&self) -> Result<Option<Head>> {
        self.with_connection(read::head)
    }

    async fn checkpoint(&self) -> Result<Option<Head>> {
        self.with_connection(read::checkpoint)
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
        let made = match self.connection() {
            Ok(Some(connection)) => read::pseudonym_key(connection),
            Ok(None) => self.connection_for_changes().and_then(read::pseudonym_key),
            Err(fault) => Err(fault),
        };
        made.map_err(self.to_error())
    }

    async fn faults(&self) -> Result<Vec<String>> {
        self.with_connection(faults::faults)
    }

    async fn take_own_records(&self) -> Result<Vec<StoredRecord>> {
        self.connection().map_err(self.to_error())?; // it imports
        Ok(self.own_records.take())
    }

    async fn location(&self) -> Result<StoreLocation> {
        Ok(StoreLocation::File(self.files.ledger.clone()))
    }

    async fn try_to_append(&self) -> Result<()> {
        try_to_append(&self.files.ledger).map_err(self.to_error())
    }
}
