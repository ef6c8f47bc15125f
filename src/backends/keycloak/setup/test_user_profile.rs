//! The values of the self-test's user: those that the administrator gives, and samples for the other required attributes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::admin_api::{AdminApi, AdminRight};
use crate::backends::keycloak::wire::User;
use crate::domain::{About, Error, Result};

/// The username of the test user, unless the administrator gives another.
pub(super) const NAME: &str = "tellonce-self-test";
/// Mail to `.invalid` goes nowhere (RFC 6761 section 6.4).
const EMAIL: &str = "tellonce-self-test@example.invalid";
/// The reserved texts, with the field that each is in. Every test user has one of them.
pub(super) const LOOKUPS: [(&str, &str); 2] = [("username", NAME), ("email", EMAIL)];
/// The attributes that are fields of a user, and the others are not.
const FIELDS: [&str; 4] = ["username", "email", "firstName", "lastName"];
/// Validators of a user profile for which there is no sample: a pattern, and a date as the reader's language writes it.
const WITHOUT_SAMPLE: [&str; 2] = ["pattern", "local-date"];

/// What the test user is created from.
#[derive(Clone, Debug)]
pub(super) struct TestUserProfile {
    /// The values that the administrator gave, by attribute.
    given: BTreeMap<String, Vec<String>>,
}

impl TestUserProfile {
    pub(super) const fn new(given: BTreeMap<String, Vec<String>>) -> Self {
        Self { given }
    }

    /// Returns the username that the user is created with.
    pub(super) fn username(&self) -> &str {
        self.field("username", NAME)
    }

    fn email(&self) -> &str {
        self.field("email", EMAIL)
    }

    fn field<'a>(&'a self, name: &str, or: &'a str) -> &'a str {
        self.given.get(name).and_then(|values| values.first()).map_or(or, String::as_str)
    }

    /// Returns what a password policy may compare a password with.
    pub(super) fn about(&self) -> About {
        About { username: Some(self.username().to_owned()), email: Some(self.email().to_owned()) }
    }

    /// Says whether a user is one that a self-test created. The administrator may have given a name or an address that
    /// belongs to somebody: at least one of the two is reserved for the self-test.
    pub(super) fn is_test_user(&self, user: &User) -> bool {
        let (name, email) = (user.username.as_deref(), user.email.as_deref());
        let is_own_name = name.is_some_and(|name| [NAME, EMAIL].contains(&name));
        let is_own_email = email == Some(EMAIL);
        let is_given_name = name == Some(self.username()) || (name.is_some() && name == Some(self.email()));
        let is_given_email = email == Some(self.email());
        (is_own_name || is_given_name) && (is_own_email || is_given_email) && (is_own_name || is_own_email)
    }

    /// Returns the user's JSON representation, without a password.
    ///
    /// # Errors
    /// As for [`AdminApi::get`].
    pub(super) async fn representation(&self, admin: &AdminApi) -> Result<Value> {
        let mut attributes = Map::new();
        for attribute in read_attributes(admin).await?.iter().filter(|attribute| attribute["required"].is_object()) {
            attributes.insert(name_of(attribute).to_owned(), json!([sample_value(&attribute["validations"])]));
        }
        for (name, values) in &self.given {
            attributes.insert(name.clone(), json!(values));
        }
        attributes.retain(|name, _| !FIELDS.contains(&name.as_str()));
        Ok(json!({ "username": self.username(), "email": self.email(), "emailVerified": true, "enabled": true,
            "firstName": self.field("firstName", "tellonce"), "lastName": self.field("lastName", "self-test"),
            "attributes": attributes }))
    }

    /// Adds to the error of a user who could not be created how to give the values that the realm refuses.
    pub(super) fn explain((error, refused): (Error, Vec<String>)) -> Error {
        let names: Vec<&str> = refused.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        if names.is_empty() {
            return error;
        }
        error.hint(format!("Give the self-test's user what the realm takes: {}.", arguments(&names)))
    }

    /// Says which values the administrator has to give, because the realm takes certain ones and no sample is known.
    ///
    /// # Errors
    /// As for [`AdminApi::get`].
    pub(super) async fn note(&self, admin: &AdminApi) -> Result<Option<String>> {
        let attributes = read_attributes(admin).await?;
        let missing: Vec<&str> =
            attributes.iter().filter(|attribute| self.needs_value(attribute)).map(name_of).collect();
        if missing.is_empty() {
            return Ok(None);
        }
        Ok(Some(format!(
            "the realm takes only certain values for {}: the user of the self-test may be refused. Give values that it takes: {}.",
            missing.join(", "),
            arguments(&missing)
        )))
    }

