//! Reads addresses and numbers of a user, as far as the realm shows them.

use super::user_lookup::KeycloakAgent;
use super::wire::{User, UserProfileRules};
use crate::config::ContactAttributes;
use crate::domain::{Channel, Check, CheckState, ContactChanged, Contacts, Reason, Result, Right};

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

impl KeycloakAgent {
    /// Checks whether the realm shows agents the attributes with addresses and numbers. Returns `None` if the server does
    /// not tell.
    pub(super) async fn contacts_check(&self) -> Result<Option<Check>> {
        const NAME: &str = "contacts";
        let rules = self.api().get_if_any(&["users", "profile"], &[], Right::FindCustomers).await;
        let rules: UserProfileRules = match rules {
            Err(error) if error.reason == Reason::MissingRight => {
                let words = "your rights do not show which attributes the realm hides";
                return Ok(Some(Check::new(NAME, CheckState::Unknown, words)));
            }
            rules => match rules? {
                Some(rules) => rules,
                None => return Ok(None),
            },
        };
        let names: Vec<&str> = self.0.contact_attributes.named().map(|(_, name)| name).collect();
        let unseen = unseen(&rules, &names);
        Ok(Some(if unseen.is_empty() {
            let words = format!("addresses and numbers on file are read from {}", names.join(", "));
            Check::new(NAME, CheckState::Ok, words)
        } else {
            Check::new(NAME, CheckState::Warning, format!("{}: what they hold is not on file here", unseen.join("; ")))
        }))
    }
}

/// Says of which of these attributes the user profile shows agents nothing, and why. A usual name that the realm does
/// not have is no finding.
fn unseen(rules: &UserProfileRules, names: &[&str]) -> Vec<String> {
    let finding = |name: &&str| match rules.attributes.iter().find(|attribute| attribute.name == **name) {
        Some(attribute) if attribute.is_hidden_from_agents() => {
            Some(format!("the realm's user profile hides {name} from agents (permission: admins may view it)"))
        }
        Some(_) => None,
        None if rules.shows_unmanaged() || [USUAL.0, USUAL.1].concat().contains(name) => None,
        None => Some(format!("the realm's user profile has no attribute {name}, and shows no others")),
    };
    names.iter().filter_map(finding).collect()
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
    fn what_the_user_profile_hides_is_found_by_doctor() {
        let told = |rules: Value| {
            let rules: UserProfileRules = serde_json::from_value(rules).unwrap();
            unseen(&rules, &["email", "mobile", "workEmail"]).join("; ")
        };
        let attribute = |name: &str, view: &[&str], edit: &[&str]| json!({ "name": name, "permissions": { "view": view, "edit": edit } });
        let all = json!({ "attributes": [attribute("email", &["admin"], &[]), attribute("workEmail", &["user"], &["admin"])] });
        assert_eq!(told(all), "");
        let hidden =
            told(json!({ "attributes": [attribute("mobile", &["user"], &["user"]), { "name": "workEmail" }] }));
        assert!(hidden.contains("hides mobile") && !hidden.contains("workEmail"), "{hidden}");
        let unknown = told(json!({ "attributes": [] }));
        assert!(unknown.contains("no attribute workEmail") && !unknown.contains("mobile"), "{unknown}");
        assert_eq!(told(json!({ "unmanagedAttributePolicy": "ADMIN_VIEW" })), "");
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
