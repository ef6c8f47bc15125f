//! Opens the practice directory's file, or makes it on first use.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::errors::{damaged, store_error, store_error_at};
use super::schema::{APPLICATION, VERSION};
use super::{migration, seed};
use crate::domain::ports::Clock;
use crate::domain::{Error, Kind, Reason, Result};

/// The largest file that is checked whenever it is opened, in bytes. One with the samples has a twentieth of that.
const CHECKED_SIZE: u64 = 2 * 1024 * 1024;

/// How many prepared statements are cached. A reset has fewer.
const CACHED_STATEMENTS: usize = 64;

/// An open practice directory. Clones share the connection.
#[derive(Clone)]
pub struct Practice {
    connection: Arc<Mutex<Connection>>,
    clock: Arc<dyn Clock + Send + Sync>,
}

impl Practice {
    /// Opens the directory at this path, or makes one with the sample customers. One of an earlier version is brought to
    /// this one.
    ///
    /// `timeout` is how long a call waits for another process's write.
    ///
    /// # Errors
    /// Exit 2 naming the file: damaged, not ours, or of a newer version. Exit 8: it cannot be opened or made.
    pub fn open(path: &Path, timeout: Duration, clock: Arc<dyn Clock + Send + Sync>) -> Result<Self> {
        let directory = Self::open_unchecked(path, timeout, clock)?;
        check_integrity(&directory.connection(), path)?;
        Ok(directory)
    }

    /// Opens the directory without looking for damage in the whole file, which a message has no need of: it goes into the
    /// outbox, and no password depends on it.
    ///
    /// # Errors
    /// As for [`Self::open`]; damage is found only where it is met.
    pub(super) fn open_unchecked(path: &Path, timeout: Duration, clock: Arc<dyn Clock + Send + Sync>) -> Result<Self> {
        if !path.exists() {
            seed::create_with_samples(path, clock.now())?;
        }
        let connection = open_file(path, timeout, clock.now())?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), clock })
    }

    /// Replaces the directory by a new one with `customers` customers, the samples included. Returns their number.
    ///
    /// # Errors
    /// Exit 2: fewer than the samples or more than a million. Exit 8: it cannot be written.
    pub fn start_over(path: &Path, customers: Option<u64>, progress: &mut dyn FnMut(u64)) -> Result<u64> {
        seed::recreate(path, customers, progress)
    }

    /// Locks the connection for one call.
    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads in one transaction, so that the results are consistent and the file is locked once.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let connection = self.connection();
        let transaction = connection.unchecked_transaction().map_err(store_error)?;
        read(&transaction)
    }

    /// Returns the time, in milliseconds since 1970.
    pub(super) fn now(&self) -> i64 {
        self.clock.now().as_millisecond()
    }
}

fn open_file(path: &Path, timeout: Duration, now: Timestamp) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| store_error_at(path, error))?;
    connection.busy_timeout(timeout).map_err(|error| store_error_at(path, error))?;
    check(&connection, path, now)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    // Without a stable plan a cached statement is parsed again for other values (<https://sqlite.org/qpsg.html>).
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(|error| store_error_at(path, error))?;
    connection.execute_batch("PRAGMA secure_delete = ON; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192;").map_err(|error| store_error_at(path, error))?;
    Ok(connection)
}

/// Checks that the file is a practice directory of this version, and brings one of an earlier version to it.
fn check(connection: &Connection, path: &Path, now: Timestamp) -> Result<()> {
    let number = |pragma: &str| {
        connection
            .query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i32>(0))
            .map_err(|error| store_error_at(path, error))
    };
    if number("application_id")? != APPLICATION {
        return Err(damaged(path, "it is not a practice directory"));
    }
    match number("user_version")? {
        VERSION => Ok(()),
        migration::EARLIER => {
            check_integrity(connection, path)?;
            migration::migrate(connection, now.as_millisecond()).map_err(|error| store_error_at(path, error))
        }
        version if version > VERSION => Err(Error::new(
            Kind::Usage,
            Reason::DirectoryNewer,
            format!(
                "The practice directory {} was made by a newer tellonce (version {version}; this one knows {VERSION}).",
                path.display()
            ),
        )
        .hint("Use that one, or begin again with `tellonce practice start-over`.")),
        version => Err(damaged(path, &format!("its version {version} is unknown"))),
    }
}

/// Checks the integrity of a small directory, in about a millisecond, so that damage does not show in a reset.
fn check_integrity(connection: &Connection, path: &Path) -> Result<()> {
    let size = std::fs::metadata(path).map_or(u64::MAX, |file| file.len());
    if size > CHECKED_SIZE {
        return Ok(());
    }
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| store_error_at(path, error))?;
    if found == "ok" { Ok(()) } else { Err(damaged(path, "it is damaged").because(found)) }
}
