//! An entry of the directory, with its values as bytes, text, numbers and times. No value makes a read panic.

use std::collections::HashMap;

use jiff::Timestamp;
use lber::structure::{PL, StructureTag};

pub(super) use super::generalized_time::generalized_time;

/// Seconds from 1601-01-01, where Windows begins to count, to 1970-01-01 ([MS-DTYP] section 2.3.3).
const SECONDS_FROM_1601: i64 = 11_644_473_600;

/// A directory entry. Attribute names are kept in lower case, without options.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub(super) dn: String,
    attributes: HashMap<String, Vec<Vec<u8>>>,
    /// The attributes of which the server sent only some values.
    partial: Vec<String>,
}

fn children(tag: StructureTag) -> Option<Vec<StructureTag>> {
    if let PL::C(children) = tag.payload { Some(children) } else { None }
}

fn bytes(tag: StructureTag) -> Option<Vec<u8>> {
    if let PL::P(bytes) = tag.payload { Some(bytes) } else { None }
}

/// Whether an attribute option says that values are left out: `range=0-1499` does, `range=0-*` does not.
fn is_part(option: &str) -> bool {
    option.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("range=")) && !option.ends_with('*')
}

impl Entry {
    /// Reads a search result entry (RFC 4511 section 4.5.2). Returns `None` for anything else.
    pub(super) fn of(tag: StructureTag) -> Option<Self> {
        let mut parts = children(tag)?.into_iter();
        let dn = String::from_utf8(bytes(parts.next()?)?).ok()?;
        let mut attributes = HashMap::new();
        let mut partial = Vec::new();
        for attribute in children(parts.next()?)? {
            let mut parts = children(attribute)?.into_iter();
            let name = String::from_utf8(bytes(parts.next()?)?).ok()?;
            let values: Vec<Vec<u8>> = children(parts.next()?)?.into_iter().filter_map(bytes).collect();
            let mut options = name.split(';');
            let name = options.next().unwrap_or_default().to_ascii_lowercase();
            if options.any(is_part) {
                partial.push(name.clone());
            }
            attributes.entry(name).or_insert_with(Vec::new).extend(values);
        }
        Some(Self { dn, attributes, partial })
    }

    /// Makes an entry with one attribute.
    #[cfg(test)]
    pub(super) fn with(dn: &str, name: &str, values: Vec<Vec<u8>>) -> Self {
        Self {
            dn: dn.to_owned(),
            attributes: HashMap::from([(name.to_ascii_lowercase(), values)]),
            partial: Vec::new(),
        }
    }

    /// Adds an attribute.
    #[cfg(test)]
    pub(super) fn and(mut self, name: &str, values: Vec<Vec<u8>>) -> Self {
        self.attributes.insert(name.to_ascii_lowercase(), values);
        self
    }

    /// Makes an entry with these attributes, of one value each.
    #[cfg(test)]
    pub(super) fn of_texts(dn: &str, attributes: &[(&str, &str)]) -> Self {
        let one = |(name, value): &(&str, &str)| (name.to_ascii_lowercase(), vec![value.as_bytes().to_vec()]);
        Self { dn: dn.to_owned(), attributes: attributes.iter().map(one).collect(), partial: Vec::new() }
    }

    /// Returns an attribute's values. An attribute that the agent may not read has none.
    pub(super) fn values(&self, name: &str) -> &[Vec<u8>] {
        self.attributes.get(&name.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// Whether the server sent only some of the values.
    pub(super) fn is_partial(&self, name: &str) -> bool {
        self.partial.iter().any(|partial| partial.eq_ignore_ascii_case(name))
    }

    /// Whether the attribute has a value.
    pub(super) fn has(&self, name: &str) -> bool {
        !self.values(name).is_empty()
    }

    /// Returns all values as text. Bytes that are not UTF-8 are replaced.
    pub(super) fn texts(&self, name: &str) -> Vec<String> {
        self.values(name).iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect()
    }

    /// Returns the first value as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.values(name)
            .first()
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .filter(|text| !text.is_empty())
    }

    /// Returns the first value as a number.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }

    /// Whether the first value is TRUE (RFC 4517 section 3.3.3).
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| text.eq_ignore_ascii_case("TRUE"))
    }

    /// Returns the first value as a generalized time (RFC 4517 section 3.3.13), or `None` if it is absent or malformed.
    pub(super) fn time(&self, name: &str) -> Option<Timestamp> {
        generalized_time(&self.text(name)?)
    }

    /// Whether there is a value that is not a generalized time.
    pub(super) fn is_malformed_time(&self, name: &str) -> bool {
        self.has(name) && self.time(name).is_none()
    }

    /// Returns the first value as a Windows file time, or `None` for 0 and for "never".
    pub(super) fn file_time(&self, name: &str) -> Option<Timestamp> {
        self.number(name).filter(|ticks| *ticks > 0 && *ticks < i64::MAX).and_then(file_time_from_ticks)
    }
}

/// Converts 100-nanosecond steps since 1601.
fn file_time_from_ticks(ticks: i64) -> Option<Timestamp> {
    since_1601(ticks / 10_000_000)
}

/// Converts seconds since 1601.
pub(super) fn since_1601(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_second(seconds.checked_sub(SECONDS_FROM_1601)?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn times_are_read_and_what_is_none_is_distinguished_from_no_value() {
        let with = |text: &str| Entry::with("uid=a", "pwdEndTime", vec![text.as_bytes().to_vec()]);
        assert_eq!(with("202611241601Z").time("pwdEndTime").unwrap().to_string(), "2026-11-24T16:01:00Z");
        assert!(
            !with("202611241601Z").is_malformed_time("pwdEndTime") && !Entry::default().is_malformed_time("pwdEndTime")
        );
        assert!(with("").is_malformed_time("pwdEndTime") && with("20261324160102Z").is_malformed_time("pwdEndTime"));
        assert_eq!(since_1601(13_440_009_679).unwrap().to_string(), "2026-11-24T16:01:19Z");
        assert!(since_1601(i64::MIN).is_none());
    }

    #[test]
    fn bytes_that_are_no_text_do_not_stop_it() {
        let mut entry = Entry::default();
        entry.attributes.insert("mail".into(), vec![vec![0xff, 0x1b, b'a']]);
        assert_eq!(entry.text("MAIL").unwrap(), "\u{fffd}\u{1b}a");
        assert!(entry.number("mail").is_none() && entry.time("mail").is_none() && entry.text("cn").is_none());
    }
}
