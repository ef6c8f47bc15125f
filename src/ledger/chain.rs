//! The hash chain: each line holds its own hash and the hash of the line before.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::file_check::{open_log, unavailable};
use super::record::Record;
use crate::domain::{Error, Kind, Reason, Result};
use crate::platform::Access;

/// The hash before the first record.
pub(super) const BEFORE_THE_FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const FIELD: &str = ",\"hash\":\"";
const CLOSE: &str = "\"}";

/// What [`verify`] returns for a chain without a break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    /// The number of records.
    pub records: usize,
    /// The hash of the last record; `None` if there is no record.
    pub head: Option<String>,
}

/// Returns the line of a new record (the JSON object, with its hash as the last field) and that hash.
pub(super) fn seal(record: &Record) -> Result<(String, String)> {
    let object = object_of(record)?;
    let hash = hash(object.as_bytes());
    Ok((with_hash(object, &hash), hash))
}

/// Returns the line of a record that was read, with the hash that it states, even if that does not match.
pub(super) fn line_of(record: &Record) -> Result<String> {
    Ok(with_hash(object_of(record)?, &record.hash))
}

fn object_of(record: &Record) -> Result<String> {
    serde_json::to_string(record)
        .map_err(|error| Error::bug("An audit record could not be written down.").because(error))
}

fn with_hash(mut object: String, hash: &str) -> String {
    object.pop(); // the closing brace comes after the hash
    object.push_str(FIELD);
    object.push_str(hash);
    object.push_str(CLOSE);
    object
}

/// Checks the hash of a line, and reads its record.
pub(super) fn open(line: &str) -> Result<Record, &'static str> {
    let missing = "its hash is missing";
    let (before, after) = line.rsplit_once(FIELD).ok_or(missing)?;
    let stated = after.strip_suffix(CLOSE).ok_or(missing)?;
    if hash(format!("{before}}}").as_bytes()) != stated {
        return Err("its content does not match its hash");
    }
    serde_json::from_str(line).map_err(|_| "it is not a record of this version")
}

fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
    }
    text
}

/// Verifies every line; with `head`, also that this line is there, so that a cut-off end is found.
///
/// # Errors
/// Exit 11, naming the first broken line, or the head that is missing. Exit 8: the file cannot be read.
pub(crate) fn verify(path: &Path, head: Option<&str>) -> Result<Verified> {
    let mut last = BEFORE_THE_FIRST.to_owned();
    let mut records = 0;
    let mut head_seen = false;
    let shown = path.display();
    for line in lines(path)? {
        let line = line.map_err(|error| unavailable(path, &error))?;
        records += 1;
        let broken = |why: &str| {
            Error::new(Kind::CheckFailed, Reason::ChainBroken, format!("{shown}, line {records}: {why}."))
                .hint("Somebody or something changed the audit log. Compare it with a forwarded or saved copy.")
        };
        let text = line.strip_suffix(b"\n").ok_or_else(|| broken("it is torn: the line does not end"))?;
        let text = std::str::from_utf8(text).map_err(|_| broken("it is not text"))?;
        let record = open(text).map_err(broken)?;
        if record.prev != last {
            return Err(broken("it does not follow the line before: lines are missing, added or moved"));
        }
        last.clone_from(&record.hash);
        head_seen |= head == Some(record.hash.as_str());
    }
    if let Some(head) = head
        && !head_seen
    {
        return Err(Error::new(
            Kind::CheckFailed,
            Reason::ChainBroken,
            format!(
                "{shown}: none of its {records} records has the hash {head}: its end was cut off, or it was replaced."
            ),
        )
        .hint("Compare it with a forwarded or saved copy."));
    }
    Ok(Verified { records, head: (records > 0).then_some(last) })
}

/// Returns the lines as bytes, line end included; no lines if there is no file. Leaves out lines appended later.
pub(super) fn lines(path: &Path) -> Result<Box<dyn Iterator<Item = std::io::Result<Vec<u8>>>>> {
    match open_log(path, Access::Read)? {
        None => Ok(Box::new(std::iter::empty())),
        Some(file) => {
            let length = length_between_appends(&file).map_err(|error| unavailable(path, &error))?;
            let mut reader = BufReader::with_capacity(64 * 1024, file.take(length));
            Ok(Box::new(std::iter::from_fn(move || {
                let mut line = Vec::new();
                match reader.read_until(b'\n', &mut line) {
                    Ok(0) => None,
                    Ok(_) => Some(Ok(line)),
                    Err(error) => Some(Err(error)),
                }
            })))
        }
    }
}

/// Reads the length while nobody is writing: a line that another process is writing must not look torn.
fn length_between_appends(file: &File) -> std::io::Result<u64> {
    file.lock_shared()?;
    let length = file.metadata().map(|found| found.len());
    file.unlock()?;
    length
}
