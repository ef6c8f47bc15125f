//! What the agent may write of a user, cached for the users of one container.
//!
//! The server computes it for each entry anew, which takes as long as all else that is read of one (2 of 4 ms on Samba).

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Instant;

use crate::backends::ldap::dn;
use crate::backends::ldap::entry::Entry;
use crate::backends::ldap::search_cache::CACHED_FOR;

/// The attribute that lists what the agent may write ([MS-ADTS] section 3.1.1.4.5.21).
pub(super) const WRITABLE: &str = "allowedAttributesEffective";

/// What the agent may write of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WriteRights {
    /// Whether the agent may force a change (pwdLastSet).
    pub(super) force_change: bool,
    /// Whether the agent may lift a lock (lockoutTime).
    pub(super) unlock: bool,
}

impl WriteRights {
    /// Reads the rights from an entry.
    pub(super) fn of(entry: &Entry) -> Self {
        let writable = entry.texts(WRITABLE);
        let may = |attribute: &str| writable.iter().any(|name| name.eq_ignore_ascii_case(attribute));
        Self { force_change: may("pwdLastSet"), unlock: may("lockoutTime") }
    }
}

/// The rights for the users of each container, and when they were read.
#[derive(Default)]
pub(super) struct WriteRightsCache(RefCell<HashMap<String, (Instant, WriteRights)>>);

impl WriteRightsCache {
    /// Whether the rights for this user's container are cached.
    ///
    /// For a user whom the agent may not write all the same, the server refuses the set itself, and nothing is changed.
    pub(super) fn has(&self, dn: &str) -> bool {
        self.of_container(dn::split(dn).1).is_some()
    }

    /// Returns the rights from the entry, or from the cache if the entry was read without them.
    ///
    /// Returns `None` if the cache has expired since this row asked. The rights then have to be read.
    pub(super) fn write_rights(&self, entry: &Entry) -> Option<WriteRights> {
        let container = dn::split(&entry.dn).1;
        if !entry.has(WRITABLE) {
            return self.of_container(container);
        }
        let read = WriteRights::of(entry);
        let mut known = self.0.borrow_mut();
        known.retain(|name, (at, _)| name != container && at.elapsed() < CACHED_FOR);
        if read.force_change {
            known.insert(container.to_owned(), (Instant::now(), read));
        }
        Some(read)
    }

    fn of_container(&self, container: &str) -> Option<WriteRights> {
        self.0.borrow().get(container).filter(|(at, _)| at.elapsed() < CACHED_FOR).map(|(_, granted)| *granted)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn entry(dn: &str, writable: &[&str]) -> Entry {
        let values = writable.iter().map(|name| name.as_bytes().to_vec()).collect();
        Entry::with(dn, WRITABLE, values)
    }

    #[test]
    fn neighbours_share_what_was_granted_and_nobody_else() {
        let granted = WriteRightsCache::default();
        let full = WriteRights { force_change: true, unlock: true };
        assert!(!granted.has("CN=Ada,OU=Customers,DC=test"));
        assert_eq!(
            granted.write_rights(&entry("CN=Eve,OU=Customers,DC=test", &[])),
            None,
            "not asked for, and nothing known"
        );
        let asked = entry("CN=Lovelace\\, Ada,OU=Customers,DC=test", &["PwdLastSet", "lockoutTime"]);
        assert_eq!(granted.write_rights(&asked), Some(full));
        assert!(granted.has("CN=Bob,OU=Customers,DC=test"));
        assert_eq!(granted.write_rights(&entry("CN=Bob,OU=Customers,DC=test", &[])), Some(full));
        assert!(!granted.has("CN=Bob,OU=Staff,DC=test"));
        assert_eq!(granted.write_rights(&entry("CN=Bob,OU=Staff,DC=test", &[])), None);
    }

    #[test]
    fn what_is_refused_for_one_is_read_anew_for_the_next() {
        let granted = WriteRightsCache::default();
        let bob = entry("CN=Bob,OU=Customers,DC=test", &[]);
        granted.write_rights(&entry("CN=Ada,OU=Customers,DC=test", &["pwdLastSet"]));
        assert!(granted.has(&bob.dn), "Bob's row does not ask");
        let refused = WriteRights { force_change: false, unlock: false };
        assert_eq!(granted.write_rights(&entry("CN=Eve,OU=Customers,DC=test", &["mail"])), Some(refused));
        assert!(!granted.has("CN=Ada,OU=Customers,DC=test"));
        assert_eq!(granted.write_rights(&bob), None, "Eve's row forgot it while Bob's waited: to be read, not refused");
    }

    #[test]
    fn what_was_read_too_long_ago_counts_for_nobody() {
        let granted = WriteRightsCache::default();
        granted.write_rights(&entry("CN=Ada,OU=Customers,DC=test", &["pwdLastSet", "lockoutTime"]));
        let long_ago = Instant::now().checked_sub(2 * CACHED_FOR).unwrap();
        granted.0.borrow_mut().get_mut("OU=Customers,DC=test").unwrap().0 = long_ago;
        assert!(!granted.has("CN=Eve,OU=Customers,DC=test"), "Eve's row asks anew");
        let told = granted.write_rights(&entry("CN=Eve,OU=Customers,DC=test", &[]));
        assert_eq!(told, None, "nothing may be written of Eve: not as for Ada, who was long ago");
        assert_eq!(
            granted.write_rights(&entry("CN=Bob,OU=Customers,DC=test", &[])),
            None,
            "Bob's row asked before: to be read"
        );
    }
}
