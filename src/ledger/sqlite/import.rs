//! Takes the records of each `audit.jsonl` over, once, line by line as they stand.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use super::end::End;
use super::fault::Fault;
use super::rows::body_value;
use crate::ledger::event::Event;
use crate::ledger::hash::Hash;
use crate::ledger::record::{Draft, Record, Writer};
use crate::ledger::stored_record::StoredRecord;
use crate::ledger::version_1::Link;
use crate::platform::{Access, FileRule, Holds, Links};

/// What was found in the file.
#[derive(Default)]
struct Found {
    /// The lines that were taken over.
    lines: u64,
    /// The first line that is no whole link of the file's chain, and why.
    broken: Option<(u64, &'static str)>,
}

/// Imports the file if it is there and was not imported yet, and names it `audit.jsonl.imported`.
///
/// An older version that is used beside this one writes another file, which is imported at the end of the ledger. The
/// import is one transaction. Returns the record of it. If the process ends before the file is renamed, the next one
/// renames it.
pub(super) fn import(
    connection: &mut Connection,
    path: &Path,
    now: Timestamp,
    writer: &Writer,
    draft: impl FnOnce(Event) -> Draft,
) -> Result<Option<StoredRecord>, Fault> {
    let rule = FileRule::new(Holds::Settings, Links::Refused);
    let Some(mut file) = rule.open(path, Access::Read)? else { return Ok(None) };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    file.lock_shared()?; // an older version of the tool may be writing a line
    let digest = digest_of(&file)?.to_string();
    let is_imported: bool = transaction.query_row(
        "SELECT EXISTS(SELECT 1 FROM record WHERE event = 'imported' AND body LIKE '%' || ?1 || '%')",
        [&digest],
        |row| row.get(0),
    )?;
    let mut record = None;
    if !is_imported {
        file.rewind()?;
        let found = take_over(&transaction, &file, writer)?;
        let (broken_line, broken_reason) = found.broken.unzip();
        let broken_reason = broken_reason.map(str::to_owned);
        let event = Event::Imported { lines: found.lines, sha256: digest, broken_line, broken_reason };
        record = Some(End::read(&transaction, now, writer)?.insert_draft(&transaction, draft(event))?);
    }
    transaction.commit()?;
    set_aside(connection, path, &file)?;
    Ok(record)
}

/// Renames the file that was read. Its lock is held, so that no line was added to it since.
fn set_aside(connection: &mut Connection, path: &Path, read: &File) -> Result<(), Fault> {
    // One process at a time: another may have renamed this file, and an older version may have begun the next.
    let one_at_a_time = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (read, there) = (read.metadata()?, path.symlink_metadata());
    if there.is_ok_and(|there| (there.dev(), there.ino()) == (read.dev(), read.ino())) {
        std::fs::rename(path, free_name(path))?;
    }
    Ok(one_at_a_time.rollback()?)
}

/// Returns the first name for an imported file that no file has: `audit.jsonl.imported`, `audit.jsonl.imported.2`.
fn free_name(path: &Path) -> PathBuf {
    let name = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(".imported");
        if number > 1 {
            name.push(format!(".{number}"));
        }
        PathBuf::from(name)
    };
    let mut names = (1..).map(name);
    let is_free = |name: &PathBuf| name.symlink_metadata().is_err();
    names.find(is_free).unwrap_or_else(|| name(1))
}

/// Inserts each line as a record, unless it was imported before as a part of another file. The last line is left out if
/// it does not end: a crash cut it off.
fn take_over(connection: &Connection, file: &File, writer: &Writer) -> Result<Found, Fault> {
    let mut end = End::read(connection, Timestamp::UNIX_EPOCH, writer)?;
    let is_first: bool = connection.query_row("SELECT NOT EXISTS(SELECT 1 FROM record)", [], |row| row.get(0))?;
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let (mut found, mut number) = (Found::default(), 0);
    let mut chain = Link::default();
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        number += 1;
        let Some(text) = line.strip_suffix(b"\n") else {
            found.broken.get_or_insert((number, "it is torn: the line does not end"));
            break;
        };
        if let Err(why) = chain.follow(text) {
            found.broken.get_or_insert((number, why));
        }
        let read = StoredRecord::of_body(text.to_vec(), 0, Hash::BEFORE_THE_FIRST).record().ok();
        if read.as_ref().is_some_and(|read| read.v > 1) {
            found.broken.get_or_insert((number, "it is no record of version 1"));
        } else if is_first || !is_there(connection, text, read)? {
            end.insert_body(connection, text.to_vec(), |record| record.at)?;
            found.lines += 1;
        }
        line.clear();
    }
    Ok(found)
}

/// Whether an earlier import had this line: a file that was put back, and written on, begins with lines of before.
fn is_there(connection: &Connection, line: &[u8], read: Option<Record>) -> Result<bool, Fault> {
    let body = body_value(line);
    let Some(Record { draft, .. }) = read else {
        let select = "SELECT EXISTS(SELECT 1 FROM record WHERE event = 'unreadable' AND body = ?1)";
        return Ok(connection.prepare_cached(select)?.query_row([body], |row| row.get(0))?);
    };
    let select = "SELECT EXISTS(SELECT 1 FROM record WHERE attempt = ?1 AND event = ?2 AND version = 1 AND body = ?3)";
    let mut statement = connection.prepare_cached(select)?;
    Ok(statement.query_row(params![draft.attempt, draft.event.name(), body], |row| row.get(0))?)
}

fn digest_of(file: &File) -> Result<Hash, Fault> {
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let mut digest = Sha256::new();
    loop {
        let read = reader.fill_buf()?;
        if read.is_empty() {
            return Ok(Hash::of(digest));
        }
        digest.update(read);
        let length = read.len();
        reader.consume(length);
    }
}
