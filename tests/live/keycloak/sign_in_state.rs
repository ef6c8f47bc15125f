//! Who may sign in: locked for a while, locked for good, disabled; and whose roles a token passes on.

use serde_json::json;

use crate::support::TestEnvironment;
use crate::support::keycloak::{Entered, PROTECTED, Realm, RealmOptions, Rights, Server, old_password};

/// Fails to sign in until the server has counted enough: it counts in a thread of its own, after its answer.
fn lock_out(realm: &Realm<'_>, customer: &str) {
    let path = format!("/attack-detection/brute-force/users/{}", realm.user_id(customer));
    for _ in 0..60 {
        assert!(matches!(realm.browser().sign_in(customer, "wrong"), Entered::Refused(_)));
        if realm.rest().get(&path)["disabled"] == true {
            return;
        }
    }
    panic!("{customer} is not locked out");
}

/// The realm locks nobody for good meanwhile.
fn lock_out_for_a_while(realm: &Realm<'_>, customer: &str) {
    realm.change(json!({ "permanentLockout": false }));
    lock_out(realm, customer);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_lock_out_for_good_is_reported_as_one_and_unlocking_does_not_pretend_to_help() {
    let options = RealmOptions { brute_force: true, ..RealmOptions::default() };
    let realm = Realm::with(Server::shared(), &options);
    let env = TestEnvironment::for_agent(&realm, Rights::ManageUsers);
    lock_out_for_a_while(&realm, "mary.jackson");
    realm.change(json!({ "permanentLockout": true, "quickLoginCheckMilliSeconds": 1 }));
    lock_out(&realm, "ada.lovelace");
    for (customer, reason, status) in [
        ("ada.lovelace", "permanently_locked", "locked"),
        ("mary.jackson", "locked", "locked"),
        ("alan.turing", "disabled", "disabled"),
    ] {
        assert_eq!(env.reset(customer, &["-o", "json"]).must(7).error()["reason"], reason, "{customer}");
        let shown = env.run(&["-o", "json", "show", customer]).must(0).json();
        assert_eq!(shown["status"], status, "{customer}: {shown}");
        assert_eq!(shown["disabled"], reason == "disabled", "{customer}: {shown}");
    }
    let unlock =
        |customer: &str| env.run(&["-o", "json", "reset", customer, "--unlock", "--yes", "--reveal", "stdout"]);
    let unlock_alone = |customer: &str| env.run(&["-o", "json", "unlock", customer, "--yes"]);
    assert_eq!(unlock_alone("ada.lovelace").must(7).error()["reason"], "permanently_locked");
    assert_eq!(unlock_alone("alan.turing").must(7).error()["reason"], "disabled");
    assert_eq!(unlock_alone("mary.jackson").must(0).json()["status"], "active");
    assert!(matches!(realm.browser().sign_in("mary.jackson", old_password()), Entered::SignedIn(_)));
    assert_eq!(unlock_alone("mary.jackson").must(7).error()["reason"], "not_locked");
    lock_out_for_a_while(&realm, "mary.jackson");
    assert_eq!(unlock("ada.lovelace").must(7).error()["reason"], "permanently_locked");
    unlock("mary.jackson").must(0);
    // An administrator lifts the lock only: the user is still disabled.
    let path = format!("/attack-detection/brute-force/users/{}", realm.user_id("ada.lovelace"));
    realm.rest().delete(&path);
    assert_ne!(env.reset("ada.lovelace", &["-o", "json"]).must(7).error()["reason"], "locked");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_role_that_the_client_keeps_back_is_distinguished_from_one_that_the_agent_lacks() {
    let realm = Realm::shipped(Server::shared());
    let narrow = json!({ "clientId": "narrow", "publicClient": true, "directAccessGrantsEnabled": true,
        "fullScopeAllowed": false });
    realm.rest().post("/clients", narrow);
    let kept_back = TestEnvironment::for_realm(&realm, PROTECTED).with_token(realm.token_by("narrow", "robin"));
    let error = kept_back.reset("ada.lovelace", &["-o", "json"]).must(4).error();
    let (message, hint) = (error["message"].as_str().unwrap(), error["hint"].as_str().unwrap());
    assert!(message.contains("\"narrow\" does not pass all your roles on"), "{error}");
    assert!(hint.contains("Full scope allowed"), "{error}");
    let doctor = kept_back.run(&["-o", "json", "doctor"]).must(11).json();
    let checks = doctor["checks"].to_string();
    assert!(checks.contains("Full scope allowed"), "{checks}");
    let lacking =
        TestEnvironment::for_agent(&realm, Rights::Nothing).reset("ada.lovelace", &["-o", "json"]).must(4).error();
    assert!(lacking["message"].as_str().unwrap().contains("You do not have that role"), "{lacking}");
    assert!(!lacking.to_string().contains("Full scope"), "{lacking}");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_realms_name_is_shown_as_people_write_it() {
    for called in ["two words ", "Kunden Süd "] {
        let options = RealmOptions { called: called.to_owned(), ..RealmOptions::default() };
        let realm = Realm::with(Server::shared(), &options);
        let env = TestEnvironment::for_agent(&realm, Rights::AndViewRealm);
        let agent = env.run(&["-o", "json", "whoami"]).must(0).json()["agent"].clone();
        assert_eq!(agent, "robin", "an agent of this realm, not of another");
        let doctor = env.run(&["-o", "json", "doctor"]).json();
        let text = doctor["checks"].to_string();
        assert!(text.contains(realm.name()) && !text.contains("%20"), "{text}");
    }
}
