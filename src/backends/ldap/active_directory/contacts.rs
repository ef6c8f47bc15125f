//! Reads addresses and numbers of a user, when each attribute was changed, and which the agent may not read.

use super::attributes::METADATA;
use super::guid::{Guid, PERSONAL_INFORMATION, PUBLIC_INFORMATION, PropertySet, guid};
use super::permissions::can_read;
use super::values::{is_metadata, last_change};
use crate::backends::ldap::contacts;
use crate::backends::ldap::entry::Entry;
use crate::config::ContactAttributes;
use crate::domain::{ContactChanged, Contacts};

/// An attribute of the schema as Microsoft ships it ([MS-ADA1] to [MS-ADA3]).
struct Known {
    name: &'static str,
    /// Its id in replication metadata: the same in every domain, because its prefix is ([MS-DRSR] section 5.16.4).
    id: u32,
    guid: Guid,
    set: PropertySet,
}

const fn known(name: &'static str, id: u32, schema_guid: u128, set: PropertySet) -> Known {
    Known { name, id, guid: guid(schema_guid), set }
}

const KNOWN: [Known; 10] = [
    known("mail", 0x15_0003, 0xbf96_7961_0de6_11d0_a285_00aa_0030_49e2, PUBLIC_INFORMATION),
    known("otherMailbox", 0x9_028b, 0x0296_c123_40da_11d1_a9c0_0000_f803_67c1, PUBLIC_INFORMATION),
    known("proxyAddresses", 0x2_00d2, 0xbf96_7a06_0de6_11d0_a285_00aa_0030_49e2, PUBLIC_INFORMATION),
    known("telephoneNumber", 0x14, 0xbf96_7a49_0de6_11d0_a285_00aa_0030_49e2, PERSONAL_INFORMATION),
    known("otherTelephone", 0x2_0012, 0xf0f8_ffa5_1191_11d0_a060_00aa_006c_33ed, PERSONAL_INFORMATION),
    known("mobile", 0x15_0029, 0xf0f8_ffa3_1191_11d0_a060_00aa_006c_33ed, PERSONAL_INFORMATION),
    known("otherMobile", 0x9_0287, 0x0296_c11e_40da_11d1_a9c0_0000_f803_67c1, PERSONAL_INFORMATION),
    known("homePhone", 0x15_0014, 0xf0f8_ffa1_1191_11d0_a060_00aa_006c_33ed, PERSONAL_INFORMATION),
    known("otherHomePhone", 0x2_0115, 0xf0f8_ffa2_1191_11d0_a060_00aa_006c_33ed, PERSONAL_INFORMATION),
    known("ipPhone", 0x9_02d1, 0x4d14_6e4a_48d4_11d1_a9c3_0000_f803_67c1, PERSONAL_INFORMATION),
];

impl Known {
    fn of(name: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.name.eq_ignore_ascii_case(name))
    }

    /// Whether an agent with these identifiers may not read it of this user, who shows no value.
    fn is_hidden(&self, user: &Entry, agent: &[Vec<u8>]) -> bool {
        !user.has(self.name) && can_read(agent, user, &[self.guid, self.set.guid]) != Some(true)
    }
}

