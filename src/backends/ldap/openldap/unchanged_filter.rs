//! The filter that an entry fits as long as nothing of it changed.

use std::fmt::Write as _;

use ldap3::ldap_escape;

use crate::backends::ldap::entry::Entry;

/// The filter that this entry fits as long as nothing of it changed: what its last change was. Times with a fraction are
/// left out, as slapd finds none that ends in a zero (seen on 2.5).
pub(super) fn unchanged_filter(entry: &Entry) -> String {
    let mut parts = String::new();
    for name in ["pwdReset", "pwdChangedTime", "modifiersName", "entryCSN"] {
        if let Some(value) = entry.text(name) {
            let _ = write!(parts, "({name}={})", ldap_escape(value)); // into a text it cannot fail
        }
    }
    format!("(&{parts})")
}
