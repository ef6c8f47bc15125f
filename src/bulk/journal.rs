//! The journal of one run: says on disk how far each row has come, and holds nothing of any password.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::claim::Claim;
use super::digest;
use super::outcome::RowOutcome;
use super::run_files;
use super::settings::RunSettings;
use crate::config::make_private_folder;
use crate::domain::{AttemptId, Customer, CustomerId, Error, Kind, Plan, Reason, ResetTarget, Result, Stamp};
use crate::platform::{GroupCommit, Promised};

const TABLES: &str = "
CREATE TABLE IF NOT EXISTS run(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS row(
  line INTEGER PRIMARY KEY,
  state INTEGER NOT NULL,
  customer TEXT, attempt TEXT, at INTEGER, stamp TEXT,
  outcome TEXT, exit_code INTEGER
);
CREATE TABLE IF NOT EXISTS seen(customer TEXT PRIMARY KEY, line INTEGER NOT NULL) WITHOUT ROWID;";

/// Begins the key of a user among those of customers; no customer's id has it.
const USER: &str = "\u{1}user ";

/// How far a row has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Intent = 1,
    Set = 2,
    Done = 3,
    InDoubt = 4,
}

/// An earlier attempt of a row, whose password may have reached nobody.
#[derive(Clone, Debug)]
pub(crate) struct Earlier {
    /// The attempt's id in the ledger.
    pub attempt: String,
    pub customer: CustomerId,
    /// The stamp of its set; if it is not known to be set, the stamp before it.
    pub stamp: Option<Stamp>,
}

/// What the journal knows of a row.
#[derive(Clone, Debug)]
pub(crate) enum RowState {
    /// The journal knows nothing of the row: it is still to be done.
    Nothing,
    /// The row was begun, and is not known to have delivered its password.
    Begun(Earlier),
    /// The row was delivered shortly before the backend was gone: the backend may have lost the password.
    InDoubt(Earlier),
    /// The row is done.
    Done,
}

/// A change of the journal. `line` names the row.
#[allow(missing_docs, reason = "the fields are the columns")]
pub(crate) enum Change {
    /// The password of the row is about to be set.
    Intent { line: u64, customer: CustomerId, attempt: AttemptId, at: Timestamp, stamp_before: Option<Stamp> },
    /// The password of the row is set.
    Set { line: u64, stamp: Option<Stamp> },
    /// The row has ended in this invocation.
    Ended { line: u64, outcome: RowOutcome, exit_code: u8 },
    /// The rows are in doubt that were delivered with an intent written since then.
    Doubt { since: Timestamp },
    /// The customer belongs to this row.
    Claim { line: u64, customer: CustomerId },
    /// A fact of the run.
    Fact { name: &'static str, value: String },
}

/// The journal of one run, locked.
pub(crate) struct Journal {
    read: Connection,
    writer: GroupCommit<Change, Result<(), String>>,
    claimed: RefCell<HashMap<CustomerId, u64>>,
    _lock: File,
}

pub(super) fn journal_error(error: rusqlite::Error) -> Error {
    unwritable(&error.to_string()).because(error)
}

fn unwritable(why: &str) -> Error {
    Error::new(Kind::Unavailable, Reason::AuditUnavailable, format!("The journal of the run cannot be used: {why}."))
        .hint("Make room, or make the state folder yours, and resume the run.")
}

/// The journal's file in a run's folder.
pub(super) fn file_in(folder: &Path) -> PathBuf {
    folder.join("journal.db")
}

fn connect(path: &Path) -> Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(journal_error)?;
    connection.busy_timeout(Duration::from_secs(10)).map_err(journal_error)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(journal_error)?; // plans are kept
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -1024;")
        .map_err(journal_error)?;
    Ok(connection)
}

