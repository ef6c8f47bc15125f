//! GUIDs by which permissions name attributes, property sets, classes and extended rights.
//!
//! An attribute's is its schemaIDGUID, a property set's its attributeSecurityGUID ([MS-ADA1] to [MS-ADA3], and the schema of Samba).

use std::fmt::Write as _;

use crate::backends::ldap::immutable_id::ImmutableId;

/// A GUID as permissions hold it ([MS-DTYP] section 2.3.4.2).
pub(super) type Guid = [u8; 16];

/// Converts a GUID as people write it, whose first three parts are little-endian in permissions.
pub(super) const fn guid(text: u128) -> Guid {
    let mut bytes = text.to_be_bytes();
    (bytes[0], bytes[1], bytes[2], bytes[3]) = (bytes[3], bytes[2], bytes[1], bytes[0]);
    (bytes[4], bytes[5], bytes[6], bytes[7]) = (bytes[5], bytes[4], bytes[7], bytes[6]);
    bytes
}

/// Converts a GUID as permissions and values hold it to the one that people write.
fn from_bytes(bytes: &[u8]) -> Option<u128> {
    let bytes = Guid::try_from(bytes).ok()?;
    Some(u128::from_be_bytes(guid(u128::from_be_bytes(bytes)))) // to swap the bytes twice changes nothing
}

/// The id of objects in a domain ([MS-ADA3] section 2.44): 16 bytes.
pub(super) const OBJECT_GUID: ImmutableId = ImmutableId {
    attribute: "objectGUID",
    decode: from_bytes,
    filter_value: |uuid| {
        guid(uuid).iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "\\{byte:02x}"); // writing to a String cannot fail
            text
        })
    },
};

/// User-Change-Password ([MS-ADTS] section 5.1.3.2.1).
pub(super) const CHANGE_PASSWORD: Guid = guid(0xab72_1a53_1e2f_11d0_9819_00aa_0040_529b);
/// User-Force-Change-Password: reset.
pub(super) const RESET_PASSWORD: Guid = guid(0x0029_9570_246d_11d0_a768_00aa_006e_0529);

/// The class user.
pub(super) const USER: Guid = guid(0xbf96_7aba_0de6_11d0_a285_00aa_0030_49e2);
/// The class inetOrgPerson.
pub(super) const INET_ORG_PERSON: Guid = guid(0x4828_cc14_1437_45bc_9b07_ad6f_015e_5f28);

/// A set of attributes that permissions name as one.
#[derive(Clone, Copy, Debug)]
pub(super) struct PropertySet {
    pub(super) guid: Guid,
    /// Its name in Windows' own tools.
    pub(super) name: &'static str,
}

pub(super) const ACCOUNT_RESTRICTIONS: PropertySet =
    PropertySet { guid: guid(0x4c16_4200_20c0_11d0_a768_00aa_006e_0529), name: "Account Restrictions" };
pub(super) const GENERAL_INFORMATION: PropertySet =
    PropertySet { guid: guid(0x59ba_2f42_79a2_11d0_9020_00c0_4fc2_d3cf), name: "General Information" };
pub(super) const GROUP_MEMBERSHIP: PropertySet =
    PropertySet { guid: guid(0xbc0a_c240_79a9_11d0_9020_00c0_4fc2_d4cf), name: "Group Membership" };
pub(super) const PERSONAL_INFORMATION: PropertySet =
    PropertySet { guid: guid(0x77b5_b886_944a_11d1_aebd_0000_f803_67c1), name: "Personal Information" };
pub(super) const PUBLIC_INFORMATION: PropertySet =
    PropertySet { guid: guid(0xe48d_0154_bcf8_11d1_8702_00c0_4fb9_6050), name: "Public Information" };
pub(super) const REMOTE_ACCESS_INFORMATION: PropertySet =
    PropertySet { guid: guid(0x0370_88f8_0ae1_11d2_b422_00a0_c968_f939), name: "Remote Access Information" };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backends::ldap::entry::Entry;

    #[test]
    fn an_object_is_found_by_the_id_that_it_shows() {
        let id = "ab721a53-1e2f-11d0-9819-00aa0040529b";
        let entry = |value: &[u8]| Entry::with("CN=Ada", "objectGUID", vec![value.to_vec()]);
        assert_eq!(OBJECT_GUID.of(&entry(&CHANGE_PASSWORD)).as_deref(), Some(id));
        let escaped = "(objectGUID=\\53\\1a\\72\\ab\\2f\\1e\\d0\\11\\98\\19\\00\\aa\\00\\40\\52\\9b)";
        assert_eq!(OBJECT_GUID.filter(id).as_deref(), Some(escaped));
        assert_eq!((OBJECT_GUID.of(&entry(b"ada")), OBJECT_GUID.filter("ada")), (None, None));
    }

    #[test]
    fn identifiers_are_written_as_permissions_hold_them() {
        assert_eq!(
            CHANGE_PASSWORD,
            [0x53, 0x1a, 0x72, 0xab, 0x2f, 0x1e, 0xd0, 0x11, 0x98, 0x19, 0x00, 0xaa, 0x00, 0x40, 0x52, 0x9b]
        );
        assert_eq!(
            RESET_PASSWORD,
            [0x70, 0x95, 0x29, 0x00, 0x6d, 0x24, 0xd0, 0x11, 0xa7, 0x68, 0x00, 0xaa, 0x00, 0x6e, 0x05, 0x29]
        );
    }
}