/// Reads what is on file, as an agent with these identifiers sees it.
///
/// Of an attribute of the organisation's own schema neither the last change nor a missing right is known.
pub(super) fn read(user: &Entry, agent: &[Vec<u8>], attributes: &ContactAttributes) -> Contacts {
    let metadata = user.values(METADATA.name).first().filter(|metadata| is_metadata(metadata));
    let changed = |name: &str| {
        let change = metadata.zip(Known::of(name)).and_then(|(metadata, known)| last_change(metadata, known.id));
        change.and_then(|(_, at)| at).map_or(ContactChanged::Unknown, ContactChanged::At)
    };
    let is_hidden = |name: &&str| Known::of(name).is_some_and(|known| known.is_hidden(user, agent));
    let hidden: Vec<&str> = attributes.named().map(|(_, name)| name).filter(is_hidden).collect();
    contacts::read(user, attributes, changed, &hidden)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;
    use crate::backends::ldap::ber::DESCRIPTOR;

    const AGENT: [u8; 16] = [1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 9, 0, 0, 0];

    /// Replication metadata with these ids, each changed this many seconds after 2026-11-24T16:01:19Z.
    fn metadata(rows: &[(u32, u64)]) -> Vec<u8> {
        let mut metadata = vec![1, 0, 0, 0, 0, 0, 0, 0];
        metadata.extend(u32::try_from(rows.len()).unwrap().to_le_bytes());
        metadata.extend([0; 4]);
        for (id, seconds) in rows {
            metadata.extend([&id.to_le_bytes()[..], &1_u32.to_le_bytes()].concat());
            metadata.extend((13_440_009_679 + seconds).to_le_bytes());
            metadata.extend([0; 32]);
        }
        metadata
    }

    /// Permissions that let the agent read what these identifiers name.
    fn permissions(readable: &[Guid]) -> Vec<u8> {
        let mut bytes = vec![1, 0, 4, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 4, 0, 0, 0];
        bytes.extend([&u16::try_from(readable.len()).unwrap().to_le_bytes()[..], &[0, 0]].concat());
        for name in readable {
            bytes.extend([&[5, 0, 44, 0, 0x10, 0, 0, 0, 1, 0, 0, 0][..], &name[..], &AGENT].concat());
        }
        bytes
    }

    fn attributes() -> ContactAttributes {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        ContactAttributes { email: owned(&["Mail", "acmeMail"]), phone: owned(&["mobile", "telephoneNumber"]) }
    }

    fn text(value: &str) -> Vec<Vec<u8>> {
        vec![value.as_bytes().to_vec()]
    }

    #[test]
    fn each_attribute_has_the_time_of_its_own_change() {
        let user = Entry::with("CN=Ada", "mail", text("ada@example.com"))
            .and("acmeMail", text("ada@example.org"))
            .and("mobile", text("+44 20 7946 0018"))
            .and("telephoneNumber", text("+44 20 7946 0019"))
            .and(METADATA.name, vec![metadata(&[(0x9005a, 900), (0x15_0003, 5), (0x14, 7)])]);
        let found = read(&user, &[AGENT.to_vec()], &attributes());
        let changed: Vec<ContactChanged> = found.on_file.iter().map(|contact| contact.changed).collect();
        let at = |time: &str| ContactChanged::At(time.parse().unwrap());
        let unknown = ContactChanged::Unknown;
        assert_eq!(changed, [at("2026-11-24T16:01:24Z"), unknown, unknown, at("2026-11-24T16:01:26Z")]);
        assert!(found.unreadable.is_empty());
        for cut in [vec![], vec![0xff; 200], metadata(&[(0x15_0003, 5)])[..40].to_vec()] {
            let found = read(&user.clone().and(METADATA.name, vec![cut]), &[], &attributes());
            assert!(found.on_file.iter().all(|contact| contact.changed == unknown), "{found:?}");
        }
    }

    #[test]
    fn what_is_hidden_is_named_and_what_is_absent_is_not() {
        let unreadable = |readable: &[Guid]| {
            let user = Entry::with("CN=Ada", DESCRIPTOR, vec![permissions(readable)]);
            read(&user, &[AGENT.to_vec()], &attributes()).unreadable
        };
        assert_eq!(unreadable(&[PUBLIC_INFORMATION.guid, PERSONAL_INFORMATION.guid]), Vec::<String>::new());
        assert_eq!(unreadable(&[PUBLIC_INFORMATION.guid, KNOWN[3].guid]), ["the attribute mobile"]);
        let all = ["the attribute Mail", "the attribute mobile", "the attribute telephoneNumber"];
        assert_eq!(unreadable(&[]), all);
        assert_eq!(read(&Entry::default(), &[], &attributes()).unreadable, all, "nothing is known of the permissions");
    }
}
