//! The addresses and numbers that a realm shows an agent, and those that its user profile hides.

use serde_json::{Value, json};

use crate::support::TestEnvironment;
use crate::support::keycloak::{PROTECTED, Realm, Rights, Server};

fn masked(shown: &Value) -> Vec<&str> {
    shown["contacts"].as_array().unwrap().iter().map(|contact| contact["masked"].as_str().unwrap()).collect()
}

/// Adds an attribute to the realm's user profile, which these may view and change.
fn declare(realm: &Realm<'_>, name: &str, multivalued: bool, who: &[&str]) {
    let mut profile = realm.rest().get("/users/profile");
    profile["attributes"].as_array_mut().unwrap().push(json!({
        "name": name, "multivalued": multivalued, "permissions": { "view": who, "edit": who },
    }));
    realm.rest().put("/users/profile", profile);
}

/// Gives a customer these attributes.
fn give(realm: &Realm<'_>, username: &str, attributes: Value) {
    let mut user = realm.user(username);
    user["attributes"] = attributes;
    let id = user["id"].as_str().unwrap().to_owned();
    realm.rest().put(&format!("/users/{id}"), user);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn an_agent_sees_what_the_user_profile_shows_and_doctor_finds_what_it_hides() {
    let realm = Realm::shipped(Server::shared());
    declare(&realm, "mobile", true, &["admin", "user"]);
    declare(&realm, "phoneNumber", false, &["admin", "user"]);
    let all = json!({ "mobile": ["+44 20 7946 0018", "+44 20 7946 0019"], "phoneNumber": ["+44 20 7946 0020"],
        "phone_number": ["+44 20 7946 0021"] });
    give(&realm, "ada.lovelace", all.clone());
    for rights in [Rights::ManageUsers, Rights::ViewUsers] {
        let env = TestEnvironment::for_agent_with(&realm, rights, PROTECTED);
        let shown = env.run(&["-o", "json", "show", "ada.lovelace"]).must(0).json();
        assert_eq!(
            masked(&shown),
            ["a***@example.com", "***20", "***18", "***19"],
            "an attribute that is not declared"
        );
        assert_eq!(shown["contacts"][0]["changed_at"], Value::Null);
    }
    let env = TestEnvironment::for_agent_with(&realm, Rights::ManageUsers, PROTECTED);
    assert_eq!(check(&env).0, "ok");
    let mut profile = realm.rest().get("/users/profile");
    profile["unmanagedAttributePolicy"] = json!("ADMIN_VIEW");
    let mobile =
        profile["attributes"].as_array_mut().unwrap().iter_mut().find(|found| found["name"] == "mobile").unwrap();
    mobile["permissions"] = json!({ "view": ["user"], "edit": ["user"] });
    realm.rest().put("/users/profile", profile);
    let shown = env.run(&["-o", "json", "show", "ada.lovelace"]).must(0).json();
    assert_eq!(masked(&shown), ["a***@example.com", "***20"], "hidden looks like absent");
    let (state, words) = check(&env);
    assert!(state == "warning" && words.contains("hides mobile"), "{words}");
}

/// The state and the words of the check of `doctor`.
fn check(env: &TestEnvironment) -> (String, String) {
    let doctor = env.run(&["-o", "json", "doctor"]).json();
    let found = doctor["checks"].as_array().unwrap().iter().find(|check| check["id"] == "contacts").unwrap();
    (found["state"].as_str().unwrap().to_owned(), found["words"].as_str().unwrap().to_owned())
}
