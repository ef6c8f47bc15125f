//! What a reset ends: offline sessions too, whatever second their tokens are from.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::support::TestEnvironment;
use crate::support::keycloak::{Grant, Realm, RealmOptions, Rights, Server};

/// A realm whose customers may have offline sessions, which users of a realm's JSON may not.
fn realm() -> Realm<'static> {
    let realm = Realm::with(Server::shared(), &RealmOptions::default());
    let role = realm.rest().get(&format!("/roles/default-roles-{}", realm.name()));
    let path = format!("/users/{}/role-mappings/realm", realm.user_id("ada.lovelace"));
    realm.rest().post(&path, json!([role]));
    realm
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn an_offline_session_that_is_refreshed_meanwhile_is_ended() {
    let realm = realm();
    let env = TestEnvironment::for_agent(&realm, Rights::ManageUsers);
    let first = realm.offline_token("ada.lovelace");
    let shop = realm.client_uuid("shop");
    let sessions = format!("/users/{}/offline-sessions/{shop}", realm.user_id("ada.lovelace"));
    assert_eq!(realm.rest().get(&sessions).as_array().unwrap().len(), 1);
    let over = AtomicBool::new(false);
    let (issued, last) = std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            let mut token = first.clone();
            while !over.load(Ordering::Relaxed) {
                let Grant::Given(tokens) = realm.refresh("shop", &token) else { break };
                token = tokens.refresh.unwrap_or(token);
            }
            token
        });
        let issued = env.reset("ada.lovelace", &["-o", "json"]).must(0).json();
        over.store(true, Ordering::Relaxed);
        (issued, client.join().unwrap())
    });
    for token in [&first, &last] {
        assert!(matches!(realm.refresh("shop", token), Grant::Refused(..)), "the client is signed in after the reset");
    }
    assert_eq!(issued["sessions_ended"], "all");
    assert_eq!(realm.rest().get(&sessions), json!([]));
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_withdrawal_ends_them_as_well() {
    let realm = realm();
    let env = TestEnvironment::for_agent(&realm, Rights::ManageUsers);
    let shop = realm.client_uuid("shop");
    let sessions = format!("/users/{}/offline-sessions/{shop}", realm.user_id("ada.lovelace"));
    let token = realm.offline_token("ada.lovelace");
    let user = format!("/users/{}", realm.user_id("ada.lovelace"));
    let mut ada = realm.rest().get(&user);
    ada["requiredActions"] = json!(["UPDATE_PASSWORD"]); // as after a temporary password
    realm.rest().put(&user, ada);
    let withdrawn = env.run(&["-o", "json", "withdraw", "ada.lovelace", "--yes"]).must(0).json();
    assert_eq!(withdrawn["sessions_ended"], "all");
    assert_eq!(realm.rest().get(&sessions), json!([]));
    assert!(matches!(realm.refresh("shop", &token), Grant::Refused(..)));
}
