//! The facts of one user that decide about a reset, each read or known to be hidden.

use jiff::Timestamp;

use super::attributes::{
    ACCOUNT_EXPIRES, ADMIN_COUNT, Attribute, COMPUTED, Fact, MEMBER_OF, METADATA, OBJECT_SID, PERMISSIONS,
    PWD_LAST_SET, RESULTANT_PSO, TOKEN_GROUPS, USER_ACCOUNT_CONTROL,
};
use super::permissions::can_change_own;
use super::values::{MUST_CHANGE, NEVER_EXPIRES, is_metadata, password_version};
use crate::backends::ldap::ber::DESCRIPTOR;
use crate::backends::ldap::entry::Entry;
use crate::domain::{Stamp, Unreadable};

/// The attributes that the facts are read from. Servers answer computed ones for one entry at a time only.
pub(super) const FACTS: [&str; 16] = [
    "sAMAccountName",
    "userPrincipalName",
    "mail",
    "objectSid",
    "userAccountControl",
    "msDS-User-Account-Control-Computed",
    "pwdLastSet",
    "accountExpires",
    "lockoutTime",
    "adminCount",
    "memberOf",
    "tokenGroups",
    "msDS-ResultantPSO",
    "replPropertyMetaData",
    "distinguishedName",
    DESCRIPTOR,
];

/// The attributes without which a change cannot be read back.
pub(super) const READ_BACK: [Attribute; 4] = [PWD_LAST_SET, USER_ACCOUNT_CONTROL, COMPUTED, METADATA];

/// The facts of one user.
pub(super) struct Facts {
    pub(super) sid: Fact<Vec<u8>>,
    pub(super) flags: Fact<i64>,
    pub(super) computed: Fact<i64>,
    /// Whether a change of the password is forced.
    pub(super) forced: Fact<bool>,
    /// When the user expires. `None` means never.
    pub(super) expires: Fact<Option<Timestamp>>,
    /// Whether an administrators' group of the domain protects the user, or once did (adminCount).
    pub(super) is_administrator: Fact<bool>,
    /// The identifiers of the user's security groups, with all nesting (tokenGroups).
    pub(super) token: Fact<Vec<Vec<u8>>>,
    /// The names of the user's groups, without the primary one (memberOf).
    pub(super) member_of: Fact<Vec<String>>,
    /// Whether users may change their own password.
    pub(super) may_change: Fact<bool>,
    pub(super) stamp: Fact<Option<Stamp>>,
    /// The password settings object that applies. `None` means the domain's policy.
    pub(super) settings_object: Fact<Option<String>>,
}

impl Facts {
    /// Reads the facts of a user, as an agent with these identifiers sees them.
    pub(super) fn of(user: &Entry, agent: &[Vec<u8>]) -> Self {
        Self {
            sid: OBJECT_SID.required(user.values(OBJECT_SID.name).first().cloned()),
            flags: USER_ACCOUNT_CONTROL.number(user),
            computed: COMPUTED.number(user),
            forced: forced(user),
            expires: expires(user, agent),
            is_administrator: ADMIN_COUNT
                .optional_number(user, agent)
                .map(|count| count.is_some_and(|count| count > 0)),
            token: TOKEN_GROUPS.required(Some(user.values(TOKEN_GROUPS.name).to_vec()).filter(|sids| !sids.is_empty())),
            member_of: member_of(user, agent),
            may_change: PERMISSIONS.required(can_change_own(user)),
            stamp: stamp(user),
            settings_object: match user.text(RESULTANT_PSO.name) {
                Some(name) => Ok(Some(name)),
                None => RESULTANT_PSO.absent(user, agent).map(|()| None),
            },
        }
    }

    /// Lists the hidden values that decide about a reset.
    pub(super) fn hidden(&self) -> Vec<Unreadable> {
        let mut hidden: Vec<Unreadable> = [
            self.may_change.as_ref().err(),
            self.sid.as_ref().err(),
            self.flags.as_ref().err(),
            self.computed.as_ref().err(),
            self.forced.as_ref().err(),
            self.expires.as_ref().err(),
            self.token.as_ref().err(),
            self.is_administrator.as_ref().err(),
            self.member_of.as_ref().err(),
            self.stamp.as_ref().err(),
        ]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
        let mut seen = std::collections::HashSet::new();
        hidden.retain(|value| seen.insert(value.value.clone()));
        hidden
    }
}

/// Whether a change is forced: pwdLastSet asks for it, and "Password never expires" does not prevent it.
pub(super) fn forced(user: &Entry) -> Fact<bool> {
    let asked = PWD_LAST_SET.number(user)? == 0;
    if !asked {
        return Ok(false);
    }
    let (flags, computed) = (USER_ACCOUNT_CONTROL.number(user)?, COMPUTED.number(user)?);
    Ok(flags & NEVER_EXPIRES == 0 && computed & MUST_CHANGE != 0)
}

