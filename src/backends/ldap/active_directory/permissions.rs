//! Evaluates security descriptors: who has which right to an entry ([MS-DTYP] sections 2.4.4 to 2.4.6).
//!
//! As shipped, every user of the domain may read them.

use super::guid::{CHANGE_PASSWORD, Guid, INET_ORG_PERSON, RESET_PASSWORD, USER};
use super::values::number;
use crate::backends::ldap::ber::DESCRIPTOR;
use crate::backends::ldap::entry::Entry;

/// Everyone, S-1-1-0.
pub(super) const EVERYONE: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
/// Owner Rights, S-1-3-4.
const OWNER_RIGHTS: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0];
/// The entry itself, S-1-5-10.
const PRINCIPAL_SELF: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 5, 10, 0, 0, 0];
/// Authenticated Users, S-1-5-11.
pub(super) const AUTHENTICATED: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 5, 11, 0, 0, 0];
/// `ADS_RIGHT_DS_CONTROL_ACCESS` (extended rights) and generic all.
const CONTROL_ACCESS: u32 = 0x100 | 0x1000_0000;
/// `ADS_RIGHT_DS_READ_PROP`, generic all and generic read.
const READ_PROPERTY: u32 = 0x10 | 0x1000_0000 | 0x8000_0000;
/// The flag of an entry that containers below inherit ([MS-DTYP] section 2.4.4.1).
const CONTAINER_INHERIT: u8 = 0x2;
/// The flag of an entry that counts only for what is below (the same section).
const INHERIT_ONLY: u8 = 0x8;

/// Whether the user may change their own password; `None` if that cannot be read.
pub(super) fn can_change_own(user: &Entry) -> Option<bool> {
    let own = [user.values("objectSid"), user.values("tokenGroups")].concat();
    let question = Question { mask: CONTROL_ACCESS, names: &[CHANGE_PASSWORD], whose: Whose::OfTheEntry };
    let is = |sid: &[u8], _| {
        [PRINCIPAL_SELF, EVERYONE, AUTHENTICATED].contains(&sid) || own.iter().any(|known| known.as_slice() == sid)
    };
    question.answer(user.values(DESCRIPTOR).first()?, is)
}

/// Whether an agent with these identifiers may reset this user's password; `None` if that cannot be read.
pub(super) fn can_reset(agent: &[Vec<u8>], user: &Entry) -> Option<bool> {
    let question = Question { mask: CONTROL_ACCESS, names: &[RESET_PASSWORD], whose: Whose::OfTheEntry };
    question.answer(user.values(DESCRIPTOR).first()?, |sid, allows| is_agent(agent, sid, allows))
}

/// Whether an agent with these identifiers may read an attribute of this user; `None` if that cannot be read.
///
/// `names` are the attribute itself and its property set ([MS-ADTS] section 5.1.3.3.3).
pub(super) fn can_read(agent: &[Vec<u8>], user: &Entry, names: &[Guid]) -> Option<bool> {
    let question = Question { mask: READ_PROPERTY, names, whose: Whose::OfTheEntry };
    question.answer(user.values(DESCRIPTOR).first()?, |sid, allows| is_agent(agent, sid, allows))
}

/// Whether an agent will be able to read an attribute of a user that is created in this container, by what the user
/// inherits; `None` if that cannot be read.
pub(super) fn can_read_of_new_user(agent: &[Vec<u8>], container: &Entry, names: &[Guid]) -> Option<bool> {
    let question = Question { mask: READ_PROPERTY, names, whose: Whose::OfNewUsers };
    question.answer(container.values(DESCRIPTOR).first()?, |sid, allows| is_agent(agent, sid, allows))
}

/// Whether an identifier is the agent's.
///
/// The owner of an entry is not read. So a denial to the owner counts for the agent, and a permission does not.
fn is_agent(agent: &[Vec<u8>], sid: &[u8], allows: bool) -> bool {
    [EVERYONE, AUTHENTICATED].contains(&sid)
        || (sid == OWNER_RIGHTS && !allows)
        || agent.iter().any(|known| known.as_slice() == sid)
}

/// For whom a list of permissions is evaluated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// The entry that has the list.
    OfTheEntry,
    /// Users created below the entry, by inheritance.
    OfNewUsers,
}

/// A question to a list of permissions.
struct Question<'a> {
    /// The rights, of which one is enough.
    mask: u32,
    /// The extended right, or the attribute and its property set.
    names: &'a [Guid],
    whose: Whose,
}

