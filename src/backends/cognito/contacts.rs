//! Reads addresses and numbers of a user, as far as the pool shows them and somebody verified them.

use super::pool_user::PoolUser;
use crate::config::ContactAttributes;
use crate::domain::{Channel, ContactChanged, Contacts};

/// What is read unless the profile names attributes: addresses, and numbers.
pub(super) const USUAL: (&[&str], &[&str]) = (&["email"], &["phone_number"]);
/// The attribute with the user's language, as a BCP 47 tag (`OpenID` Connect Core 1.0, section 5.1).
const LOCALE: &str = "locale";

/// Whether a text can be an attribute's name (Cognito API, `AttributeType`: 1 to 32 characters).
pub(super) fn is_attribute(name: &str) -> bool {
    !name.is_empty() && name.len() <= 32 && !name.contains(|letter: char| letter.is_whitespace() || letter.is_control())
}

impl PoolUser {
    /// Returns what is on file. The pool does not show when an attribute was changed.
    ///
    /// Users change their own `email` and `phone_number` through an app, and `email_verified` and `phone_number_verified`
    /// say whether they had a code there. An address without that gets no code.
    pub(super) fn contacts(&self, attributes: &ContactAttributes) -> Contacts {
        let none =
            Contacts { language: self.attribute(LOCALE).and_then(|tag| tag.parse().ok()), ..Contacts::default() };
        attributes.named().fold(none, |contacts, (channel, name)| {
            let Some(value) = self.attribute(name) else { return contacts };
            let changed =
                if self.is_verified(channel, name) { ContactChanged::Unknown } else { ContactChanged::Unverified };
            contacts.with_values(channel, &format!("the attribute {name}"), vec![value.to_owned()], changed)
        })
    }

    /// Whether the pool says that the user had a code at this address. It keeps that for two attributes only.
    fn is_verified(&self, channel: Channel, name: &str) -> bool {
        let flag = match (channel, name) {
            (Channel::Email, "email") => "email_verified",
            (Channel::Phone, "phone_number") => "phone_number_verified",
            _ => return true,
        };
        self.attribute(flag) == Some("true")
    }
}
