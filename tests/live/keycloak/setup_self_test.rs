//! The self-test of `setup` in realms that sign people in another way, and what it leaves behind: nothing.

use serde_json::{Value, json};

use super::setup::{snapshot, states};
use crate::support::TestEnvironment;
use crate::support::keycloak::{PROTECTED, Realm, Server, old_password};

/// Binds a copy of the realm's direct grant flow that has one more execution, which everybody has to pass.
fn with_direct_grant(realm: &Realm<'_>, provider: &str) {
    let rest = realm.rest();
    rest.post("/authentication/flows/direct%20grant/copy", json!({ "newName": "narrow" }));
    rest.post("/authentication/flows/narrow/executions/execution", json!({ "provider": provider }));
    let all = rest.get("/authentication/flows/narrow/executions");
    let is_ours = |line: &&Value| line["providerId"] == provider && line["level"] == 0;
    let mut ours = all.as_array().unwrap().iter().find(is_ours).unwrap().clone();
    ours["requirement"] = json!("REQUIRED");
    rest.put("/authentication/flows/narrow/executions", ours);
    realm.change(json!({ "directGrantFlow": "narrow" }));
}

fn self_test_passes(realm: &Realm<'_>) {
    let env = TestEnvironment::for_realm(realm, PROTECTED);
    let done = env.setup(realm, &["--yes"]).must(0);
    assert!(states(&done).contains(&("self_test".into(), "done".into())), "{done:?}");
    assert!(!snapshot(realm).to_string().contains("tellonce-self-test"), "user and client are removed");
    let again = states(&env.setup(realm, &["--yes"]).must(0));
    assert!(again.contains(&("self_test".into(), "already".into())), "{again:?}");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn where_the_email_is_the_username_nobody_stays_behind() {
    let realm = Realm::shipped(Server::shared());
    realm.change(json!({ "registrationEmailAsUsername": true }));
    self_test_passes(&realm);
    // A user whom an earlier version left behind is found by the e-mail.
    let other = Realm::shipped(Server::shared());
    other.change(json!({ "registrationEmailAsUsername": true }));
    other.make_user(json!({ "email": "tellonce-self-test@example.invalid", "enabled": true }));
    self_test_passes(&other);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_direct_grant_that_is_closed_or_takes_a_one_time_code_does_not_matter() {
    for provider in ["deny-access-authenticator", "direct-grant-validate-otp"] {
        let realm = Realm::shipped(Server::shared());
        with_direct_grant(&realm, provider);
        self_test_passes(&realm);
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn an_administrator_whose_realm_takes_no_passwords_is_told_to_give_a_token() {
    let realm = Realm::shipped(Server::shared());
    let id = realm.make_user(json!({ "username": "root", "enabled": true, "email": "root@example.com",
        "emailVerified": true, "firstName": "Root", "lastName": "X",
        "credentials": [{ "type": "password", "value": old_password(), "temporary": false }] }));
    realm.give_roles(&id, &["realm-admin"]);
    with_direct_grant(&realm, "deny-access-authenticator");
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    for words in [&["-o", "json"][..], &[]] {
        let setup = ["setup", "--dry-run", "--administrator", "root", "--password-stdin"];
        let ran = env.run_with(&[words, &setup[..]].concat(), &format!("{}\n", old_password())).must(4);
        assert!(ran.stderr.contains("its direct grant is closed") && ran.stderr.contains("TELLONCE_TOKEN"), "{ran:?}");
        assert!(!ran.stderr.contains('<'), "no page: {ran:?}");
    }
}
