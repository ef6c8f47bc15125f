//! The log's file: appended under a lock, synced, a torn end set aside.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::chain::{BEFORE_THE_FIRST, open, seal};
use super::file_check::{must_be_regular, unavailable};
use super::record::Record;
use crate::config::make_private_folder;
use crate::domain::{Error, Kind, Reason, Result};

/// How much of the end is read at once.
const CHUNK: u64 = 16 * 1024;

/// What an append did besides.
pub(super) struct Appended {
    /// The lines as written.
    pub(super) lines: Vec<String>,
    /// Where a torn end was set aside.
    pub(super) set_aside: Option<PathBuf>,
}

/// Appends records to the chain and syncs them, once for all. All of the lines, or nothing of them.
///
/// # Errors
/// Exit 8: the file cannot be opened, locked, read, written or synced.
pub(super) fn append(path: &Path, records: Vec<Record>) -> Result<Appended> {
    let told = |error: io::Error| unavailable(path, &error);
    let mut file = open_for_appending(path).map_err(told)?;
    file.lock().map_err(told)?;
    let tail = read_tail(&mut file).map_err(told)?;
    let set_aside = set_aside_torn_end(path, &file, &tail).map_err(told)?;
    let mut prev = match &tail.last {
        None => BEFORE_THE_FIRST.to_owned(),
        Some(last) => prev_of(last, path)?,
    };
    let mut lines = Vec::with_capacity(records.len());
    let mut bytes = Vec::new();
    for record in records {
        let (line, hash) = seal(&Record { prev, ..record })?;
        prev = hash;
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        lines.push(line);
    }
    file.seek(SeekFrom::Start(tail.whole)).map_err(told)?;
    if let Err(error) = file.write_all(&bytes).and_then(|()| file.sync_all()) {
        let _ = file.set_len(tail.whole); // a full disk: take back what was written of the lines
        return Err(told(error));
    }
    Ok(Appended { lines, set_aside })
}

/// Tries whether records can be appended; nothing is written. A log that is not there yet is made when first needed.
///
/// # Errors
/// Exit 8: it cannot be opened for writing.
pub(crate) fn try_to_append(path: &Path) -> Result<()> {
    let told = |error: io::Error| unavailable(path, &error);
    must_be_regular(path).map_err(told)?;
    match OpenOptions::new().read(true).append(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        opened => opened.map(drop).map_err(told),
    }
}

fn open_for_appending(path: &Path) -> io::Result<File> {
    must_be_regular(path)?;
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    make_private_folder(folder)?;
    let is_new = !path.exists();
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    if is_new {
        File::open(folder)?.sync_all()?;
    }
    Ok(file)
}

/// The end of the file.
struct Tail {
    /// Up to here lines are whole.
    whole: u64,
    /// Bytes after that: a torn line.
    torn: Vec<u8>,
    /// The last whole line, without its line end.
    last: Option<Vec<u8>>,
}

/// Reads from the end until the last whole line is found.
fn read_tail(file: &mut File) -> io::Result<Tail> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut read: Vec<u8> = Vec::new();
    let mut from = length;
    loop {
        let ends: Vec<usize> =
            read.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(place, _)| place).take(2).collect();
        let start_is_read = from == 0;
        match ends.as_slice() {
            [end, before] => return Ok(tail(length, &read, *end, before + 1)),
            [end] if start_is_read => return Ok(tail(length, &read, *end, 0)),
            [] if start_is_read => return Ok(Tail { whole: 0, torn: read, last: None }),
            _ => {}
        }
        let step = CHUNK.min(from);
        from -= step;
        file.seek(SeekFrom::Start(from))?;
        let mut chunk = Vec::new();
        Read::by_ref(file).take(step).read_to_end(&mut chunk)?;
        chunk.append(&mut read);
        read = chunk;
    }
}

fn tail(length: u64, read: &[u8], end: usize, start: usize) -> Tail {
    let torn = read[end + 1..].to_vec();
    Tail { whole: length - torn.len() as u64, torn, last: Some(read[start..end].to_vec()) }
}

/// The hash that the next record has to name. A last line that is broken is not gone over: `audit verify` tells.
fn prev_of(line: &[u8], path: &Path) -> Result<String> {
    let record = std::str::from_utf8(line).map_err(|_| "it is not text").and_then(open);
    record.map(|record| record.hash).map_err(|why| {
        Error::new(
            Kind::Unavailable,
            Reason::AuditUnavailable,
            format!("The last line of the audit log {} is broken: {why}.", path.display()),
        )
        .hint("`tellonce audit verify` says more. Move the file aside to begin a new chain, and keep it.")
    })
}

/// Keeps a torn end (a crash in mid-write) beside the log, and takes it off.
fn set_aside_torn_end(path: &Path, file: &File, tail: &Tail) -> io::Result<Option<PathBuf>> {
    if tail.torn.is_empty() {
        return Ok(None);
    }
    let name = format!("audit.jsonl.torn-{}", jiff::Timestamp::now().as_nanosecond());
    let aside = path.with_file_name(name);
    let mut copy = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
    copy.write_all(&tail.torn)?;
    copy.sync_all()?;
    file.set_len(tail.whole)?;
    Ok(Some(aside))
}
