//! A withdrawal from a user whose password another system has too: no earlier password comes back.

use serde_json::json;

use crate::support::TestEnvironment;
use crate::support::keycloak::{Chosen, Entered, Realm, Rights, Server, old_password};

/// Links a user to the realm's identity provider.
fn link(realm: &Realm<'_>, username: &str) {
    let path = format!("/users/{}/federated-identity/elsewhere", realm.user_id(username));
    let identity = json!({ "identityProvider": "elsewhere", "userId": username, "userName": username });
    realm.rest().post(&path, identity);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn from_a_user_who_is_linked_to_a_broker_one_by_one_and_by_the_sweep() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_agent(&realm, Rights::AndViewRealm);
    for customer in ["ada.lovelace", "mary.jackson"] {
        link(&realm, customer);
        let issued = env.reset(customer, &["-o", "json"]).must(0).json();
        let temporary = issued["temporary_password"].as_str().unwrap().to_owned();
        let set_at = realm.password_set_at(customer);
        if customer == "ada.lovelace" {
            env.run(&["withdraw", customer, "--yes"]).must(0);
        } else {
            let swept = env.run(&["-o", "json", "withdraw", "--older-than", "0s", "--all", "--yes"]).must(0).json();
            assert_eq!(swept["withdrawn"].as_array().unwrap().len(), 1, "{swept}");
        }
        assert!(realm.password_set_at(customer) > set_at, "another one, which nobody knows");
        for password in [old_password(), &temporary] {
            assert!(matches!(realm.browser().sign_in(customer, password), Entered::Refused(_)), "{customer}");
        }
        let shown = env.run(&["-o", "json", "show", customer]).must(0).json();
        assert_eq!((&shown["status"], &shown["withdrawn"]), (&"force_password_reset".into(), &true.into()), "{shown}");
        let error = env.run(&["-o", "json", "withdraw", customer, "--yes"]).must(7).error();
        assert_eq!(error["reason"], "nothing_pending", "{error}");
        let swept = env.run(&["-o", "json", "withdraw", "--older-than", "0s", "--all", "--yes"]).must(0).json();
        assert_eq!(swept["total"], 0, "{swept}");
        let again = env.reset(customer, &["-o", "json"]).must(0).json();
        assert_eq!(env.run(&["-o", "json", "show", customer]).must(0).json()["withdrawn"], false);
        let temporary = again["temporary_password"].as_str().unwrap();
        let chosen = realm.browser().sign_in_and_choose(customer, temporary, "Chosen-by-me-2026");
        assert!(matches!(chosen, Chosen::SignedIn(_)), "{chosen:?}");
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn the_unknown_password_meets_a_policy_that_the_agent_cannot_read() {
    let realm = Realm::shipped(Server::shared());
    let policy = "length(20) and specialChars(3) and digits(4) and hashAlgorithm(pbkdf2-sha512) and hashIterations(1)";
    realm.change(json!({ "passwordPolicy": policy }));
    link(&realm, "ada.lovelace");
    let env = TestEnvironment::for_agent(&realm, Rights::ManageUsers);
    env.reset("ada.lovelace", &["-o", "json"]).must(0);
    env.run(&["withdraw", "ada.lovelace", "--yes"]).must(0);
    assert_eq!(env.run(&["-o", "json", "show", "ada.lovelace"]).must(0).json()["withdrawn"], true);
}
