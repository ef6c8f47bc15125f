//! What the fake directory holds: its own entry, a policy, and one customer, with all that a reset looks at.

use super::{Asked, Attribute, Dialect, entry};

fn text(name: &'static str, value: &str) -> Attribute {
    (name, vec![value.as_bytes().to_vec()])
}

/// The name of the customer's entry.
pub fn customer(dialect: Dialect) -> String {
    let attribute = if dialect == Dialect::OpenLdap { "uid" } else { "CN" };
    format!("{attribute}=ada,{}", dialect.base())
}

/// The entries that a search finds.
pub fn found(dialect: Dialect, asked: &Asked, sets: u32, more: &[Attribute]) -> Vec<Vec<u8>> {
    let base = dialect.base();
    let customer = customer(dialect);
    let names = |wanted: &str| asked.base.eq_ignore_ascii_case(wanted);
    let about = |wanted: &[u8]| asked.bytes.windows(wanted.len()).any(|part| part == wanted);
    let one_entry = asked.one_entry;
    let of_groups = about(b"member") || about(b"groupOf") || about(b"(group");
    if names("") {
        vec![entry("", &root(dialect))]
    } else if names(&customer) {
        vec![entry(&customer, &person(dialect, sets, more))]
    } else if one_entry && (names("cn=default,dc=example,dc=com") || names("DC=example,DC=com")) {
        vec![entry(&asked.base, &policy(dialect))]
    } else if one_entry && names(base) {
        let allowed = text("allowedChildClassesEffective", "user");
        let permissions = ("nTSecurityDescriptor", vec![everything_to_everyone()]);
        vec![entry(base, &[text("objectClass", "organizationalUnit"), allowed, permissions])]
    } else if !one_entry && !of_groups && (about(b"ada") || is_any_user(asked)) {
        vec![entry(&customer, &person(dialect, sets, more))]
    } else {
        Vec::new()
    }
}

/// Some user is looked for, to see what can be read of one, and nobody by a name.
fn is_any_user(asked: &Asked) -> bool {
    let about = |wanted: &[u8]| asked.bytes.windows(wanted.len()).any(|part| part.eq_ignore_ascii_case(wanted));
    about(b"1.1") && !about(b"zoe") && !about(b"cn=")
}

fn root(dialect: Dialect) -> Vec<Attribute> {
    match dialect {
        Dialect::OpenLdap => {
            vec![text("namingContexts", "dc=example,dc=com"), text("supportedControl", "1.3.6.1.1.12")]
        }
        Dialect::ActiveDirectory => vec![
            text("namingContexts", "DC=example,DC=com"),
            text("defaultNamingContext", "DC=example,DC=com"),
            text("supportedCapabilities", "1.2.840.113556.1.4.800"),
            ("tokenGroups", vec![sid(1111), sid(513)]),
        ],
    }
}

fn policy(dialect: Dialect) -> Vec<Attribute> {
    match dialect {
        Dialect::OpenLdap => vec![
            text("objectClass", "pwdPolicy"),
            text("pwdAttribute", "userPassword"),
            text("pwdMustChange", "TRUE"),
            text("pwdAllowUserChange", "TRUE"),
            text("pwdSafeModify", "FALSE"),
            text("pwdInHistory", "3"),
        ],
        Dialect::ActiveDirectory => vec![
            text("minPwdLength", "7"),
            text("pwdProperties", "0"),
            text("pwdHistoryLength", "3"),
            text("lockoutDuration", "-18000000000"),
        ],
    }
}

fn person(dialect: Dialect, sets: u32, more: &[Attribute]) -> Vec<Attribute> {
    let mut person = vec![
        text("cn", "ada"),
        text("sn", "Lovelace"),
        text("givenName", "Ada"),
        text("mail", "ada@example.com"),
        text("objectClass", "person"),
    ];
    match dialect {
        Dialect::OpenLdap => person.extend([
            text("uid", "ada"),
            text("pwdReset", if sets == 0 { "FALSE" } else { "TRUE" }),
            ("pwdChangedTime", vec![format!("202611251730{:02}Z", sets % 60).into_bytes()]),
            text("modifiersName", "uid=agent,dc=example,dc=com"),
        ]),
        Dialect::ActiveDirectory => person.extend([
            text("sAMAccountName", "ada"),
            text("userAccountControl", "512"),
            text("msDS-User-Account-Control-Computed", if sets == 0 { "0" } else { "8388608" }),
            text("pwdLastSet", if sets == 0 { "134400096790000000" } else { "0" }),
            text("accountExpires", "9223372036854775807"),
            text("lockoutTime", "0"),
            text("adminCount", "0"),
            ("objectSid", vec![sid(2222)]),
            ("tokenGroups", vec![sid(513)]),
            text("memberOf", "CN=Nobody,DC=example,DC=com"),
            ("replPropertyMetaData", vec![metadata(sets + 1)]),
            ("nTSecurityDescriptor", vec![everything_to_everyone()]),
            ("allowedAttributesEffective", ["pwdLastSet", "lockoutTime"].map(|name| name.as_bytes().to_vec()).to_vec()),
        ]),
    }
    person.retain(|(name, _)| more.iter().all(|(other, _)| !other.eq_ignore_ascii_case(name)));
    person.extend(more.iter().filter(|(_, values)| !values.is_empty()).cloned());
    person
}

/// An identifier of the domain ([MS-DTYP] section 2.4.2.2).
fn sid(relative: u32) -> Vec<u8> {
    let mut bytes = vec![1, 5, 0, 0, 0, 0, 0, 5];
    for part in [21, 1, 2, 3, relative] {
        bytes.extend(u32::to_le_bytes(part));
    }
    bytes
}

/// unicodePwd in this version ([MS-ADTS] section 3.1.1.1.9).
fn metadata(version: u32) -> Vec<u8> {
    let mut bytes = vec![1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend(0x9005a_u32.to_le_bytes());
    bytes.extend(version.to_le_bytes());
    bytes.extend((13_440_009_679_u64 + u64::from(version)).to_le_bytes());
    bytes.extend([0; 32]);
    bytes
}

/// A list with one entry ([MS-DTYP] section 2.4.6): every right to Everyone, also of what is below.
fn everything_to_everyone() -> Vec<u8> {
    let mut bytes = vec![1, 0, 4, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 4, 0, 28, 0, 1, 0, 0, 0];
    bytes.extend([0, 2, 20, 0]);
    bytes.extend(0x0001_01ff_u32.to_le_bytes());
    bytes.extend([1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    bytes
}
