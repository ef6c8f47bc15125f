//! Writes results for scripts: one line of JSON, with control and bidirectional characters escaped.

use std::io;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter};
use zeroize::Zeroizing;

use super::sanitize::is_unsafe;
use crate::domain::{Customer, Error, Kind, Reason};

/// The capacity of the buffer, enough for any object with a password: a buffer that moves leaves a copy behind.
const CAPACITY: usize = 64 * 1024;
/// The capacity of the buffer of an object without one: most records fit in.
const PUBLIC_CAPACITY: usize = 1024;

/// Formats compact JSON in which unsafe characters of strings are escaped.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain = 0;
        for (position, character) in fragment.char_indices().filter(|(_, character)| is_unsafe(*character)) {
            CompactFormatter.write_string_fragment(writer, &fragment[plain..position])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = position + character.len_utf8();
        }
        CompactFormatter.write_string_fragment(writer, &fragment[plain..])
    }
}

/// Serializes an object as one line, with its line end.
///
/// # Errors
/// Exit 1: the object cannot be written as JSON.
pub fn to_json(object: &impl Serialize) -> Result<Zeroizing<Vec<u8>>, Error> {
    let mut line = Zeroizing::new(Vec::with_capacity(CAPACITY));
    serialize(object, &mut line)?;
    line.push(b'\n');
    Ok(line)
}

/// Serializes an object that holds no password, without a line end. Its buffer grows, and is as long as the object.
///
/// # Errors
/// As for [`to_json`].
pub(crate) fn to_public_json(object: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut text = Vec::with_capacity(PUBLIC_CAPACITY);
    serialize(object, &mut text)?;
    Ok(text)
}

fn serialize(object: &impl Serialize, into: &mut Vec<u8>) -> Result<(), Error> {
    object
        .serialize(&mut Serializer::with_formatter(into, Escaping))
        .map_err(|error| Error::bug("The result could not be written as JSON.").because(error))
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    schema: &'static str,
    kind: &'static str,
    reason: Reason,
    exit_code: u8,
    message: &'a str,
    hint: Option<&'a str>,
    changed: crate::domain::Changed,
    candidates: Vec<CandidateJson>,
}

#[derive(Serialize)]
struct CandidateJson {
    id: String,
    name: String,
    email: Option<String>,
}

/// Serializes an error as `tellonce.error/v1`.
pub(crate) fn error_json(error: &Error) -> Zeroizing<Vec<u8>> {
    let candidate = |customer: &Customer| CandidateJson {
        id: customer.id.to_string(),
        name: customer.name.clone(),
        email: customer.masked_email(),
    };
    let object = ErrorJson {
        schema: "tellonce.error/v1",
        kind: kind_name(error.kind),
        reason: error.reason,
        exit_code: error.exit_code().number(),
        message: &error.message,
        hint: error.hint.as_deref(),
        changed: error.changed,
        candidates: error.candidates.iter().map(candidate).collect(),
    };
    to_json(&object).unwrap_or_default()
}

/// Returns the kind's name for scripts.
const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Bug => "bug",
        Kind::Usage => "usage",
        Kind::NotFound => "not_found",
        Kind::NotAllowed => "not_allowed",
        Kind::Ambiguous => "ambiguous",
        Kind::Declined => "declined",
        Kind::Refused => "refused",
        Kind::Unavailable => "unavailable",
        Kind::NotDelivered => "not_delivered",
        Kind::SomeFailed => "some_failed",
        Kind::CheckFailed => "check_failed",
        Kind::Interrupted(_) => "interrupted",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_survives_and_nothing_unsafe_is_written(text in any::<String>()) {
            let line = to_json(&serde_json::json!({ "text": text })).unwrap();
            let written = std::str::from_utf8(&line).unwrap();
            prop_assert!(!written.trim_end_matches('\n').contains(is_unsafe));
            let read: serde_json::Value = serde_json::from_str(written).unwrap();
            prop_assert_eq!(read["text"].as_str().unwrap(), &text);
            let public = to_public_json(&serde_json::json!({ "text": text })).unwrap();
            prop_assert_eq!(public.as_slice(), line.strip_suffix(b"\n").unwrap());
        }
    }
}
