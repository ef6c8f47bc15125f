//! The user who is made for the self-test, and the client that they sign in by.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::calls::{Calls, Need};
use crate::backends::keycloak::policy;
use crate::backends::keycloak::wire::User;
use crate::domain::{About, Candidates, Error, Result, RevealSink, sealed};
use crate::platform::SystemRandom;

/// The name of both.
pub(super) const NAME: &str = "tellonce-self-test";
/// Mail to `.invalid` goes nowhere (RFC 6761 section 6.4).
const EMAIL: &str = "tellonce-self-test@example.invalid";

/// The self-test signs in as the user it made, as a customer would.
struct SelfTestUser;

impl sealed::Sealed for SelfTestUser {}

impl RevealSink for SelfTestUser {
    type Output = Zeroizing<String>;

    fn take(self, characters: &str) -> Zeroizing<String> {
        Zeroizing::new(characters.to_owned())
    }
}

/// A password that nobody is told, to this realm's policy.
///
/// # Errors
/// Exit 7, `policy`: no password of at least 64 bits meets it. Exit 1: the random source failed.
pub(super) fn made_up(policy: Option<&str>) -> Result<Zeroizing<String>> {
    let about = About { username: Some(NAME.to_owned()), email: Some(EMAIL.to_owned()) };
    let policy = policy::parse(policy.unwrap_or_default());
    let made = Candidates::new(&policy, about).make(&mut SystemRandom)?;
    Ok(made.reveal(SelfTestUser))
}

/// By it the user made for it signs in; the agents' own client takes no passwords.
pub(super) async fn make_client(calls: &Calls) -> Result<()> {
    let body = json!({
        "clientId": NAME, "publicClient": true, "directAccessGrantsEnabled": true, "standardFlowEnabled": true,
        "fullScopeAllowed": false, "redirectUris": ["http://127.0.0.1/callback"], "webOrigins": [],
    });
    calls.make(&["clients"], &body, Need::Clients).await.map(drop)
}

/// A user with a temporary password and nothing else to do at the first sign-in; its id.
pub(super) async fn make_user(calls: &Calls, temporary: &str) -> Result<String> {
    let user = |more: Value| {
        let mut user = json!({ "username": NAME, "email": EMAIL, "emailVerified": true, "enabled": true,
            "firstName": "tellonce", "lastName": "self-test" });
        if let (Some(user), Value::Object(more)) = (user.as_object_mut(), more) {
            user.extend(more);
        }
        user
    };
    let attributes = asked_of_everybody(calls).await?;
    let credentials = json!([{ "type": "password", "value": temporary, "temporary": true }]);
    let made = calls
        .make(&["users"], &user(json!({ "credentials": credentials, "attributes": attributes })), Need::Users)
        .await?;
    let id = made.ok_or_else(|| Error::unavailable("The server made a user and did not say which it is."))?;
    // What the realm asks of every new user at the first sign-in is not what is tried here.
    let only = user(json!({ "requiredActions": ["UPDATE_PASSWORD"], "attributes": attributes }));
    calls.put(&["users", &id], &only, Need::Users).await?;
    Ok(id)
}

/// Removes the user and the client made for it, also those of a run that was cut off.
pub(super) async fn clear_away(calls: &Calls) -> Result<()> {
    let query = [("username", NAME), ("exact", "true")];
    let users: Vec<User> = calls.get(&["users"], &query, Need::Users).await?;
    for user in users.iter().filter(|user| user.email.as_deref() == Some(EMAIL)) {
        calls.remove(&["users", &user.id], Need::Users).await?;
    }
    let clients: Vec<Value> = calls.get(&["clients"], &[("clientId", NAME)], Need::Clients).await?;
    for id in clients.iter().filter(|client| client["clientId"] == NAME).filter_map(|client| client["id"].as_str()) {
        calls.remove(&["clients", id], Need::Clients).await?;
    }
    Ok(())
}

/// The attributes that the realm's user profile requires of every user, each with something that it may take.
async fn asked_of_everybody(calls: &Calls) -> Result<Value> {
    let profile: Value = calls.get(&["users", "profile"], &[], Need::Users).await?;
    let own = ["username", "email", "firstName", "lastName"];
    let mut filled = serde_json::Map::new();
    for attribute in profile["attributes"].as_array().into_iter().flatten() {
        let name = attribute["name"].as_str().unwrap_or_default();
        if attribute["required"].is_object() && !own.contains(&name) {
            filled.insert(name.to_owned(), json!([something(&attribute["validations"])]));
        }
    }
    Ok(Value::Object(filled))
}

/// The first of the options, a number where one is wanted, else a text of the least length.
fn something(validations: &Value) -> String {
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
    fn what_a_profile_requires_is_filled_with_something_it_may_take() {
        for (validations, text) in [
            (json!({}), "tellonce"),
            (json!({ "options": { "options": ["north", "south"] } }), "north"),
            (json!({ "integer": { "min": "3" } }), "3"),
            (json!({ "integer": { "min": 4 } }), "4"),
            (json!({ "double": {} }), "1"),
            (json!({ "length": { "min": "10", "max": 20 } }), "telloncete"),
        ] {
            assert_eq!(something(&validations), text, "{validations}");
        }
    }

    #[test]
    fn a_made_up_password_is_another_each_time_and_to_the_policy() {
        for policy in ["", "maxLength(12) and upperCase(2) and digits(2) and specialChars(1)", "length(40)"] {
            let (one, other) = (made_up(Some(policy)).unwrap(), made_up(Some(policy)).unwrap());
            assert_ne!(*one, *other);
            assert_eq!(policy::parse(policy).known().broken_by(&one, &About::default()), [], "{policy}");
        }
        let odd = made_up(Some("quantumSafe(7)")).unwrap();
        assert_eq!(crate::domain::Policy::strictest_usual().broken_by(&odd, &About::default()), []);
        let plain = made_up(Some("regexPattern(^[A-Za-z0-9]{12,}$)")).unwrap();
        assert!(plain.chars().all(|letter| letter.is_ascii_alphanumeric()));
        assert!(made_up(Some("maxLength(6)")).is_err());
    }
}
