//! The attribute with the id of an entry that a rename or a move leaves as it is.

use super::entry::Entry;

/// The attribute of a kind of server, and how its values are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct ImmutableId {
    pub(super) attribute: &'static str,
    /// Converts a value to the number of the UUID. Returns `None` if it is malformed.
    pub(super) decode: fn(&[u8]) -> Option<u128>,
    /// Writes a UUID as the value in a filter, escaped (RFC 4515 section 3).
    pub(super) filter_value: fn(u128) -> String,
}

/// The id of entries on `OpenLDAP` (RFC 4530): the UUID in its textual form.
pub(super) const ENTRY_UUID: ImmutableId = ImmutableId {
    attribute: "entryUUID",
    decode: |value| std::str::from_utf8(value).ok().and_then(parse_uuid),
    filter_value: format_uuid,
};

impl ImmutableId {
    /// Returns an entry's id. Returns `None` if the entry came without it, as for an agent who may not read it.
    pub(super) fn of(&self, entry: &Entry) -> Option<String> {
        entry.values(self.attribute).first().and_then(|value| (self.decode)(value)).map(format_uuid)
    }

    /// Returns the filter of the entry with this id. Returns `None` for a text that is no UUID, which no entry has.
    pub(super) fn filter(&self, id: &str) -> Option<String> {
        parse_uuid(id).map(|uuid| format!("({}={})", self.attribute, (self.filter_value)(uuid)))
    }
}

/// Parses a UUID in its textual form (RFC 9562 section 4), in capitals or not.
fn parse_uuid(text: &str) -> Option<u128> {
    let is_digit = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    if text.len() != 36 || !text.bytes().enumerate().all(is_digit) {
        return None;
    }
    u128::from_str_radix(&text.replace('-', ""), 16).ok()
}

/// Writes a UUID in its textual form.
fn format_uuid(uuid: u128) -> String {
    let digits = format!("{uuid:032x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0b5bd1a2-18d2-42c1-8733-c85c29cfb049";

    #[test]
    fn an_entry_is_found_by_the_id_that_it_shows() {
        let entry = Entry::of_texts("uid=ada,o=x", &[("entryUUID", ID)]);
        assert_eq!(ENTRY_UUID.of(&entry).as_deref(), Some(ID));
        assert_eq!(ENTRY_UUID.filter(ID), Some(format!("(entryUUID={ID})")));
        assert_eq!(ENTRY_UUID.filter(&ID.to_uppercase()), Some(format!("(entryUUID={ID})")));
        assert_eq!(ENTRY_UUID.of(&Entry::of_texts("uid=ada,o=x", &[("uid", "ada")])), None);
        assert_eq!(ENTRY_UUID.of(&Entry::of_texts("uid=ada,o=x", &[("entryUUID", "ada")])), None);
    }

    #[test]
    fn a_text_that_is_no_id_gets_into_no_filter() {
        let others = ["", "ada", "*", "uid=ada,o=x", &ID[1..], "0b5bd1a218d242c18733c85c29cfb049"];
        let shifted = ID.replacen("2-1", "-21", 1);
        let injected = format!("{})(uid=*", &ID[..29]);
        assert_eq!(injected.len(), ID.len());
        let letters = ["\u{fc}".repeat(18), "-".repeat(36), "+".repeat(36)];
        for text in others.into_iter().chain([shifted.as_str(), &injected]).chain(letters.iter().map(String::as_str)) {
            assert_eq!(ENTRY_UUID.filter(text), None, "{text}");
        }
    }
}
