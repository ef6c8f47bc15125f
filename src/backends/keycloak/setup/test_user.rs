//! The user and the client that the self-test creates and removes.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::admin_api::{AdminApi, AdminRight};
use crate::backends::keycloak::policy;
use crate::backends::keycloak::wire::{Group, User};
use crate::domain::{About, Candidates, Error, Result, RevealSink, sealed};
use crate::platform::SystemRandom;

/// The name of user and client.
pub(super) const NAME: &str = "tellonce-self-test";
/// Mail to `.invalid` goes nowhere (RFC 6761 section 6.4).
const EMAIL: &str = "tellonce-self-test@example.invalid";

/// The sink of a test user's password: the self-test signs in with it, as a customer would.
struct SelfTestUser;

impl sealed::Sealed for SelfTestUser {}

impl RevealSink for SelfTestUser {
    type Output = Zeroizing<String>;

    fn take(self, characters: &str) -> Zeroizing<String> {
        Zeroizing::new(characters.to_owned())
    }
}

/// Generates a password that meets this realm's policy, and that nobody sees.
///
/// # Errors
/// Exit 7, `policy`: no password of at least 64 bits meets it. Exit 1: the random source failed.
pub(super) fn random_password(policy: Option<&str>) -> Result<Zeroizing<String>> {
    let about = About { username: Some(NAME.to_owned()), email: Some(EMAIL.to_owned()) };
    let policy = policy::parse(policy.unwrap_or_default());
    let password = Candidates::new(&policy, about).make(&mut SystemRandom)?;
    Ok(password.reveal(SelfTestUser))
}

/// Creates the client by which the test user signs in. The agents' client does not accept passwords.
pub(super) async fn create_client(admin: &AdminApi) -> Result<()> {
    let body = json!({
        "clientId": NAME, "publicClient": true, "directAccessGrantsEnabled": true, "standardFlowEnabled": true,
        "fullScopeAllowed": false, "redirectUris": ["http://127.0.0.1/callback"], "webOrigins": [],
    });
    admin.create(&["clients"], &body, AdminRight::Clients).await.map(drop)
}

/// The user whom a self-test created. It is what an intent is to a reset: the self-test changes this user, and no other.
pub(super) struct TestUser<'a> {
    admin: &'a AdminApi,
    id: String,
}

impl<'a> TestUser<'a> {
    /// Creates the user with a temporary password, and with no other required action.
    pub(super) async fn create(admin: &'a AdminApi, temporary: &str) -> Result<Self> {
        let id = create_user(admin, temporary).await?;
        Ok(Self { admin, id })
    }

    /// Puts the user into a group.
    pub(super) async fn join(&self, group: &str) -> Result<()> {
        self.admin.put_empty(&["users", &self.id, "groups", group], AdminRight::Users).await
    }

    /// Says whether the user is in a group.
    pub(super) async fn is_in(&self, group: &str) -> Result<bool> {
        let groups: Vec<Group> = self.admin.get(&["users", &self.id, "groups"], &[], AdminRight::Users).await?;
        Ok(groups.iter().any(|found| found.id == group))
    }

    /// Gives the user a password that need not be changed.
    pub(super) async fn set_own_password(&self, password: &str) -> Result<()> {
        let body = json!({ "type": "password", "value": password, "temporary": false });
        self.admin.put(&["users", &self.id, "reset-password"], &body, AdminRight::Users).await
    }
}

/// Creates a user with a temporary password, and with no other required action. Returns its id.
async fn create_user(admin: &AdminApi, temporary: &str) -> Result<String> {
    let user = |more: Value| {
        let mut user = json!({ "username": NAME, "email": EMAIL, "emailVerified": true, "enabled": true,
            "firstName": "tellonce", "lastName": "self-test" });
        if let (Some(user), Value::Object(more)) = (user.as_object_mut(), more) {
            user.extend(more);
        }
        user
    };
    let attributes = required_attributes(admin).await?;
    let credentials = json!([{ "type": "password", "value": temporary, "temporary": true }]);
    let created = admin
        .create(&["users"], &user(json!({ "credentials": credentials, "attributes": attributes })), AdminRight::Users)
        .await?;
    let id = created.ok_or_else(|| Error::unavailable("The server created a user and did not name its id."))?;
    // The realm's other required actions for new users would keep the test user from signing in.
    let only = user(json!({ "requiredActions": ["UPDATE_PASSWORD"], "attributes": attributes }));
    admin.put(&["users", &id], &only, AdminRight::Users).await?;
    Ok(id)
}

/// Removes the test user and its client, also those of a run that was cut off.
pub(super) async fn remove_leftovers(admin: &AdminApi) -> Result<()> {
    let query = [("username", NAME), ("exact", "true")];
    let users: Vec<User> = admin.get(&["users"], &query, AdminRight::Users).await?;
    for user in users.iter().filter(|user| user.email.as_deref() == Some(EMAIL)) {
        admin.delete(&["users", &user.id], AdminRight::Users).await?;
    }
    let clients: Vec<Value> = admin.get(&["clients"], &[("clientId", NAME)], AdminRight::Clients).await?;
    for id in clients.iter().filter(|client| client["clientId"] == NAME).filter_map(|client| client["id"].as_str()) {
        admin.delete(&["clients", id], AdminRight::Clients).await?;
    }
    Ok(())
}

/// Returns the attributes that the realm's user profile requires, each with a value that it should accept.
async fn required_attributes(admin: &AdminApi) -> Result<Value> {
    let profile: Value = admin.get(&["users", "profile"], &[], AdminRight::Users).await?;
    let own = ["username", "email", "firstName", "lastName"];
    let mut filled = serde_json::Map::new();
    for attribute in profile["attributes"].as_array().into_iter().flatten() {
        let name = attribute["name"].as_str().unwrap_or_default();
        if attribute["required"].is_object() && !own.contains(&name) {
            filled.insert(name.to_owned(), json!([sample_value(&attribute["validations"])]));
        }
    }
    Ok(Value::Object(filled))
}

/// Returns a value that meets an attribute's validations: the first option, a number, or a text of the least length.
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
            (json!({ "length": { "min": "10", "max": 20 } }), "telloncete"),
        ] {
            assert_eq!(sample_value(&validations), text, "{validations}");
        }
    }

    #[test]
    fn each_random_password_differs_and_meets_the_policy() {
        for policy in ["", "maxLength(12) and upperCase(2) and digits(2) and specialChars(1)", "length(40)"] {
            let (one, other) = (random_password(Some(policy)).unwrap(), random_password(Some(policy)).unwrap());
            assert_ne!(*one, *other);
            assert_eq!(policy::parse(policy).known().broken_by(&one, &About::default()), [], "{policy}");
        }
        let unknown_rule = random_password(Some("quantumSafe(7)")).unwrap();
        assert_eq!(crate::domain::Policy::strictest_usual().broken_by(&unknown_rule, &About::default()), []);
        let plain = random_password(Some("regexPattern(^[A-Za-z0-9]{12,}$)")).unwrap();
        assert!(plain.chars().all(|letter| letter.is_ascii_alphanumeric()));
        assert!(random_password(Some("maxLength(6)")).is_err());
    }
}
