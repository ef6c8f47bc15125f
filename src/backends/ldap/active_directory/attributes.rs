//! The attributes of a user that decide about a reset, and how one that is absent is told from one that is hidden.
//!
//! A domain treats a hidden attribute as absent, in answers and in filters alike ([MS-ADTS] section 3.1.1.4.3; seen on
//! Samba 4.17, where `(|(a=*)(!(a=*)))` finds every entry). Only the permissions of the entry tell the two apart.

use super::guid::{
    ACCOUNT_RESTRICTIONS, GENERAL_INFORMATION, GROUP_MEMBERSHIP, Guid, PUBLIC_INFORMATION, REMOTE_ACCESS, guid,
};
use super::permissions::may_read;
use crate::backends::ldap::ber::DESCRIPTOR;
use crate::backends::ldap::entry::Entry;
use crate::domain::Unreadable;

/// A fact of a user, or the value that is hidden and would tell it.
pub(super) type Fact<T> = Result<T, Unreadable>;

/// An attribute of users.
#[derive(Debug)]
pub(super) struct Attribute {
    /// What the server calls it.
    pub(super) name: &'static str,
    /// What permissions call it, and its property set.
    pub(super) names: &'static [Guid],
    /// Its property set, as people know it; empty: it has none.
    set: &'static str,
    /// What depends on it, as in "it says …".
    decides: &'static str,
}

pub(super) const USER_ACCOUNT_CONTROL: Attribute = Attribute {
    name: "userAccountControl",
    names: &[guid(0xbf96_7a68_0de6_11d0_a285_00aa_0030_49e2), ACCOUNT_RESTRICTIONS],
    set: "Account Restrictions",
    decides: "whether the user is disabled, needs a smart card, or has a password that never expires",
};
pub(super) const COMPUTED: Attribute = Attribute {
    name: "msDS-User-Account-Control-Computed",
    names: &[guid(0x2cc4_b836_b63f_4940_8d23_ea7a_cf06_af56), ACCOUNT_RESTRICTIONS],
    set: "Account Restrictions",
    decides: "whether the user is locked, and whether a change of the password is forced",
};
pub(super) const PWD_LAST_SET: Attribute = Attribute {
    name: "pwdLastSet",
    names: &[guid(0xbf96_7a0a_0de6_11d0_a285_00aa_0030_49e2), ACCOUNT_RESTRICTIONS],
    set: "Account Restrictions",
    decides: "whether a change of the password is forced",
};
pub(super) const ACCOUNT_EXPIRES: Attribute = Attribute {
    name: "accountExpires",
    names: &[guid(0xbf96_7915_0de6_11d0_a285_00aa_0030_49e2), ACCOUNT_RESTRICTIONS],
    set: "Account Restrictions",
    decides: "whether the user has expired",
};
pub(super) const ADMIN_COUNT: Attribute = Attribute {
    name: "adminCount",
    names: &[guid(0xbf96_7918_0de6_11d0_a285_00aa_0030_49e2)],
    set: "",
    decides: "whether the user is an administrator",
};
pub(super) const TOKEN_GROUPS: Attribute = Attribute {
    name: "tokenGroups",
    names: &[guid(0xb7c6_9e6d_2cc7_11d2_854e_00a0_c983_f608), REMOTE_ACCESS],
    set: "",
    decides: "whether the user is an administrator, or in a protected group",
};
pub(super) const MEMBER_OF: Attribute = Attribute {
    name: "memberOf",
    names: &[guid(0xbf96_7991_0de6_11d0_a285_00aa_0030_49e2), GROUP_MEMBERSHIP],
    set: "Group Membership",
    decides: "which groups the user is in",
};
pub(super) const OBJECT_SID: Attribute = Attribute {
    name: "objectSid",
    names: &[guid(0xbf96_79e8_0de6_11d0_a285_00aa_0030_49e2), GENERAL_INFORMATION],
    set: "General Information",
    decides: "whether it is your own user",
};
pub(super) const RESULTANT_PSO: Attribute = Attribute {
    name: "msDS-ResultantPSO",
    names: &[guid(0xb77e_a093_88d0_4780_9a98_911f_8e8b_1dca)],
    set: "",
    decides: "whether a stricter password policy applies to the user",
};
pub(super) const METADATA: Attribute = Attribute {
    name: "replPropertyMetaData",
    names: &[guid(0x2814_16c0_1968_11d0_a28f_00aa_0030_49e2)],
    set: "",
    decides: "which password is set, so that nobody else's is taken for yours",
};
pub(super) const MAIL: Attribute = Attribute {
    name: "mail",
    names: &[guid(0xbf96_7961_0de6_11d0_a285_00aa_0030_49e2), PUBLIC_INFORMATION],
    set: "Public Information",
    decides: "whether a customer with this address has a user already",
};
/// The permissions: reading them takes no right to an attribute, but Read Permissions on the entry.
pub(super) const PERMISSIONS: Attribute = Attribute {
    name: DESCRIPTOR,
    names: &[],
    set: "",
    decides: "whether the user may choose a password, and which other values are hidden from you",
};

impl Attribute {
    /// The attribute as hidden.
    pub(super) fn unreadable(&self) -> Unreadable {
        Unreadable::new(self.name, self.decides, self.right())
    }

    /// The right that shows it.
    pub(super) fn right(&self) -> String {
        match (self.name, self.set) {
            (DESCRIPTOR, _) => "the right Read Permissions on customers".to_owned(),
            (name, "") => format!("the right to read {name} of customers"),
            (name, set) => format!("the right to read {name} of customers (property set {set})"),
        }
    }

    /// The value of an attribute that every user has.
    pub(super) fn required<T>(&self, value: Option<T>) -> Fact<T> {
        value.ok_or_else(|| self.unreadable())
    }

    /// The number of an attribute that every user has.
    pub(super) fn number(&self, user: &Entry) -> Fact<i64> {
        self.required(user.number(self.name))
    }

    /// The number of an attribute that a user need not have.
    pub(super) fn optional_number(&self, user: &Entry, agent: &[Vec<u8>]) -> Fact<Option<i64>> {
        if user.has(self.name) { self.number(user).map(Some) } else { self.absent(user, agent).map(|()| None) }
    }

    /// Whether the attribute is absent indeed: the agent may read it, and has got nothing.
    pub(super) fn absent(&self, user: &Entry, agent: &[Vec<u8>]) -> Fact<()> {
        if may_read(agent, user, self.names) == Some(true) { Ok(()) } else { Err(self.unreadable()) }
    }
}
