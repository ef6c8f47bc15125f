//! Who has a right to an entry, as its security descriptor says ([MS-DTYP] sections 2.4.4 to 2.4.6). Every user of the
//! domain may read it, as shipped.

use super::values::number;
use crate::backends::ldap::ber::DESCRIPTOR;
use crate::backends::ldap::entry::Entry;

/// User-Change-Password, ab721a53-1e2f-11d0-9819-00aa0040529b ([MS-ADTS] section 5.1.3.2.1).
const CHANGE_PASSWORD: [u8; 16] =
    [0x53, 0x1a, 0x72, 0xab, 0x2f, 0x1e, 0xd0, 0x11, 0x98, 0x19, 0x00, 0xaa, 0x00, 0x40, 0x52, 0x9b];
/// User-Force-Change-Password, 00299570-246d-11d0-a768-00aa006e0529: reset.
const RESET_PASSWORD: [u8; 16] =
    [0x70, 0x95, 0x29, 0x00, 0x6d, 0x24, 0xd0, 0x11, 0xa7, 0x68, 0x00, 0xaa, 0x00, 0x6e, 0x05, 0x29];
/// Everyone, S-1-1-0.
const EVERYONE: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
/// The entry itself, S-1-5-10.
const PRINCIPAL_SELF: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 5, 10, 0, 0, 0];
/// Authenticated Users, S-1-5-11.
const AUTHENTICATED: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 5, 11, 0, 0, 0];
/// `ADS_RIGHT_DS_CONTROL_ACCESS`: an extended right; and all rights, before a server has mapped them.
const CONTROL_ACCESS: u32 = 0x100 | 0x1000_0000;

/// Whether the user may change their own password; none: that cannot be read.
pub(super) fn may_change_own(user: &Entry) -> Option<bool> {
    let own = [user.values("objectSid"), user.values("tokenGroups")].concat();
    let is = |sid: &[u8]| {
        [PRINCIPAL_SELF, EVERYONE, AUTHENTICATED].contains(&sid) || own.iter().any(|known| known.as_slice() == sid)
    };
    granted(user.values(DESCRIPTOR).first()?, &CHANGE_PASSWORD, is)
}

/// Whether an agent with these identifiers may reset this user's password; none: that cannot be read.
pub(super) fn may_reset(agent: &[Vec<u8>], user: &Entry) -> Option<bool> {
    let is = |sid: &[u8]| [EVERYONE, AUTHENTICATED].contains(&sid) || agent.iter().any(|known| known.as_slice() == sid);
    granted(user.values(DESCRIPTOR).first()?, &RESET_PASSWORD, is)
}

