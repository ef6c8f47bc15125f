//! Takes the records of an `audit.jsonl` over, once, line by line as they stand.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest, Sha256};

use super::append::End;
use super::fault::Fault;
use crate::ledger::event::Event;
use crate::ledger::hash::Hash;
use crate::ledger::record::{Draft, Writer};
use crate::ledger::stored_record::StoredRecord;
use crate::ledger::version_1::Link;
use crate::platform::{Access, FileRule, Holds, Links};

/// What was found in the file.
#[derive(Default)]
struct Found {
    lines: u64,
    /// The first line that is no whole link of the file's chain, and why.
    broken: Option<(u64, &'static str)>,
}

/// Imports the file if it is there and the ledger has no records yet, and names it `audit.jsonl.imported`.
///
/// The import is one transaction. Returns the record of it. If the process ends before the file is renamed, the next one renames it.
pub(super) fn import(
    connection: &mut Connection,
    file: &Path,
    now: Timestamp,
    writer: &Writer,
    draft: impl FnOnce(Event) -> Draft,
) -> Result<Option<StoredRecord>, Fault> {
    let rule = FileRule::new(Holds::Settings, Links::Refused);
    let Some(open) = rule.open(file, Access::Read)? else { return Ok(None) };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let has_records: bool = transaction.query_row("SELECT EXISTS(SELECT 1 FROM record)", [], |row| row.get(0))?;
    if has_records {
        let digest = digest_of(open)?;
        let is_imported: bool = transaction.query_row(
            "SELECT EXISTS(SELECT 1 FROM record WHERE event = 'imported' AND body LIKE '%' || ?1 || '%')",
            [digest.to_string()],
            |row| row.get(0),
        )?;
        drop(transaction);
        if is_imported {
            set_aside(file)?;
        }
        return Ok(None);
    }
    open.lock_shared()?; // an older version of the tool may be writing a line
    let mut digest = Sha256::new();
    let found = take_over(&transaction, open, &mut digest, writer)?;
    let (broken_line, broken_reason) = found.broken.unzip();
    let event = Event::Imported {
        lines: found.lines,
        sha256: Hash::of(digest).to_string(),
        broken_line,
        broken_reason: broken_reason.map(str::to_owned),
    };
    let record = End::read(&transaction, now, writer)?.insert_draft(&transaction, draft(event))?;
    transaction.commit()?;
    set_aside(file)?;
    Ok(Some(record))
}

fn set_aside(file: &Path) -> Result<(), Fault> {
    let mut name = file.as_os_str().to_owned();
    name.push(".imported");
    match std::fs::rename(file, name) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()), // another process has just renamed it
        renamed => Ok(renamed?),
    }
}

/// Inserts each line as a record. The last line is left out if it does not end: a crash cut it off.
fn take_over(connection: &Connection, file: File, digest: &mut Sha256, writer: &Writer) -> Result<Found, Fault> {
    let mut end = End::read(connection, Timestamp::UNIX_EPOCH, writer)?;
    let mut reader = BufReader::with_capacity(64 * 1024, file);
    let mut found = Found::default();
    let mut chain = Link::default();
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        digest.update(&line);
        let number = found.lines + 1;
        let Some(text) = line.strip_suffix(b"\n") else {
            found.broken.get_or_insert((number, "it is torn: the line does not end"));
            break;
        };
        found.lines = number;
        if let Err(why) = chain.follow(text) {
            found.broken.get_or_insert((number, why));
        }
        end.insert_body(connection, text.to_vec(), |record| record.at)?;
        line.clear();
    }
    Ok(found)
}

fn digest_of(file: File) -> Result<Hash, Fault> {
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