impl Question<'_> {
    /// Whether somebody has the right ([MS-ADTS] sections 5.1.3.3.3 and 5.1.3.3.4).
    ///
    /// The first entry about the right and the person decides. Without one the right is denied. `is` says whether an
    /// identifier is theirs, for an entry that allows or one that denies. Returns `None` for a malformed list, and for one
    /// with conditions.
    fn answer(&self, descriptor: &[u8], is: impl Fn(&[u8], bool) -> bool) -> Option<bool> {
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
            let (allows, of_objects) = match *entry.first()? {
                0x0 => (true, false),
                0x1 => (false, false),
                0x5 => (true, true),
                0x6 => (false, true),
                _ => return None, // a condition
            };
            if !self.concerns(*entry.get(1)?) || number(entry, 4)? & self.mask == 0 {
                continue;
            }
            let which = if of_objects { number(entry, 8)? } else { 0 };
            let mut at = if of_objects { 12 } else { 8 };
            if which & 1 != 0 {
                if !self.names(entry.get(at..at + 16)?, allows) {
                    continue;
                }
                at += 16;
            }
            if which & 2 != 0 {
                let inherited_by = entry.get(at..at + 16)?;
                if self.whose == Whose::OfNewUsers && inherited_by != USER {
                    continue;
                }
                at += 16;
            }
            let sid = entry.get(at..)?;
            let sid = sid.get(..8 + 4 * usize::from(*sid.get(1)?))?;
            if is(sid, allows) {
                return Some(allows);
            }
        }
        Some(false)
    }

    /// Whether an entry with these flags counts for the question.
    const fn concerns(&self, flags: u8) -> bool {
        match self.whose {
            Whose::OfTheEntry => flags & INHERIT_ONLY == 0,
            Whose::OfNewUsers => flags & CONTAINER_INHERIT != 0,
        }
    }

    /// Whether this GUID names the right. A denial for the whole class counts, a permission for it does not: it is rare.
    fn names(&self, name: &[u8], allows: bool) -> bool {
        self.names.iter().any(|known| known == name)
            || (!allows && [USER, INET_ORG_PERSON].iter().any(|class| class == name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backends::ldap::active_directory::guid::{ACCOUNT_RESTRICTIONS, guid};

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
        can_change_own(&Entry::with("CN=Ada", DESCRIPTOR, vec![descriptor(entries)]))
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
        assert_eq!(can_reset(&[group.to_vec()], &user), Some(true));
        assert_eq!(can_reset(&[EVERYONE.to_vec()], &user), Some(false));
        assert_eq!(can_reset(&[], &Entry::default()), None);
    }

    #[test]
    fn an_attribute_is_read_by_itself_by_its_property_set_or_with_all_others() {
        const FLAGS: Guid = guid(0xbf96_7a68_0de6_11d0_a285_00aa_0030_49e2);
        const OTHER: Guid = guid(0xbf96_7918_0de6_11d0_a285_00aa_0030_49e2);
        let group = [1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 9, 0, 0, 0];
        let read = |entries: &[Vec<u8>]| {
            let user = Entry::with("CN=Ada", DESCRIPTOR, vec![descriptor(entries)]);
            can_read(&[group.to_vec()], &user, &[FLAGS, ACCOUNT_RESTRICTIONS.guid])
        };
        let rule = |kind, of: Option<&Guid>| entry(kind, 0x12, 0x10, of, &group);
        for allowed in [rule(5, Some(&FLAGS)), rule(5, Some(&ACCOUNT_RESTRICTIONS.guid)), rule(5, None), rule(0, None)]
        {
            assert_eq!(read(std::slice::from_ref(&allowed)), Some(true));
            assert_eq!(read(&[rule(6, Some(&OTHER)), allowed.clone()]), Some(true), "another attribute is denied");
            for denied in
                [rule(6, Some(&FLAGS)), rule(6, Some(&ACCOUNT_RESTRICTIONS.guid)), rule(6, Some(&USER)), rule(1, None)]
            {
                assert_eq!(read(&[denied.clone(), allowed.clone()]), Some(false), "what stands first decides");
                assert_eq!(read(&[allowed.clone(), denied]), Some(true), "what stands first decides");
            }
        }
        assert_eq!(read(&[entry(0, 0, 0x8000_0000, None, AUTHENTICATED)]), Some(true), "generic read, for everybody");
        for other in [
            rule(5, Some(&OTHER)),
            rule(5, Some(&USER)),                          // the class: not counted on
            entry(5, 0xa, 0x10, Some(&FLAGS), &group),     // for what is below
            entry(5, 0, 0x20, Some(&FLAGS), &group),       // to write
            entry(5, 0, 0x10, Some(&FLAGS), OWNER_RIGHTS), // whoever that is
            entry(5, 0, 0x10, Some(&FLAGS), PRINCIPAL_SELF),
        ] {
            assert_eq!(read(&[other]), Some(false));
        }
        let denied_to_the_owner = entry(6, 0, 0x10, None, OWNER_RIGHTS);
        assert_eq!(read(&[denied_to_the_owner, rule(0, None)]), Some(false));
        assert_eq!(can_read(&[], &Entry::default(), &[FLAGS]), None);
    }

    #[test]
    fn what_new_users_inherit_is_read_of_their_container() {
        let group = [1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 9, 0, 0, 0];
        let read = |rule: Vec<u8>| {
            let unit = Entry::with("OU=Customers", DESCRIPTOR, vec![descriptor(&[rule])]);
            can_read_of_new_user(&[group.to_vec()], &unit, &[ACCOUNT_RESTRICTIONS.guid])
        };
        let of_class = |class: &Guid| {
            let mut rule = entry(5, 0xa, 0x10, Some(&ACCOUNT_RESTRICTIONS.guid), &[]);
            rule[8] = 3;
            rule.extend(class);
            rule.extend(group);
            rule[2] = u8::try_from(rule.len()).unwrap_or_default();
            rule
        };
        assert_eq!(read(of_class(&USER)), Some(true));
        assert_eq!(read(of_class(&INET_ORG_PERSON)), Some(false));
        assert_eq!(read(entry(0, 0x2, 0x10, None, &group)), Some(true));
        assert_eq!(read(entry(0, 0, 0x10, None, &group)), Some(false), "for the container alone");
    }

    #[test]
    fn what_is_cut_off_says_nothing_and_stops_nothing() {
        let whole = descriptor(&[entry(6, 0, 0x100, Some(&RESET_PASSWORD), EVERYONE), vec![0, 0, 2, 0]]);
        let question = Question { mask: CONTROL_ACCESS, names: &[CHANGE_PASSWORD], whose: Whose::OfTheEntry };
        for length in 0..whole.len() {
            assert_eq!(question.answer(&whole[..length], |_, _| true), None, "cut off at {length}");
        }
        assert_eq!(question.answer(&whole, |_, _| true), None, "an entry of no size");
    }
}
