//! The assertion filter of a withdrawal: an entry matches it as long as it is unchanged.

use std::fmt::Write as _;

use ldap3::ldap_escape;

use crate::backends::ldap::entry::Entry;

/// Makes the filter that this entry matches until it changes, from what its last change left.
///
/// Times with a fraction are left out, as slapd 2.5 does not find those that end in a zero.
pub(super) fn unchanged_filter(entry: &Entry) -> String {
    let mut parts = String::new();
    for name in ["pwdReset", "pwdChangedTime", "modifiersName", "entryCSN"] {
        if let Some(value) = entry.text(name) {
            let _ = write!(parts, "({name}={})", ldap_escape(value)); // writing to a String cannot fail
        }
    }
    format!("(&{parts})")
}
