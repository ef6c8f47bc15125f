//! The attributes of a user that decide about a reset, and whether a missing one is absent or hidden.
//!
//! A domain answers a hidden attribute as absent, and filters match accordingly ([MS-ADTS] section 3.1.1.4.3; on Samba
//! 4.17 `(|(a=*)(!(a=*)))` finds every entry). Only the permissions of the entry tell the two apart.

use super::guid::{
    ACCOUNT_RESTRICTIONS, GENERAL_INFORMATION, GROUP_MEMBERSHIP, Guid, PUBLIC_INFORMATION, PropertySet,
    REMOTE_ACCESS_INFORMATION,
};
use super::permissions::can_read;
use crate::backends::ldap::ber::DESCRIPTOR;
use crate::backends::ldap::entry::Entry;
use crate::domain::Unreadable;

/// A fact of a user, or the hidden value that decides it.
pub(super) type Fact<T> = Result<T, Unreadable>;

/// An attribute of users that decides about a reset.
#[derive(Debug)]
pub(super) struct Attribute {
    /// Its LDAP display name.
    pub(super) name: &'static str,
    /// Its schemaIDGUID. `None` for the permissions themselves, which no right to an attribute shows.
    guid: Option<Guid>,
    set: Option<PropertySet>,
    /// Completes "it says …".
    decides: &'static str,
}

pub(super) const USER_ACCOUNT_CONTROL: Attribute = Attribute::new(
    "userAccountControl",
    0xbf96_7a68_0de6_11d0_a285_00aa_0030_49e2,
    "whether the user is disabled, needs a smart card, or has a password that never expires",
)
.within(ACCOUNT_RESTRICTIONS);
pub(super) const COMPUTED: Attribute = Attribute::new(
    "msDS-User-Account-Control-Computed",
    0x2cc4_b836_b63f_4940_8d23_ea7a_cf06_af56,
    "whether the user is locked, and whether a change of the password is forced",
)
.within(ACCOUNT_RESTRICTIONS);
pub(super) const PWD_LAST_SET: Attribute = Attribute::new(
    "pwdLastSet",
    0xbf96_7a0a_0de6_11d0_a285_00aa_0030_49e2,
    "whether a change of the password is forced",
)
.within(ACCOUNT_RESTRICTIONS);
pub(super) const ACCOUNT_EXPIRES: Attribute =
    Attribute::new("accountExpires", 0xbf96_7915_0de6_11d0_a285_00aa_0030_49e2, "whether the user has expired")
        .within(ACCOUNT_RESTRICTIONS);
pub(super) const ADMIN_COUNT: Attribute =
    Attribute::new("adminCount", 0xbf96_7918_0de6_11d0_a285_00aa_0030_49e2, "whether the user is an administrator");
pub(super) const TOKEN_GROUPS: Attribute = Attribute::new(
    "tokenGroups",
    0xb7c6_9e6d_2cc7_11d2_854e_00a0_c983_f608,
    "whether the user is an administrator, or in a protected group",
)
.within(REMOTE_ACCESS_INFORMATION);
pub(super) const MEMBER_OF: Attribute =
    Attribute::new("memberOf", 0xbf96_7991_0de6_11d0_a285_00aa_0030_49e2, "which groups the user is in")
        .within(GROUP_MEMBERSHIP);
pub(super) const OBJECT_SID: Attribute =
    Attribute::new("objectSid", 0xbf96_79e8_0de6_11d0_a285_00aa_0030_49e2, "whether it is your own user")
        .within(GENERAL_INFORMATION);
pub(super) const RESULTANT_PSO: Attribute = Attribute::new(
    "msDS-ResultantPSO",
    0xb77e_a093_88d0_4780_9a98_911f_8e8b_1dca,
    "whether a stricter password policy applies to the user",
);
pub(super) const METADATA: Attribute = Attribute::new(
    "replPropertyMetaData",
    0x2814_16c0_1968_11d0_a28f_00aa_0030_49e2,
    "which password is set, so that nobody else's is taken for yours",
);
pub(super) const MAIL: Attribute = Attribute::new(
    "mail",
    0xbf96_7961_0de6_11d0_a285_00aa_0030_49e2,
    "whether a customer with this address has a user already",
)
.within(PUBLIC_INFORMATION);
/// The permissions of an entry, which the right Read Permissions shows.
pub(super) const PERMISSIONS: Attribute = Attribute {
    name: DESCRIPTOR,
    guid: None,
    set: None,
    decides: "whether the user may choose a password, and which other values are hidden from you",
};

impl Attribute {
    const fn new(name: &'static str, guid: u128, decides: &'static str) -> Self {
        Self { name, guid: Some(super::guid::guid(guid)), set: None, decides }
    }

    const fn within(self, set: PropertySet) -> Self {
        Self { set: Some(set), ..self }
    }

    /// Returns the identifiers by which permissions name it: its own, and its property set's.
    pub(super) fn guids(&self) -> Vec<Guid> {
        self.guid.into_iter().chain(self.set.map(|set| set.guid)).collect()
    }

    /// Describes the attribute as one that the agent may not read.
    pub(super) fn unreadable(&self) -> Unreadable {
        Unreadable::new(self.name, self.decides, self.right())
    }

    /// Returns the right that lets the agent read it.
    pub(super) fn right(&self) -> String {
        let name = self.name;
        match (self.guid, self.set) {
            (None, _) => "the right Read Permissions on customers".to_owned(),
            // The set would show remote access settings as well; tokenGroups alone can be granted.
            (_, Some(set)) if set.guid != REMOTE_ACCESS_INFORMATION.guid => {
                format!("the right to read {name} of customers (property set {})", set.name)
            }
            _ => format!("the right to read {name} of customers"),
        }
    }

    /// Returns the value of an attribute that every user has. A missing one is hidden.
    pub(super) fn required<T>(&self, value: Option<T>) -> Fact<T> {
        value.ok_or_else(|| self.unreadable())
    }

    /// Reads the number of an attribute that every user has.
    pub(super) fn number(&self, user: &Entry) -> Fact<i64> {
        self.required(user.number(self.name))
    }

    /// Reads the number of an attribute that a user may lack.
    pub(super) fn optional_number(&self, user: &Entry, agent: &[Vec<u8>]) -> Fact<Option<i64>> {
        if user.has(self.name) { self.number(user).map(Some) } else { self.absent(user, agent).map(|()| None) }
    }

    /// Makes sure that the attribute is absent: the agent may read it, and got nothing.
    pub(super) fn absent(&self, user: &Entry, agent: &[Vec<u8>]) -> Fact<()> {
        if can_read(agent, user, &self.guids()) == Some(true) { Ok(()) } else { Err(self.unreadable()) }
    }
}
