//! The index of the log by customer: a bulk run looks up the customer of each row, and the log may be long.
//!
//! The index is a file of the run, made anew each time, so that it needs no sync and memory does not grow with the log.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, params};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::file_check::{open_log, unavailable};
use super::record::Record;
use crate::domain::{CustomerId, Error, Result};
use crate::platform::Access;

/// How many bytes of the log are read at once: much more than a line.
const CHUNK: usize = 64 * 1024;

const TABLES: &str = "
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -1024;
CREATE TABLE line(customer INTEGER NOT NULL, start INTEGER NOT NULL, PRIMARY KEY(customer, start)) WITHOUT ROWID;";

/// An index of the log, as far as the log was read.
pub(super) struct Index {
    log: PathBuf,
    lines: Connection,
    read_up_to: u64,
    /// Whether a line that was read is not a record.
    damaged: bool,
}

/// The records of a customer, as far as the log can be read.
#[derive(Default)]
pub(super) struct Found {
    /// The records, the oldest first.
    pub(super) records: Vec<Record>,
    /// Whether a line of the log cannot be read, so that records may be missing.
    pub(super) damaged: bool,
}

#[derive(Deserialize)]
struct RecordCustomer<'a> {
    #[serde(borrow)]
    customer: Cow<'a, str>,
}

fn index_error(error: rusqlite::Error) -> Error {
    Error::unavailable("The index of the audit log cannot be used.").because(error)
}

/// Returns a number that stands for the customer. Two customers may share it; their lines tell them apart.
fn number_of(customer: &str) -> i64 {
    let digest = Sha256::digest(customer.as_bytes());
    digest.iter().take(8).fold(0_i64, |number, byte| (number << 8) | i64::from(*byte))
}

impl Index {
    /// Makes an empty index at this path, in place of one that was left there.
    pub(super) fn new(log: &Path, path: &Path) -> Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(unavailable(path, &error)),
            _ => {}
        }
        let lines = Connection::open(path).map_err(index_error)?;
        lines.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map_err(index_error)?; // plans are kept
        lines.execute_batch(TABLES).map_err(index_error)?;
        Ok(Self { log: log.to_owned(), lines, read_up_to: 0, damaged: false })
    }

    /// Returns the customer's records.
    pub(super) fn records_of(&mut self, customer: &CustomerId) -> Result<Found> {
        let log_error = |log: &Path| {
            let log = log.to_owned();
            move |error: io::Error| unavailable(&log, &error)
        };
        let Some(mut log) = open_log(&self.log, Access::Read)? else { return Ok(Found::default()) };
        self.catch_up(&mut log)?;
        let mut records = Vec::new();
        let mut statement = self
            .lines
            .prepare_cached("SELECT start FROM line WHERE customer = ?1 ORDER BY start")
            .map_err(index_error)?;
        let starts =
            statement.query_map([number_of(customer.as_str())], |row| row.get::<_, u64>(0)).map_err(index_error)?;
        for start in starts {
            let line = line_at(&mut log, start.map_err(index_error)?).map_err(log_error(&self.log))?;
            match serde_json::from_slice::<Record>(line.trim_ascii_end()) {
                Ok(record) => records.extend(Some(record).filter(|record| record.customer == customer.as_str())),
                Err(_) => self.damaged = true,
            }
        }
        drop(statement);
        Ok(Found { records, damaged: self.damaged })
    }

    /// Reads the whole lines appended since the last call. The next call reads a line that is still being written.
    fn catch_up(&mut self, log: &mut File) -> Result<()> {
        let log_error = |error: io::Error| unavailable(&self.log, &error);
        let length = log.metadata().map_err(log_error)?.len();
        if length <= self.read_up_to {
            return Ok(());
        }
        log.seek(SeekFrom::Start(self.read_up_to)).map_err(log_error)?;
        let mut reader = BufReader::with_capacity(CHUNK, log.take(length - self.read_up_to));
        self.lines.execute_batch("BEGIN").map_err(index_error)?;
        let mut line = Vec::new();
        loop {
            line.clear();
            reader.read_until(b'\n', &mut line).map_err(log_error)?;
            if line.last() != Some(&b'\n') {
                break;
            }
            let parsed = serde_json::from_slice::<RecordCustomer<'_>>(line.trim_ascii_end());
            self.damaged |= parsed.is_err();
            if let Ok(parsed) = parsed {
                self.lines
                    .prepare_cached("INSERT OR REPLACE INTO line(customer, start) VALUES(?1, ?2)")
                    .and_then(|mut insert| insert.execute(params![number_of(&parsed.customer), self.read_up_to]))
                    .map_err(index_error)?;
            }
            self.read_up_to += line.len() as u64;
        }
        self.lines.execute_batch("COMMIT").map_err(index_error)
    }
}

fn line_at(log: &mut File, start: u64) -> io::Result<Vec<u8>> {
    log.seek(SeekFrom::Start(start))?;
    let mut line = Vec::new();
    BufReader::with_capacity(1024, log).read_until(b'\n', &mut line)?;
    Ok(line)
}