    fn needs_value(&self, attribute: &Value) -> bool {
        let name = name_of(attribute);
        let is_sent = attribute["required"].is_object() || FIELDS.contains(&name);
        let has_sample = !WITHOUT_SAMPLE.iter().any(|validator| attribute["validations"][*validator].is_object());
        is_sent && !has_sample && !self.given.contains_key(name)
    }
}

/// Returns the arguments of `setup` that give these attributes values.
fn arguments(names: &[&str]) -> String {
    let each: Vec<String> = names.iter().map(|name| format!("--test-user-attribute {name}=VALUE")).collect();
    format!("`tellonce setup {}`", each.join(" "))
}

/// Reads the attributes of the realm's user profile.
async fn read_attributes(admin: &AdminApi) -> Result<Vec<Value>> {
    let profile: Value = admin.get(&["users", "profile"], &[], AdminRight::Users).await?;
    Ok(profile["attributes"].as_array().cloned().unwrap_or_default())
}

fn name_of(attribute: &Value) -> &str {
    attribute["name"].as_str().unwrap_or_default()
}

/// Returns a value that meets an attribute's validations: the first option, a number, an address, a date, or a text of the
/// least length.
fn sample_value(validations: &Value) -> String {
    if let Some(first) = validations["options"]["options"][0].as_str() {
        return first.to_owned();
    }
    if let Some(kind) = ["integer", "double"].into_iter().find(|kind| validations[*kind].is_object()) {
        let least = &validations[kind]["min"];
        return least
            .as_str()
            .map_or_else(|| if least.is_number() { least.to_string() } else { "1".to_owned() }, str::to_owned);
    }
    let fixed = [("uri", "https://example.invalid/"), ("iso-date", "2000-01-01"), ("email", EMAIL)];
    if let Some((_, value)) = fixed.into_iter().find(|(kind, _)| validations[*kind].is_object()) {
        return value.to_owned();
    }
    let least = &validations["length"]["min"];
    let least = least.as_u64().or_else(|| least.as_str()?.parse().ok()).unwrap_or(1);
    "tellonce".chars().cycle().take(usize::try_from(least.clamp(8, 255)).unwrap_or(8)).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn a_required_attribute_gets_a_value_that_meets_its_validations() {
        for (validations, text) in [
            (json!({}), "tellonce"),
            (json!({ "options": { "options": ["north", "south"] } }), "north"),
            (json!({ "integer": { "min": "3" } }), "3"),
            (json!({ "integer": { "min": 4 } }), "4"),
            (json!({ "double": {} }), "1"),
            (json!({ "uri": {} }), "https://example.invalid/"),
            (json!({ "iso-date": {} }), "2000-01-01"),
            (json!({ "email": {} }), EMAIL),
            (json!({ "length": { "min": "10", "max": 20 } }), "telloncete"),
        ] {
            assert_eq!(sample_value(&validations), text, "{validations}");
        }
    }

    fn given(values: &[(&str, &str)]) -> TestUserProfile {
        TestUserProfile::new(
            values.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect(),
        )
    }

    #[test]
    fn nobody_but_a_test_user_is_taken_for_one() {
        let user = |name: &str, email: &str| {
            serde_json::from_value::<User>(json!({ "id": "1", "username": name, "email": email }))
        };
        let plain = given(&[]);
        let named = given(&[("username", "400123")]);
        let addressed = given(&[("email", "test@example.com")]);
        let both = given(&[("username", "400123"), ("email", "test@example.com")]);
        for (profile, name, email, expected) in [
            (&plain, NAME, EMAIL, true),
            (&plain, EMAIL, EMAIL, true),
            (&plain, NAME, "ada@example.com", false),
            (&plain, "ada", EMAIL, false),
            (&named, "400123", EMAIL, true),
            (&named, NAME, EMAIL, true),
            (&named, "400123", "ada@example.com", false),
            (&addressed, NAME, "test@example.com", true),
            (&addressed, "test@example.com", "test@example.com", false),
            (&both, "400123", "test@example.com", false),
            (&both, NAME, EMAIL, true),
        ] {
            let user = user(name, email).unwrap();
            assert_eq!(profile.is_test_user(&user), expected, "{profile:?} {name} {email}");
        }
    }

    #[test]
    fn a_pattern_needs_a_value_unless_it_is_given() {
        let attribute = |name: &str, required: Value| json!({ "name": name, "required": required, "validations": { "pattern": { "pattern": "^[0-9]+$" } } });
        let (phone, optional, username) =
            (attribute("phone", json!({})), attribute("phone", Value::Null), attribute("username", Value::Null));
        let (plain, filled) = (given(&[]), given(&[("phone", "1"), ("username", "2")]));
        assert!(plain.needs_value(&phone) && plain.needs_value(&username) && !plain.needs_value(&optional));
        assert!(!filled.needs_value(&phone) && !filled.needs_value(&username));
    }
}
