//! Reads addresses and numbers of a user, as far as the realm shows them.

use super::wire::User;
use crate::config::ContactAttributes;
use crate::domain::{Channel, ContactChanged, Contacts};

/// The name of the address that every user has beside the attributes.
const EMAIL: &str = "email";
/// What is read unless the profile names attributes: addresses, and numbers.
pub(super) const USUAL: (&[&str], &[&str]) = (&[EMAIL], &["phoneNumber", "phone_number", "mobile"]);
/// The attribute with the user's language, as a BCP 47 tag.
const LOCALE: &str = "locale";

/// Whether a text can be an attribute's name.
pub(super) fn is_attribute(name: &str) -> bool {
    !name.is_empty() && !name.contains(|letter: char| letter.is_whitespace() || letter.is_control())
}

impl User {
    /// Returns what is on file. The realm does not show when an attribute was changed, nor which ones it hides.
    pub(super) fn contacts(&self, attributes: &ContactAttributes) -> Contacts {
        let values = |channel, name: &str| {
            if channel == Channel::Email && name == EMAIL {
                return self.email.iter().cloned().collect();
            }
            self.attributes.get(name).cloned().unwrap_or_default()
        };
        let locale = self.attributes.get(LOCALE).and_then(|tags| tags.first());
        let none = Contacts { language: locale.and_then(|tag| tag.parse().ok()), ..Contacts::default() };
        attributes.named().fold(none, |contacts, (channel, name)| {
            let attribute = format!("the attribute {name}");
            contacts.with_values(channel, &attribute, values(channel, name), ContactChanged::Unknown)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use serde_json::{Value, json};

    use super::*;

    fn contacts(user: Value, email: &[&str], phone: &[&str]) -> Contacts {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let user: User = serde_json::from_value(user).unwrap();
        user.contacts(&ContactAttributes { email: owned(email), phone: owned(phone) })
    }

    #[test]
    fn the_address_and_each_value_of_the_named_attributes_are_listed_once() {
        let user = json!({ "id": "1", "email": "ada@example.com", "emailVerified": false, "attributes": {
            "workEmail": ["ada@example.org", "ADA@example.com"], "mobile": ["+44 20 7946 0018", "+44 20 7946 0019"],
            "locale": ["de-CH"], "Mobile": ["+44 20 7946 0020"] } });
        let found = contacts(user, &["email", "workEmail"], &["phoneNumber", "mobile"]);
        let addresses: Vec<&str> = found.on_file.iter().map(|contact| contact.address.as_str()).collect();
        assert_eq!(addresses, ["ada@example.com", "ada@example.org", "+44 20 7946 0018", "+44 20 7946 0019"]);
        assert!(found.on_file.iter().all(|contact| contact.changed == ContactChanged::Unknown));
        assert_eq!(found.language.unwrap().as_str(), "de");
    }

    #[test]
    fn a_user_without_attributes_has_none() {
        assert_eq!(contacts(json!({ "id": "1" }), &["email"], &["mobile"]), Contacts::default());
        let odd = json!({ "id": "1", "email": "", "attributes": { "mobile": [], "locale": ["*"] } });
        let found = contacts(odd, &["email"], &["mobile"]);
        assert!(found.on_file.len() == 1 && found.language.is_none(), "{found:?}");
        let not_mail = json!({ "id": "1", "email": "ada@example.com", "attributes": { "email": ["+44"] } });
        assert_eq!(contacts(not_mail, &[], &["email"]).on_file[0].address, "+44", "an attribute of that name");
    }
}