impl Journal {
    /// Opens and locks the journal of a run, and makes it if it is missing.
    ///
    /// # Errors
    /// Exit 8: another process works at this run, or the file cannot be used.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let path = file_in(folder);
        let to_error = |error: std::io::Error| unwritable(&error.to_string());
        make_private_folder(folder).map_err(to_error)?;
        run_files::check(folder)?;
        let lock = run_files::open_or_make(&folder.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::new(Kind::Unavailable, Reason::AlreadyRunning, "Another process is at this run.")
                    .hint("Wait until it has ended: `tellonce bulk list` says when."));
            }
            Err(TryLockError::Error(error)) => return Err(to_error(error)),
        }
        run_files::open_or_make(&path)?;
        let write = connect(&path)?;
        write.execute_batch(TABLES).map_err(journal_error)?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(to_error)?;
        let mut write = write;
        let writer = GroupCommit::start("journal", move |changes: Vec<Change>| {
            let count = changes.len();
            let result = commit(&mut write, &changes).map_err(|error| error.to_string());
            vec![result; count]
        })
        .map_err(to_error)?;
        Ok(Self { read: connect(&path)?, writer, claimed: RefCell::default(), _lock: lock })
    }

    /// Writes a change, and returns once it is synced. Changes keep their order.
    ///
    /// # Errors
    /// Exit 8: it could not be written.
    pub(crate) async fn write(&self, change: Change) -> Result<()> {
        self.hand_over(change).get().await?.map_err(|why| unwritable(&why))
    }

    /// Hands over a change that nothing depends on yet: the next sync includes it.
    pub(crate) fn hand_over(&self, change: Change) -> Promised<Result<(), String>> {
        self.writer.hand_over(change)
    }

    /// Sets whether changes wait for others to share a sync with.
    pub(crate) fn gather(&self, on: bool) {
        self.writer.gather(on);
    }

    /// Claims the customer for a row, also under the address that was the id until the user was created.
    ///
    /// # Errors
    /// Exit 8: the journal cannot be read.
    pub(crate) fn claim(&self, customer: &Customer, line: u64) -> Result<Claim> {
        for known_as in customer.known_as() {
            if let Some(claim) = self.claim_known_as(&known_as, line)? {
                return Ok(claim);
            }
        }
        self.claimed.borrow_mut().insert(customer.id.clone(), line);
        drop(self.hand_over(Change::Claim { line, customer: customer.id.clone() }));
        Ok(Claim::Granted)
    }

    /// Claims the user of a plan for a row, under the backend's own id: two customers may lead to one user.
    ///
    /// # Errors
    /// Exit 7: the user is another row's. Exit 8: the journal cannot be read.
    pub(crate) fn claim_user(&self, plan: &Plan, line: u64) -> Result<()> {
        let ResetTarget::User(id) = &plan.target else { return Ok(()) };
        let key = CustomerId::new(format!("{USER}{}", id.as_str()));
        if let Some(claim) = self.claim_known_as(&key, line)? {
            return claim.check_user(plan);
        }
        self.claimed.borrow_mut().insert(key.clone(), line);
        drop(self.hand_over(Change::Claim { line, customer: key }));
        Ok(())
    }

    /// Returns the claim that an earlier claim decides; `None` if no row has the customer.
    fn claim_known_as(&self, customer: &CustomerId, line: u64) -> Result<Option<Claim>> {
        if let Some(holder) = self.claimed.borrow().get(customer) {
            return Ok(Some(if *holder == line { Claim::Granted } else { Claim::HeldInFlight { line: *holder } }));
        }
        let holder: Option<u64> = self
            .read
            .prepare_cached("SELECT line FROM seen WHERE customer = ?1")
            .and_then(|mut select| select.query_row([customer.as_str()], |row| row.get(0)).optional())
            .map_err(journal_error)?;
        Ok(holder.map(|holder| if holder == line { Claim::Granted } else { Claim::HeldBefore { line: holder } }))
    }

    /// Forgets the claims of a row that has ended: they are on disk by now.
    pub(crate) fn release(&self, line: u64) {
        self.claimed.borrow_mut().retain(|_, claimed| *claimed != line);
    }

    /// Reads what is known of a row.
    pub(crate) fn known(&self, line: u64) -> Result<RowState> {
        self.read
            .prepare_cached("SELECT state, customer, attempt, stamp, outcome FROM row WHERE line = ?1")
            .and_then(|mut select| select.query_row([line], known).optional())
            .map(|found| found.unwrap_or(RowState::Nothing))
            .map_err(journal_error)
    }

    /// Counts the rows of each outcome.
    pub(crate) fn counts(&self) -> Result<Vec<(RowOutcome, u64)>> {
        counts(&self.read)
    }

    /// Counts the rows in doubt.
    pub(crate) fn in_doubt(&self) -> Result<u64> {
        self.read
            .query_row("SELECT count(*) FROM row WHERE state = ?1", [State::InDoubt as i64], |row| row.get(0))
            .map_err(journal_error)
    }

    /// Returns the SHA-256 of the settings that the run began with, in hexadecimal; `None` if it never began.
    ///
    /// # Errors
    /// Exit 8: the journal cannot be read.
    pub(crate) fn settings_digest(&self) -> Result<Option<String>> {
        Ok(fact(&self.read, "settings")?.map(|text| digest::sha256_of(text.as_bytes())))
    }

    /// Reads the settings that the run began with; `None` if it never began.
    pub(crate) fn settings(&self) -> Result<Option<RunSettings>> {
        settings(&self.read)
    }
}

