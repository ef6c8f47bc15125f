//! What the agent may write of a user. The server works it out for each entry anew, which costs it more than all else
//! that is read of one (2 of 4 ms on Samba): users of one container share it for a moment.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Instant;

use super::values::split_name;
use crate::backends::ldap::entry::Entry;
use crate::backends::ldap::lately::LATELY;

/// The attribute that lists what the agent may write ([MS-ADTS] section 3.1.1.4.5.21).
pub(super) const WRITABLE: &str = "allowedAttributesEffective";

/// What the agent may do to a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MayWrite {
    /// Force a change (pwdLastSet).
    pub(super) change: bool,
    /// Lift a lock-out (lockoutTime).
    pub(super) lock: bool,
}

impl MayWrite {
    /// As the entry says.
    pub(super) fn of(entry: &Entry) -> Self {
        let writable = entry.texts(WRITABLE);
        let may = |attribute: &str| writable.iter().any(|name| name.eq_ignore_ascii_case(attribute));
        Self { change: may("pwdLastSet"), lock: may("lockoutTime") }
    }
}

/// What was granted for users of a container, and when that was read.
#[derive(Default)]
pub(super) struct Granted(RefCell<HashMap<String, (Instant, MayWrite)>>);

impl Granted {
    /// Whether a change may be forced on another user of this one's container, as was read a moment ago: for a user
    /// whom the agent may not write all the same, the set itself is refused, and nothing is changed.
    pub(super) fn lately(&self, dn: &str) -> bool {
        let mut known = self.0.borrow_mut();
        known.retain(|_, (at, _)| at.elapsed() < LATELY);
        known.contains_key(split_name(dn).1)
    }

    /// What the agent may do to this user: as the entry says, or where that was not asked for, as for its neighbours.
    pub(super) fn to(&self, entry: &Entry) -> MayWrite {
        let container = split_name(&entry.dn).1;
        let read = MayWrite::of(entry);
        if entry.has(WRITABLE) {
            let mut known = self.0.borrow_mut();
            known.remove(container);
            if read.change {
                known.insert(container.to_owned(), (Instant::now(), read));
            }
            return read;
        }
        self.0.borrow().get(container).map_or(read, |(_, granted)| *granted)
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
        let granted = Granted::default();
        let full = MayWrite { change: true, lock: true };
        let none = MayWrite { change: false, lock: false };
        assert!(!granted.lately("CN=Ada,OU=Customers,DC=test"));
        assert_eq!(granted.to(&entry("CN=Eve,OU=Customers,DC=test", &[])), none, "not asked for, and nothing known");
        let asked = entry("CN=Lovelace\\, Ada,OU=Customers,DC=test", &["PwdLastSet", "lockoutTime"]);
        assert_eq!(granted.to(&asked), full);
        assert!(granted.lately("CN=Bob,OU=Customers,DC=test"));
        assert_eq!(granted.to(&entry("CN=Bob,OU=Customers,DC=test", &[])), full);
        assert!(!granted.lately("CN=Bob,OU=Staff,DC=test"));
        assert_eq!(granted.to(&entry("CN=Bob,OU=Staff,DC=test", &[])), none);
    }

    #[test]
    fn what_is_refused_for_one_is_read_anew_for_the_next() {
        let granted = Granted::default();
        granted.to(&entry("CN=Ada,OU=Customers,DC=test", &["pwdLastSet"]));
        assert!(granted.lately("CN=Bob,OU=Customers,DC=test"));
        assert!(!granted.to(&entry("CN=Bob,OU=Customers,DC=test", &["mail"])).change);
        assert!(!granted.lately("CN=Ada,OU=Customers,DC=test"));
    }
}
