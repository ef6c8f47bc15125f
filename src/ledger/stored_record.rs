//! A record as a store keeps it: the exact text, and the hashes that chain it.

use jiff::Timestamp;
use serde::Deserialize;

use super::hash::Hash;
use super::record::{Draft, Record, VERSION, Writer};
use super::version_1;
use crate::domain::Result;
use crate::output::to_public_json;

/// A record as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the other names say it all")]
pub struct StoredRecord {
    pub number: u64,
    pub prev: Hash,
    pub hash: Hash,
    /// The exact text that the hash is taken of.
    pub body: Vec<u8>,
}

impl StoredRecord {
    /// Makes a record from a draft, as it follows this hash.
    ///
    /// # Errors
    /// Exit 1: the draft cannot be written as JSON.
    pub fn of_draft(draft: Draft, number: u64, at: Timestamp, writer: Writer, prev: Hash) -> Result<Self> {
        let record = Record { v: VERSION, number, at, writer, draft };
        Ok(Self::of_body(to_public_json(&record)?, number, prev))
    }

    /// Makes a record from a body, as it follows this hash.
    pub fn of_body(body: Vec<u8>, number: u64, prev: Hash) -> Self {
        Self { number, prev, hash: Hash::of_record(prev, &body), body }
    }

    /// Whether the hash is that of this body after that record.
    pub fn is_whole(&self) -> bool {
        self.hash == Hash::of_record(self.prev, &self.body)
    }

    /// Reads the record.
    ///
    /// # Errors
    /// Why the body is no record that this version knows, in words.
    pub fn record(&self) -> Result<Record, &'static str> {
        read(&self.body, self.number)
    }

    /// Returns the record as one line of an export: number, hashes, and the exact body. A body that is no JSON is given
    /// as a string.
    pub fn line(&self) -> String {
        let Self { number, prev, hash, body } = self;
        let text = String::from_utf8_lossy(body);
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok();
        let text = if is_json { text } else { serde_json::Value::from(text.as_ref()).to_string().into() };
        format!(r#"{{"number":{number},"prev":"{prev}","hash":"{hash}","record":{text}}}"#)
    }
}

/// Reads a body of any version that was ever written. One of this version, as nearly all are, is read once.
fn read(body: &[u8], number: u64) -> Result<Record, &'static str> {
    #[derive(Deserialize)]
    struct Version {
        v: u8,
    }
    if let Ok(record) = serde_json::from_slice::<Record>(body)
        && record.v == VERSION
    {
        return Ok(record);
    }
    let version = serde_json::from_slice::<Version>(body).map_err(|_| "it is no record")?.v;
    match version {
        1 => version_1::read(body, number),
        VERSION => Err("it is not a whole record of version 2"),
        _ => Err("a newer version of tellonce wrote it"),
    }
}