fn known(row: &rusqlite::Row<'_>) -> rusqlite::Result<RowState> {
    let outcome: Option<String> = row.get(4)?;
    let (customer, attempt): (Option<String>, Option<String>) = (row.get(1)?, row.get(2)?);
    let state: i64 = row.get(0)?;
    let done = state == State::Done as i64 && outcome.as_deref() != Some(RowOutcome::NotDelivered.name());
    Ok(match (done, customer.zip(attempt)) {
        (true, _) => RowState::Done,
        (false, None) => RowState::Nothing,
        (false, Some((customer, attempt))) => {
            let stamp = row.get::<_, Option<String>>(3)?.and_then(|text| serde_json::from_str(&text).ok());
            let earlier = Earlier { attempt, customer: CustomerId::new(customer), stamp };
            if state == State::InDoubt as i64 { RowState::InDoubt(earlier) } else { RowState::Begun(earlier) }
        }
    })
}

/// Counts the rows of each outcome in an open journal.
pub(super) fn counts(connection: &Connection) -> Result<Vec<(RowOutcome, u64)>> {
    let mut select = connection
        .prepare("SELECT outcome, count(*) FROM row WHERE outcome IS NOT NULL GROUP BY outcome")
        .map_err(journal_error)?;
    let rows =
        select.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?))).map_err(journal_error)?;
    let mut counts = Vec::new();
    for row in rows {
        let (name, count) = row.map_err(journal_error)?;
        counts.extend(RowOutcome::named(&name).map(|outcome| (outcome, count)));
    }
    counts.sort_unstable();
    Ok(counts)
}

/// Reads a fact of the run.
pub(super) fn fact(connection: &Connection, name: &str) -> Result<Option<String>> {
    connection
        .query_row("SELECT value FROM run WHERE name = ?1", [name], |row| row.get(0))
        .optional()
        .map_err(journal_error)
}

pub(super) fn settings(connection: &Connection) -> Result<Option<RunSettings>> {
    let Some(text) = fact(connection, "settings")? else { return Ok(None) };
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|error| unwritable("its settings are not of this version").because(error))
}

fn commit(connection: &mut Connection, changes: &[Change]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    for change in changes {
        apply(&transaction, change)?;
    }
    transaction.commit()
}

fn apply(connection: &Connection, change: &Change) -> rusqlite::Result<()> {
    let stamp_text = |stamp: &Option<Stamp>| stamp.as_ref().and_then(|stamp| serde_json::to_string(stamp).ok());
    match change {
        Change::Intent { line, customer, attempt, at, stamp_before } => connection
            .prepare_cached(
                "INSERT OR REPLACE INTO row(line, state, customer, attempt, at, stamp) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                line,
                State::Intent as i64,
                customer.as_str(),
                attempt.as_str(),
                at.as_millisecond(),
                stamp_text(stamp_before)
            ]),
        Change::Set { line, stamp } => connection
            .prepare_cached("UPDATE row SET state = ?2, stamp = ?3 WHERE line = ?1")?
            .execute(params![line, State::Set as i64, stamp_text(stamp)]),
        Change::Ended { line, outcome, exit_code } => connection
            .prepare_cached(
                "INSERT INTO row(line, state, outcome, exit_code) VALUES(?1, ?2, ?3, ?4)
                 ON CONFLICT(line) DO UPDATE SET state = ?2, outcome = ?3, exit_code = ?4",
            )?
            .execute(params![line, State::Done as i64, outcome.name(), exit_code]),
        Change::Doubt { since } => connection
            .prepare_cached("UPDATE row SET state = ?1 WHERE state = ?2 AND outcome = ?3 AND at >= ?4")?
            .execute(params![
                State::InDoubt as i64,
                State::Done as i64,
                RowOutcome::Delivered.name(),
                since.as_millisecond()
            ]),
        Change::Claim { line, customer } => connection
            .prepare_cached("INSERT OR IGNORE INTO seen(customer, line) VALUES(?1, ?2)")?
            .execute(params![customer.as_str(), line]),
        Change::Fact { name, value } => connection
            .prepare_cached("INSERT OR REPLACE INTO run(name, value) VALUES(?1, ?2)")?
            .execute(params![name, value]),
    }
    .map(drop)
}
