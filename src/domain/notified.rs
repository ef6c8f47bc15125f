//! Where a customer is told of a change.

use jiff::Timestamp;

use super::contact::{Contact, Contacts};
use super::guards::Guards;

/// Returns every address and number that the customer is told at: those on file, and those that were replaced within
/// [`contact_changed_within`](super::VerificationRules::contact_changed_within), for whoever replaced one may be whom the
/// customer has to hear of.
pub(super) fn notified(guards: &Guards, contacts: &Contacts, now: Timestamp) -> Vec<Contact> {
    let replaced = contacts.replaced.iter().filter(|contact| guards.verification.is_too_new(contact, now));
    let all = contacts.on_file.iter().chain(replaced);
    all.filter(|contact| guards.notify_by.contains(&contact.channel)).cloned().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use jiff::SignedDuration;

    use super::*;
    use crate::domain::verify::tests::doubles::guards;
    use crate::domain::{Channel, ContactChanged};

    #[test]
    fn what_was_replaced_lately_is_told_as_well_and_what_was_replaced_long_ago_is_not() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let replaced = |address: &str, days: i64| Contact {
            changed: ContactChanged::At(now - SignedDuration::from_hours(24 * days)),
            ..Contact::new(Channel::Email, address)
        };
        let contacts = Contacts {
            on_file: vec![Contact::new(Channel::Email, "new@example.com"), Contact::new(Channel::Phone, "112233")],
            replaced: vec![replaced("old@example.com", 6), replaced("older@example.com", 8)],
            ..Contacts::default()
        };
        let mut guards = guards();
        let told = |guards: &Guards| -> Vec<String> {
            notified(guards, &contacts, now).into_iter().map(|contact| contact.address).collect()
        };
        guards.notify_by = vec![Channel::Email];
        assert_eq!(told(&guards), ["new@example.com", "old@example.com"]);
        guards.notify_by = vec![Channel::Email, Channel::Phone];
        assert_eq!(told(&guards), ["new@example.com", "112233", "old@example.com"]);
        guards.notify_by = Vec::new();
        assert!(told(&guards).is_empty());
    }
}
