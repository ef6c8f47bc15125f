//! The user and the client that the self-test creates and removes.

use std::cell::RefCell;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::admin_api::{AdminApi, AdminRight};
use super::browser_session::CALLBACK;
use super::test_user_profile::{LOOKUPS, NAME, TestUserProfile};
use crate::backends::keycloak::policy;
use crate::backends::keycloak::wire::{Group, User};
use crate::domain::{Candidates, Error, Result, RevealSink, sealed};
use crate::platform::SystemRandom;

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
pub(super) fn random_password(policy: Option<&str>, profile: &TestUserProfile) -> Result<Zeroizing<String>> {
    let policy = policy::parse(policy.unwrap_or_default());
    let password = Candidates::new(&policy, profile.about()).make(&mut SystemRandom)?;
    Ok(password.reveal(SelfTestUser))
}

/// Creates the client by which the test user signs in. The agents' client does not accept passwords.
pub(super) async fn create_client(admin: &AdminApi) -> Result<()> {
    let body = json!({
        "clientId": NAME, "publicClient": true, "directAccessGrantsEnabled": true, "standardFlowEnabled": true,
        "fullScopeAllowed": false, "redirectUris": [CALLBACK], "webOrigins": [],
    });
    admin.create(&["clients"], &body, AdminRight::Clients).await.map(drop)
}

/// The user whom a self-test created. It is what an intent is to a reset: the self-test changes this user, and no other.
pub(super) struct TestUser<'a> {
    admin: &'a AdminApi,
    id: String,
    /// The username, which is the e-mail address in some realms (`registrationEmailAsUsername`).
    pub(super) username: String,
    /// What the user was created from, without a password.
    representation: Value,
}

impl<'a> TestUser<'a> {
    /// Creates the user with a temporary password, and with no other required action. Puts its id into `created` at once.
    pub(super) async fn create(
        admin: &'a AdminApi,
        profile: &TestUserProfile,
        temporary: &str,
        created: &RefCell<Option<String>>,
    ) -> Result<Self> {
        let representation = profile.representation(admin).await?;
        let credentials = json!([{ "type": "password", "value": temporary, "temporary": true }]);
        let sent = admin.create_user(&with(&representation, "credentials", credentials)).await;
        let id = sent.map_err(TestUserProfile::explain)?;
        created.borrow_mut().clone_from(&id);
        let id = id.ok_or_else(|| Error::unavailable("The server created a user and did not name its id."))?;
        let mut user = Self { admin, id, username: profile.username().to_owned(), representation };
        let shown: User = admin.get(&["users", &user.id], &[], AdminRight::Users).await?;
        user.username = shown.username.unwrap_or(user.username);
        // The realm's other required actions for new users would keep the test user from signing in.
        user.set_required_actions(&json!(["UPDATE_PASSWORD"])).await?;
        Ok(user)
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

    /// Gives the user a password that need not be changed, and no required action.
    pub(super) async fn set_own_password(&self, password: &str) -> Result<()> {
        let body = json!({ "type": "password", "value": password, "temporary": false });
        self.admin.put(&["users", &self.id, "reset-password"], &body, AdminRight::Users).await?;
        self.set_required_actions(&json!([])).await
    }

    async fn set_required_actions(&self, actions: &Value) -> Result<()> {
        // A PUT replaces the whole profile, so all of it is sent again.
        let body =
            with(&with(&self.representation, "username", json!(self.username)), "requiredActions", actions.clone());
        self.admin.put(&["users", &self.id], &body, AdminRight::Users).await
    }
}

/// Returns an object with one more field.
fn with(object: &Value, field: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[field] = value;
    object
}

/// Removes the test user that was created, its client, and those of a run that was cut off. Reads back that they are gone.
pub(super) async fn remove(admin: &AdminApi, profile: &TestUserProfile, created: Option<&str>) -> Result<()> {
    let mut users = find_users(admin, profile).await?;
    users.extend(created.filter(|id| !users.iter().any(|found| found == id)).map(str::to_owned));
    for id in &users {
        admin.delete(&["users", id], AdminRight::Users).await?;
    }
    for id in find_clients(admin).await? {
        admin.delete(&["clients", &id], AdminRight::Clients).await?;
    }
    let mut left = Vec::new();
    let is_there = match created {
        Some(id) => admin.find::<User>(&["users", id], &[], AdminRight::Users).await?.is_some(),
        None => false,
    };
    if is_there || !find_users(admin, profile).await?.is_empty() {
        left.push("the user");
    }
    if !find_clients(admin).await?.is_empty() {
        left.push("the client");
    }
    if left.is_empty() {
        return Ok(());
    }
    Err(Error::unavailable(format!("The server took the removal, and still shows {}.", left.join(" and "))))
}

/// Finds the test users by name and by e-mail: in some realms the e-mail is the name.
async fn find_users(admin: &AdminApi, profile: &TestUserProfile) -> Result<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    for (field, value) in LOOKUPS {
        let users: Vec<User> = admin.get(&["users"], &[(field, value), ("exact", "true")], AdminRight::Users).await?;
        let ours = users.into_iter().filter(|user| profile.is_test_user(user)).map(|user| user.id);
        found.extend(ours.filter(|id| !found.contains(id)).collect::<Vec<_>>());
    }
    Ok(found)
}

async fn find_clients(admin: &AdminApi) -> Result<Vec<String>> {
    let clients: Vec<Value> = admin.get(&["clients"], &[("clientId", NAME)], AdminRight::Clients).await?;
    let ours = clients.iter().filter(|client| client["clientId"] == NAME);
    Ok(ours.filter_map(|client| client["id"].as_str()).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;
    use crate::domain::About;

    fn profile() -> TestUserProfile {
        TestUserProfile::new(std::collections::BTreeMap::new())
    }

    #[test]
    fn each_random_password_differs_and_meets_the_policy() {
        for policy in ["", "maxLength(12) and upperCase(2) and digits(2) and specialChars(1)", "length(40)"] {
            let (one, other) = (
                random_password(Some(policy), &profile()).unwrap(),
                random_password(Some(policy), &profile()).unwrap(),
            );
            assert_ne!(*one, *other);
            assert_eq!(policy::parse(policy).known().broken_by(&one, &About::default()), [], "{policy}");
        }
        let unknown_rule = random_password(Some("quantumSafe(7)"), &profile()).unwrap();
        assert_eq!(crate::domain::Policy::strictest_usual().broken_by(&unknown_rule, &About::default()), []);
        let plain = random_password(Some("regexPattern(^[A-Za-z0-9]{12,}$)"), &profile()).unwrap();
        assert!(plain.chars().all(|letter| letter.is_ascii_alphanumeric()));
        assert!(random_password(Some("maxLength(6)"), &profile()).is_err());
    }
}
