//! Reads from a file's access list what users other than the caller may do with it.

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;

/// The extended attribute that holds an access list on Linux (acl(5)).
const ATTRIBUTE: &str = "system.posix_acl_access";
/// The longest list that is read: its header and 64 entries. A longer one is not looked into.
const MAX_LENGTH: usize = HEADER.len() + 64 * ENTRY_LENGTH;
/// The version of the format, which is little-endian (`linux/posix_acl_xattr.h`).
const HEADER: [u8; 4] = 2_u32.to_le_bytes();
/// An entry has a tag of 2 bytes, permissions of 2 bytes, and an id of 4 bytes.
const ENTRY_LENGTH: usize = 8;

const NAMED_USER: u16 = 0x02;
const OWNING_GROUP: u16 = 0x04;
const NAMED_GROUP: u16 = 0x08;
const MASK: u16 = 0x10;

/// The bits of a mode that belong to the group.
const GROUP_BITS: u32 = 0o070;

/// Returns a file's mode, in which the bits of the group are what its access list gives to others than the caller and root.
///
/// With a list these bits are its mask: the most that it gives to anybody. systemd hands a credential over as a file of
/// root's with a list that names the service's user alone (systemd.exec(5), `LoadCredential=`). A list that cannot be
/// read leaves the bits as they are.
pub(super) fn mode_for_others(file: &File, found: &Metadata) -> u32 {
    let mode = found.mode();
    if mode & GROUP_BITS == 0 {
        return mode;
    }
    let mut list = [0; MAX_LENGTH];
    let length = rustix::fs::fgetxattr(file, ATTRIBUTE, &mut list).unwrap_or(0);
    let caller = rustix::process::geteuid().as_raw();
    match list.get(..length).and_then(|list| given_to_others(list, caller)) {
        Some(given) => mode & !GROUP_BITS | given << 3,
        None => mode,
    }
}

/// Returns what a list gives to other users and to groups. Returns `None` if it is no list of the known version.
fn given_to_others(list: &[u8], caller: u32) -> Option<u32> {
    let (entries, rest) = list.strip_prefix(&HEADER)?.as_chunks::<ENTRY_LENGTH>();
    if !rest.is_empty() {
        return None;
    }
    let mut given = 0;
    let mut mask = u16::MAX;
    for &[tag, tag_high, permissions, permissions_high, id @ ..] in entries {
        let permissions = u16::from_le_bytes([permissions, permissions_high]);
        let id = u32::from_le_bytes(id);
        match u16::from_le_bytes([tag, tag_high]) {
            NAMED_USER if id == caller || id == 0 => {}
            NAMED_USER | OWNING_GROUP | NAMED_GROUP => given |= permissions,
            MASK => mask = permissions,
            _ => {} // the owner's and everybody's entries are in the mode
        }
    }
    Some(u32::from(given & mask & 0o7))
}

#[cfg(test)]
pub(super) mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    const CALLER: u32 = 1000;
    const OWNER: u16 = 0x01;
    const EVERYBODY: u16 = 0x20;
    const NO_ID: u32 = u32::MAX;

    /// Makes a list of entries, each with its tag, permissions and id.
    pub(in crate::platform) fn list(entries: &[(u16, u16, u32)]) -> Vec<u8> {
        let entries = entries.iter().flat_map(|(tag, permissions, id)| {
            [&tag.to_le_bytes()[..], &permissions.to_le_bytes(), &id.to_le_bytes()].concat()
        });
        HEADER.into_iter().chain(entries).collect()
    }

    #[test]
    fn what_a_list_gives_to_the_caller_or_root_is_not_given_to_others() {
        let with = |named: (u16, u16, u32), group: u16, mask: u16| {
            let [owner, group, mask] = [(OWNER, 4, NO_ID), (OWNING_GROUP, group, NO_ID), (MASK, mask, NO_ID)];
            given_to_others(&list(&[owner, named, group, mask, (EVERYBODY, 0, NO_ID)]), CALLER)
        };
        for (named, group, mask, given) in [
            ((NAMED_USER, 4, CALLER), 0, 4, 0),
            ((NAMED_USER, 6, 0), 0, 6, 0),
            ((NAMED_USER, 4, CALLER + 1), 0, 4, 4),
            ((NAMED_USER, 6, CALLER + 1), 0, 4, 4),
            ((NAMED_USER, 6, CALLER + 1), 0, 0, 0),
            ((NAMED_GROUP, 4, CALLER), 0, 4, 4),
            ((NAMED_GROUP, 4, 0), 0, 4, 4),
            ((NAMED_USER, 4, CALLER), 4, 4, 4),
            ((NAMED_USER, 4, CALLER), 2, 6, 2),
        ] {
            assert_eq!(with(named, group, mask), Some(given), "{named:?} {group} {mask}");
        }
    }

    #[test]
    fn what_is_no_list_of_the_known_version_is_not_looked_into() {
        let known = list(&[(NAMED_USER, 4, CALLER)]);
        assert_eq!(given_to_others(&known, CALLER), Some(0));
        assert_eq!(given_to_others(&known[..known.len() - 1], CALLER), None);
        assert_eq!(given_to_others(&[&[3], &known[1..]].concat(), CALLER), None);
        assert_eq!(given_to_others(&[], CALLER), None);
    }
}
