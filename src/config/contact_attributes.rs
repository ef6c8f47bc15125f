//! The attributes of a backend that hold addresses and numbers.

use serde::Deserialize;

use super::settings::Settings;
use crate::domain::{Channel, Result};

/// The longest name of an attribute, in characters. That is Keycloak's limit.
const LONGEST_NAME: usize = 255;

/// The key `contact_attributes` as written. A list that is left out is the backend's usual one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactAttributeKeys {
    email: Option<Vec<String>>,
    phone: Option<Vec<String>>,
}

/// The attributes of a user that hold addresses and numbers, in the order in which they are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContactAttributes {
    pub(crate) email: Vec<String>,
    pub(crate) phone: Vec<String>,
}

impl ContactAttributes {
    /// Takes the profile's lists, or the usual ones in their place.
    ///
    /// # Errors
    /// Exit 2 with file, line and key: `is_name` refuses a name.
    pub(crate) fn of(
        keys: Option<ContactAttributeKeys>,
        usual: (&[&str], &[&str]),
        settings: &Settings,
        is_name: fn(&str) -> bool,
    ) -> Result<Self> {
        let keys = keys.unwrap_or_default();
        let names = |list: Option<Vec<String>>, usual: &[&str]| {
            list.unwrap_or_else(|| usual.iter().map(|name| (*name).to_owned()).collect())
        };
        let found = Self { email: names(keys.email, usual.0), phone: names(keys.phone, usual.1) };
        let is_wrong = |name: &str| name.chars().count() > LONGEST_NAME || !is_name(name);
        if let Some((_, name)) = found.named().find(|(_, name)| is_wrong(name)) {
            let problem = format!("contact_attributes: \"{}\" is not the name of an attribute", name.escape_debug());
            return Err(settings.wrong("contact_attributes", &problem));
        }
        Ok(found)
    }

    /// Returns each attribute with the channel of what it holds.
    pub(crate) fn named(&self) -> impl Iterator<Item = (Channel, &str)> {
        let emails = self.email.iter().map(|name| (Channel::Email, name.as_str()));
        emails.chain(self.phone.iter().map(|name| (Channel::Phone, name.as_str())))
    }
}
