//! The log's file: appends records under a lock, syncs them, and sets a torn end aside.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::chain::{BEFORE_THE_FIRST, open, seal};
use super::file_check::{open_log, unavailable};
use super::record::Record;
use crate::config::make_private_folder;
use crate::domain::{Error, Kind, Reason, Result};
use crate::platform::Access;

/// How many bytes of the end are read at once.
const CHUNK: u64 = 16 * 1024;

/// The result of an append.
pub(super) struct Appended {
    /// The lines as written.
    pub(super) lines: Vec<String>,
    /// Where a torn end was set aside; `None` if no end was torn.
    pub(super) set_aside: Option<PathBuf>,
}

/// Appends records to the chain and syncs them once. Writes all of the lines, or none.
///
/// # Errors
/// Exit 8: the file cannot be opened, locked, read, written or synced.
pub(super) fn append(path: &Path, records: Vec<Record>) -> Result<Appended> {
    let to_error = |error: io::Error| unavailable(path, &error);
    let mut file = open_for_appending(path)?;
    file.lock().map_err(to_error)?;
    let tail = read_tail(&mut file).map_err(to_error)?;
    let set_aside = set_aside_torn_end(path, &file, &tail).map_err(to_error)?;
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
    file.seek(SeekFrom::Start(tail.whole)).map_err(to_error)?;
    if let Err(error) = file.write_all(&bytes).and_then(|()| file.sync_all()) {
        let _ = file.set_len(tail.whole); // on a full disk, what was written of the lines is cut off
        return Err(to_error(error));
    }
    Ok(Appended { lines, set_aside })
}

/// Checks whether records can be appended, and writes nothing. A log that is missing is made when first needed.
///
/// # Errors
/// Exit 8: it cannot be opened for writing.
pub(crate) fn try_to_append(path: &Path) -> Result<()> {
    open_log(path, Access::Write).map(drop)
}

fn open_for_appending(path: &Path) -> Result<File> {
    if let Some(file) = open_log(path, Access::Write)? {
        return Ok(file);
    }
    let to_error = |error: io::Error| unavailable(path, &error);
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    make_private_folder(folder).map_err(to_error)?;
    let made = open_log(path, Access::Create)?.ok_or_else(|| to_error(ErrorKind::NotFound.into()))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(to_error)?;
    Ok(made)
}

/// What stands at the end of the file.
struct Tail {
    /// The length of all whole lines, in bytes.
    whole: u64,
    /// The bytes after that: a torn line.
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
        let ends: Vec<usize> = read
            .iter()
            .enumerate()
            .rev()
            .filter(|(_, byte)| **byte == b'\n')
            .map(|(position, _)| position)
            .take(2)
            .collect();
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

/// Returns the hash that the next record has to name.
///
/// # Errors
/// Exit 8: the last line is broken, so nothing may follow it.
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

/// Moves a torn end (a crash in mid-write) to a file beside the log. Returns that file; `None` if no end is torn.
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
