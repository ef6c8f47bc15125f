//! Keeps addresses out of records: masks them, and gives each a pseudonym by which the records of one customer are found.

use std::borrow::Cow;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The length of a pseudonym, in bytes: enough that two customers of one ledger do not share one.
const LENGTH: usize = 8;

/// Masks every address in a text: `a***@example.com`.
pub(super) fn mask_addresses(text: &str) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let is_local = |character: char| character.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(character);
    let is_domain = |character: char| character.is_alphanumeric() || "-._[]:".contains(character);
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('@') {
        let local = before.len() - before.chars().rev().take_while(|c| is_local(*c)).map(char::len_utf8).sum::<usize>();
        let domain: usize = after.chars().take_while(|c| is_domain(*c)).map(char::len_utf8).sum();
        let is_address = local < before.len() && domain > 0;
        masked.push_str(&before[..local]);
        masked.extend(before[local..].chars().take(if is_address { 1 } else { usize::MAX }));
        masked.push_str(if is_address { "***@" } else { "@" });
        masked.push_str(&after[..domain]);
        rest = &after[domain..];
    }
    masked.push_str(rest);
    Cow::Owned(masked)
}

/// Masks the addresses in a text that may be missing.
pub(super) fn mask(text: Option<&str>) -> Option<String> {
    text.map(|text| mask_addresses(text).into_owned())
}

/// Returns an id as a record has it: unchanged, or masked and with its pseudonym if it has an address in it.
pub(super) fn id_in_records(key: &[u8; 32], id: &str) -> String {
    if !id.contains('@') {
        return id.to_owned();
    }
    let id = id.to_lowercase();
    let mut text = mask_addresses(&id).into_owned();
    text.push('#');
    // HMAC takes a key of any length (RFC 2104 section 2).
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) {
        mac.update(id.as_bytes());
        for byte in mac.finalize().into_bytes().iter().take(LENGTH) {
            let _ = write!(text, "{byte:02x}"); // writing to a String cannot fail
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_a_text_are_masked_wherever_they_stand() {
        for (text, masked) in [
            ("T-7, phone call", "T-7, phone call"),
            ("ada@example.com", "a***@example.com"),
            ("mail from <ada.l+x@mail.example.com>, twice", "mail from <a***@mail.example.com>, twice"),
            ("ada@example.com and bob@example.org", "a***@example.com and b***@example.org"),
            ("éva@exämple.de;x", "é***@exämple.de;x"),
            ("at @ noon", "at @ noon"),
            ("@example.com, me@", "@example.com, me@"),
        ] {
            assert_eq!(mask_addresses(text), masked);
        }
    }

    #[test]
    fn an_id_that_is_an_address_has_one_pseudonym_in_a_ledger_and_another_in_the_next() {
        let (one, other) = ([1; 32], [2; 32]);
        assert_eq!(id_in_records(&one, "C-1001"), "C-1001");
        let ada = id_in_records(&one, "ada@example.com");
        assert!(ada.starts_with("a***@example.com#") && !ada.contains("ada"), "{ada}");
        assert_eq!(ada, id_in_records(&one, "Ada@Example.com"));
        assert_ne!(ada, id_in_records(&one, "alan@example.com"));
        assert_ne!(ada, id_in_records(&other, "ada@example.com"));
    }
}
