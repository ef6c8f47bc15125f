//! `setup`'s self-test generates passwords that meet the realm's policy; the plan says if none can.

use serde_json::json;

use super::setup::{snapshot, states};
use crate::support::TestEnvironment;
use crate::support::keycloak::{PROTECTED, Realm, RealmOptions, Server};

fn realm_with(policy: &str) -> Realm<'static> {
    Realm::with(Server::shared(), &RealmOptions { policy: policy.to_owned(), ..RealmOptions::default() })
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn the_proof_is_made_with_passwords_that_the_realm_takes() {
    for policy in [
        "maxLength(12) and upperCase(2) and digits(2) and specialChars(1) and passwordHistory(3)",
        "length(45) and notUsername(undefined) and notContainsUsername(undefined) and notEmail(undefined)",
        "regexPattern(^[^ ]*[0-9]+[^ ]*$) and lowerCase(3) and passwordAge(30)",
        "regexPattern(^[A-Za-z0-9]{12,}$)",
    ] {
        let realm = realm_with("");
        // The users of the test realm have passwords already, which need not meet it.
        realm.change(
            json!({ "passwordPolicy": format!("{policy} and hashAlgorithm(pbkdf2-sha512) and hashIterations(1)") }),
        );
        let done = states(&TestEnvironment::for_realm(&realm, PROTECTED).setup(&realm, &["--yes"]).must(0));
        assert!(done.contains(&("self_test".into(), "done".into())), "{policy}: {done:?}");
        assert!(!snapshot(&realm).to_string().contains("tellonce-self-test"), "{policy}");
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_policy_that_no_temporary_password_meets_is_reported_with_the_plan() {
    let realm = realm_with("");
    let cheap = "hashAlgorithm(pbkdf2-sha512) and hashIterations(1)";
    realm.change(json!({ "passwordPolicy": format!("maxLength(8) and {cheap}") }));
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let notes = env.setup(&realm, &["--dry-run"]).must(0).json()["notes"].to_string();
    assert!(notes.contains("64 bits") && notes.contains("at most 8 characters"), "{notes}");
    let error = env.setup(&realm, &["--yes"]).must(7).error();
    assert_eq!((&error["reason"], &error["changed"]), (&"policy".into(), &"yes".into()), "{error}");
    assert!(error["message"].as_str().unwrap().contains("is the realm's reset flow again"), "{error}");
    assert!(!snapshot(&realm).to_string().contains("tellonce-self-test"));
    realm.change(json!({ "passwordPolicy": format!("maxLength(20) and {cheap}") }));
    let done = states(&env.setup(&realm, &["--yes"]).must(0));
    let done: Vec<&str> = done.iter().filter(|(_, state)| state == "done").map(|(id, _)| id.as_str()).collect();
    assert_eq!(done, ["reset_flow", "self_test"]);
}