/// Whether somebody with these identifiers has an extended right: the first entry of the list that is about both decides,
/// and where there is none, nobody has it ([MS-ADTS] section 5.1.3.3.4). None: it is not written as read here, or depends
/// on conditions.
fn granted(descriptor: &[u8], right: &[u8; 16], is: impl Fn(&[u8]) -> bool) -> Option<bool> {
    let control = u16::from_le_bytes(descriptor.get(2..4)?.try_into().ok()?);
    let from = usize::try_from(number(descriptor, 16)?).ok()?;
    if control & 0x4 == 0 || from == 0 {
        return None; // no list was sent
    }
    let list = descriptor.get(from..)?;
    let count = u16::from_le_bytes(list.get(4..6)?.try_into().ok()?);
    let mut rest = list.get(8..)?;
    for _ in 0..count {
        let size = usize::from(u16::from_le_bytes(rest.get(2..4)?.try_into().ok()?));
        let entry = rest.get(..size)?;
        rest = rest.get(size.max(4)..)?;
        let (kind, flags) = (*entry.first()?, *entry.get(1)?);
        let (allows, of_objects) = match kind {
            0x0 => (true, false),
            0x1 => (false, false),
            0x5 => (true, true),
            0x6 => (false, true),
            _ => return None, // a condition
        };
        let only_inherited = flags & 0x8 != 0;
        if only_inherited || number(entry, 4)? & CONTROL_ACCESS == 0 {
            continue;
        }
        let which = if of_objects { number(entry, 8)? } else { 0 };
        let mut at = if of_objects { 12 } else { 8 };
        if which & 1 != 0 {
            if entry.get(at..at + 16)? != right {
                continue;
            }
            at += 16;
        }
        at += if which & 2 != 0 { 16 } else { 0 };
        let sid = entry.get(at..)?;
        let sid = sid.get(..8 + 4 * usize::from(*sid.get(1)?))?;
        if is(sid) {
            return Some(allows);
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list entry: kind, flags, rights, the extended right if of one, who.
    fn entry(kind: u8, flags: u8, mask: u32, right: Option<&[u8; 16]>, sid: &[u8]) -> Vec<u8> {
        let mut body = mask.to_le_bytes().to_vec();
        if kind >= 5 {
            body.extend(u32::from(right.is_some()).to_le_bytes());
            body.extend(right.into_iter().flatten());
        }
        body.extend(sid);
        let size = u16::try_from(body.len() + 4).unwrap_or_default();
        [vec![kind, flags], size.to_le_bytes().to_vec(), body].concat()
    }

    fn descriptor(entries: &[Vec<u8>]) -> Vec<u8> {
        let count = u16::try_from(entries.len()).unwrap_or_default();
        let mut bytes = vec![1, 0, 4, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 4, 0, 0, 0];
        bytes.extend(count.to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(entries.concat());
        bytes
    }

    fn change(entries: &[Vec<u8>]) -> Option<bool> {
        may_change_own(&Entry::with("CN=Ada", DESCRIPTOR, vec![descriptor(entries)]))
    }

    #[test]
    fn the_first_entry_that_is_about_the_right_decides() {
        let everyone = |kind| entry(kind, 0, 0x100, Some(&CHANGE_PASSWORD), EVERYONE);
        assert_eq!(change(&[everyone(5)]), Some(true));
        assert_eq!(change(&[everyone(6), everyone(5)]), Some(false), "as \"User cannot change password\" writes it");
        assert_eq!(change(&[everyone(5), everyone(6)]), Some(true), "what is inherited stands behind");
        assert_eq!(change(&[]), Some(false));
        assert_eq!(change(&[entry(6, 0, 0x100, None, PRINCIPAL_SELF), everyone(5)]), Some(false), "all such rights");
        assert_eq!(change(&[entry(1, 0, 0x100, None, PRINCIPAL_SELF), everyone(5)]), Some(false), "all such rights");
        for other in [
            entry(6, 0x8, 0x100, Some(&CHANGE_PASSWORD), EVERYONE), // for what is below
            entry(6, 0, 0x20, Some(&CHANGE_PASSWORD), EVERYONE),
            entry(6, 0, 0x100, Some(&RESET_PASSWORD), EVERYONE),
            entry(6, 0, 0x100, Some(&CHANGE_PASSWORD), &[1, 1, 0, 0, 0, 0, 0, 5, 7, 0, 0, 0]),
        ] {
            assert_eq!(change(&[other, everyone(5)]), Some(true));
        }
        assert_eq!(change(&[entry(9, 0, 0x100, None, EVERYONE), everyone(6)]), None, "a condition is not worked out");
    }

    #[test]
    fn an_agent_has_what_one_of_their_groups_has() {
        let group = [1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 9, 0, 0, 0];
        let user = descriptor(&[entry(5, 0x12, 0x100, Some(&RESET_PASSWORD), &group)]);
        let user = Entry::with("CN=Ada", DESCRIPTOR, vec![user]);
        assert_eq!(may_reset(&[group.to_vec()], &user), Some(true));
        assert_eq!(may_reset(&[EVERYONE.to_vec()], &user), Some(false));
        assert_eq!(may_reset(&[], &Entry::default()), None);
    }

    #[test]
    fn what_is_cut_off_says_nothing_and_stops_nothing() {
        let whole = descriptor(&[entry(6, 0, 0x100, Some(&RESET_PASSWORD), EVERYONE), vec![0, 0, 2, 0]]);
        for length in 0..whole.len() {
            assert_eq!(granted(&whole[..length], &CHANGE_PASSWORD, |_| true), None, "cut off at {length}");
        }
        assert_eq!(granted(&whole, &CHANGE_PASSWORD, |_| true), None, "an entry of no size");
    }
}
