//! Encodes and decodes values of Active Directory: flags, security identifiers, replication metadata, passwords.

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::backends::ldap::entry::since_1601;
use crate::domain::{RequestSink, sealed};

/// userAccountControl ([MS-ADTS] section 2.2.16): the user is disabled.
pub(super) const DISABLED: i64 = 0x2;
/// msDS-User-Account-Control-Computed: locked after failed attempts.
pub(super) const LOCKED: i64 = 0x10;
/// userAccountControl: the password never expires, so that no change is ever forced.
pub(super) const NEVER_EXPIRES: i64 = 0x1_0000;
/// userAccountControl: a smart card is required.
pub(super) const SMART_CARD: i64 = 0x4_0000;
/// msDS-User-Account-Control-Computed: the password has to be changed.
pub(super) const MUST_CHANGE: i64 = 0x80_0000;

/// The attribute id of unicodePwd in replication metadata.
const UNICODE_PWD: u32 = 0x9005a;
const HEADER: usize = 16;
const ROW: usize = 48;

/// Reads the version of the password and when it was set.
pub(super) fn password_version(metadata: &[u8]) -> Option<(u64, Option<Timestamp>)> {
    last_change(metadata, UNICODE_PWD)
}

/// Reads the version of an attribute and when it was last changed ([MS-ADTS] section 3.1.1.1.9; replPropertyMetaData,
/// version 1). A removal is a change as well.
pub(super) fn last_change(metadata: &[u8], attribute: u32) -> Option<(u64, Option<Timestamp>)> {
    let count = usize::try_from(number(metadata, 8)?).ok()?;
    metadata.get(HEADER..)?.chunks_exact(ROW).take(count).find_map(|row| {
        if number(row, 0)? != attribute {
            return None;
        }
        let seconds = u64::from_le_bytes(row[8..16].try_into().ok()?);
        let at = i64::try_from(seconds).ok().and_then(since_1601);
        Some((u64::from(number(row, 4)?), at))
    })
}

/// Whether replication metadata is complete: a header, and as many rows as it says.
pub(super) fn is_metadata(metadata: &[u8]) -> bool {
    let rows =
        number(metadata, 8).and_then(|count| usize::try_from(count).ok()).and_then(|count| count.checked_mul(ROW));
    rows.and_then(|rows| rows.checked_add(HEADER)).is_some_and(|length| metadata.len() >= length)
}

/// Reads the little-endian number at this position.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

/// Encodes a password for unicodePwd: in quotes, in little-endian UTF-16 ([MS-ADTS] section 3.1.1.3.1.5).
pub(super) struct UnicodePwd;

impl sealed::Sealed for UnicodePwd {}

impl RequestSink for UnicodePwd {
    type Output = Zeroizing<Vec<u8>>;

    fn write(self, characters: &str) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(characters.len() * 2 + 4));
        let quote = || std::iter::once(u16::from(b'"'));
        for unit in quote().chain(characters.encode_utf16()).chain(quote()) {
            bytes.extend_from_slice(&unit.to_le_bytes());
        }
        bytes
    }
}

/// Whether a domain issued a security identifier to a user or a group ([MS-DTYP] section 2.4.2.3).
pub(super) fn is_of_a_domain(sid: &[u8]) -> bool {
    number(sid, 8) == Some(21) && sid.len() == 28
}

/// Whether a security identifier is that of a built-in group, which every domain has (the same section).
pub(super) fn is_built_in(sid: &[u8]) -> bool {
    number(sid, 8) == Some(32) && sid.len() == 16
}

/// Whether one domain issued both identifiers.
pub(super) fn are_of_one_domain(one: &[u8], other: &[u8]) -> bool {
    let domain = |sid: &[u8]| is_of_a_domain(sid).then(|| sid[..24].to_vec());
    domain(one).is_some_and(|ours| domain(other) == Some(ours))
}

/// Writes a security identifier as people do ([MS-DTYP] section 2.4.2.1).
pub(super) fn sid_to_string(sid: &[u8]) -> String {
    let authority = sid.get(2..8).unwrap_or_default().iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let parts = sid.get(8..).unwrap_or_default().chunks_exact(4).filter_map(|part| number(part, 0));
    parts.fold(format!("S-1-{authority}"), |text, part| format!("{text}-{part}"))
}

/// Whether the schema gives a security identifier all rights to each new user.
pub(super) fn is_account_operator(sid: &[u8]) -> bool {
    matches!(administrators(sid), Some("Domain Admins" | "Account Operators"))
}

/// Returns the name of an administrators' group by its security identifier ([MS-DTYP] section 2.4.2.4).
pub(super) fn administrators(sid: &[u8]) -> Option<&'static str> {
    let built_in = is_built_in(sid);
    let domain = is_of_a_domain(sid);
    match number(sid, sid.len().checked_sub(4)?)? {
        544 if built_in => Some("Administrators"),
        548 if built_in => Some("Account Operators"),
        549 if built_in => Some("Server Operators"),
        550 if built_in => Some("Print Operators"),
        551 if built_in => Some("Backup Operators"),
        552 if built_in => Some("Replicator"),
        512 if domain => Some("Domain Admins"),
        516 if domain => Some("Domain Controllers"),
        518 if domain => Some("Schema Admins"),
        519 if domain => Some("Enterprise Admins"),
        520 if domain => Some("Group Policy Creator Owners"),
        521 if domain => Some("Read-only Domain Controllers"),
        526 if domain => Some("Key Admins"),
        527 if domain => Some("Enterprise Key Admins"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_the_password_is_found_in_the_metadata() {
        let mut metadata = vec![1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0];
        for (id, version) in [(0x90060_u32, 9_u32), (UNICODE_PWD, 4)] {
            metadata.extend(id.to_le_bytes());
            metadata.extend(version.to_le_bytes());
            metadata.extend(13_440_009_679_u64.to_le_bytes());
            metadata.extend([0; 32]);
        }
        let found = password_version(&metadata);
        assert_eq!(found.map(|(version, _)| version), Some(4));
        assert_eq!(found.and_then(|(_, at)| at).map(|at| at.to_string()).as_deref(), Some("2026-11-24T16:01:19Z"));
        assert!(is_metadata(&metadata));
        for length in 0..metadata.len() - 1 {
            assert_eq!(password_version(&metadata[..length]), None, "cut off at {length}");
            assert!(!is_metadata(&metadata[..length]), "cut off at {length}");
        }
    }

    #[test]
    fn identifiers_of_one_domain_are_distinguished_from_others() {
        let of = |domain: u32, number: u32| {
            let parts = [21, 7, 7, domain, number].map(u32::to_le_bytes).concat();
            [&[1, 5, 0, 0, 0, 0, 0, 5][..], &parts].concat()
        };
        assert_eq!(sid_to_string(&of(9, 513)), "S-1-5-21-7-7-9-513");
        assert!(are_of_one_domain(&of(9, 513), &of(9, 1104)) && !are_of_one_domain(&of(9, 513), &of(8, 513)));
        let users = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x21, 2, 0, 0];
        assert_eq!(sid_to_string(&users), "S-1-5-32-545");
        assert!(!are_of_one_domain(&users, &users) && !are_of_one_domain(&[], &[]));
    }

    #[test]
    fn a_password_is_quoted_and_wide() {
        assert_eq!(UnicodePwd.write("aä").as_slice(), [b'"', 0, b'a', 0, 0xe4, 0, b'"', 0]);
    }
}