/// Returns version and time of the password, or `None` if none was ever set.
pub(super) fn stamp(user: &Entry) -> Fact<Option<Stamp>> {
    let metadata = METADATA.required(user.values(METADATA.name).first().filter(|metadata| is_metadata(metadata)))?;
    Ok(password_version(metadata).map(|(version, at)| Stamp { at, version: Some(version) }))
}

/// Returns when the user expires. 0 and the greatest number mean never ([MS-ADA1] section 2.3).
fn expires(user: &Entry, agent: &[Vec<u8>]) -> Fact<Option<Timestamp>> {
    ACCOUNT_EXPIRES.optional_number(user, agent)?;
    Ok(user.file_time(ACCOUNT_EXPIRES.name))
}

/// Returns the names of the groups. Of many the server sends a part only (range retrieval, [MS-ADTS] section 3.1.1.3.1.3.3).
fn member_of(user: &Entry, agent: &[Vec<u8>]) -> Fact<Vec<String>> {
    if user.is_partial(MEMBER_OF.name) {
        let more = Unreadable {
            right: "fewer groups: it is in more than the domain sends at once".to_owned(),
            ..MEMBER_OF.unreadable()
        };
        return Err(more);
    }
    if !user.has(MEMBER_OF.name) {
        MEMBER_OF.absent(user, agent)?;
    }
    Ok(user.texts(MEMBER_OF.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backends::ldap::active_directory::guid::ACCOUNT_RESTRICTIONS;

    const GROUP: [u8; 16] = [1, 2, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 9, 0, 0, 0];

    /// A user with these attributes, whose permissions let the group read what is named by these identifiers.
    fn user(values: &[(&str, &str)], readable: &[[u8; 16]]) -> Entry {
        let mut list = Vec::new();
        for name in readable {
            list.extend([5, 0, 44, 0, 0x10, 0, 0, 0, 1, 0, 0, 0]);
            list.extend(name);
            list.extend(GROUP);
        }
        let count = u16::try_from(readable.len()).unwrap_or_default().to_le_bytes();
        let mut bytes = vec![1, 0, 4, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 4, 0, 0, 0];
        bytes.extend([&count[..], &[0, 0], &list].concat());
        let user = Entry::with("CN=Ada", DESCRIPTOR, vec![bytes]);
        values.iter().fold(user, |user, (name, value)| user.and(name, vec![value.as_bytes().to_vec()]))
    }

    #[test]
    fn a_change_is_forced_only_where_everything_that_says_so_is_read() {
        let read = |last_set: &str, flags: &str, computed: &str| {
            let all = [("pwdLastSet", last_set), ("userAccountControl", flags), (COMPUTED.name, computed)];
            let given: Vec<_> = all.into_iter().filter(|(_, value)| !value.is_empty()).collect();
            forced(&user(&given, &[])).map_err(|hidden| hidden.value)
        };
        assert_eq!(read("0", "512", "8388608"), Ok(true));
        assert_eq!(read("0", "66048", "8388608"), Ok(false));
        assert_eq!(read("0", "512", "0"), Ok(false));
        assert_eq!(read("134403665329172210", "", ""), Ok(false), "none was asked for");
        assert_eq!(read("", "512", "8388608"), Err("pwdLastSet".to_owned()));
        assert_eq!(read("0", "", "8388608"), Err("userAccountControl".to_owned()));
        assert_eq!(read("0", "512", ""), Err(COMPUTED.name.to_owned()));
        assert_eq!(read("0", "no number", "8388608"), Err("userAccountControl".to_owned()));
    }

    #[test]
    fn what_is_absent_is_no_only_where_it_may_be_read() {
        let group = [GROUP.to_vec()];
        let hidden = Facts::of(&user(&[], &[]), &group);
        for name in ["accountExpires", "adminCount", "memberOf", "tokenGroups", "replPropertyMetaData", "objectSid"] {
            assert!(hidden.hidden().iter().any(|value| value.value == name), "{name}");
        }
        assert!(hidden.settings_object.is_err());
        let each = [ACCOUNT_RESTRICTIONS.guid, ADMIN_COUNT.guids()[0], MEMBER_OF.guids()[1], RESULTANT_PSO.guids()[0]];
        let read = Facts::of(&user(&[], &each), &group);
        assert_eq!((read.expires, read.is_administrator), (Ok(None), Ok(false)));
        assert_eq!((read.member_of, read.settings_object), (Ok(Vec::new()), Ok(None)));
        let of_another = Facts::of(&user(&[], &each), &[vec![1, 1, 0, 0, 0, 0, 0, 5, 7, 0, 0, 0]]);
        assert!(of_another.expires.is_err() && of_another.is_administrator.is_err() && of_another.member_of.is_err());
    }

    #[test]
    fn never_is_written_in_two_ways() {
        let at =
            |value: &str| expires(&user(&[("accountExpires", value)], &[]), &[]).map(|at| at.map(|at| at.to_string()));
        assert_eq!(at("0"), Ok(None));
        assert_eq!(at("9223372036854775807"), Ok(None));
        assert_eq!(at("132223104000000000"), Ok(Some("2020-01-01T00:00:00Z".to_owned())));
        assert!(at("soon").is_err());
    }
}
