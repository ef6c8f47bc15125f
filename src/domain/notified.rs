//! Where a customer is told of a change.

use super::contact::{Contact, Contacts};
use super::guards::Guards;

/// Returns every address and number that the customer is told at: those on file, and those that were replaced lately, for
/// whoever replaced one may be whom the customer has to hear of.
pub(super) fn notified(guards: &Guards, contacts: &Contacts) -> Vec<Contact> {
    let all = contacts.on_file.iter().chain(&contacts.replaced);
    all.filter(|contact| guards.notify_by.contains(&contact.channel)).cloned().collect()
}
