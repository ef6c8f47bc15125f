//! A misspelt or unreadable guard refuses every reset; the agent's own user and service accounts are never reset.

use serde_json::json;

use crate::support::TestEnvironment;
use crate::support::keycloak::{PROTECTED, Realm, RealmOptions, Rights, Server};

fn protected(what: &str) -> String {
    format!("protected = {{ {what} }}")
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_protected_group_or_role_that_is_not_there_refuses_every_command() {
    let realm = Realm::shipped(Server::shared());
    let pending = TestEnvironment::for_agent(&realm, Rights::AndViewRealm);
    pending.reset("ada.lovelace", &["-o", "json"]).must(0);
    let before = realm.password_set_at("ada.lovelace");
    for (what, named) in [
        ("groups = ['staff-admin']", "staff-admin"),
        ("groups = ['Staff-Admins']", "Staff-Admins"),
        ("groups = ['staff-admins', '/it/staff-admins']", "/it/staff-admins"),
        ("roles = ['Treasurer']", "Treasurer"),
        ("roles = ['realm-management/realm-admins']", "realm-management/realm-admins"),
        ("roles = ['realm-managment/realm-admin']", "realm-managment"),
    ] {
        let env = TestEnvironment::for_agent_with(&realm, Rights::AndViewClients, &protected(what));
        for customer in ["ada.lovelace", "barbara.liskov"] {
            let error = env.reset(customer, &["-o", "json"]).must(7).error();
            assert_eq!(
                (&error["reason"], &error["changed"]),
                (&"protection_unreadable".into(), &"no".into()),
                "{what}"
            );
            assert!(error["message"].as_str().unwrap().contains(named), "{what}: {error}");
        }
        let error = env.run(&["-o", "json", "withdraw", "ada.lovelace", "--yes"]).must(7).error();
        assert_eq!(error["reason"], "protection_unreadable", "{what}");
        let shown = env.run(&["-o", "json", "show", "ada.lovelace"]).must(0).json();
        assert_eq!(shown["obstacles"][0]["reason"], "protection_unreadable", "{what}: {shown}");
        let new = ["--create", "--email", "new@example.net", "--first-name", "New", "--last-name", "One"];
        let create = [&["-o", "json", "reset", "new@example.net", "--yes", "--reveal", "stdout"][..], &new].concat();
        assert_eq!(env.run(&create).must(7).error()["reason"], "protection_unreadable", "{what}");
        std::fs::write(env.path().join("in.csv"), "customer\nada.lovelace\nmary.jackson\n").unwrap();
        let bulk = ["-o", "json", "bulk", "in.csv", "--yes", "--expect", "2", "--reveal", "stdout"];
        let ran = env.run(&bulk);
        assert_ne!(ran.code, 0, "{ran:?}");
        assert!(!ran.stdout.contains("temporary_password\":\""), "{ran:?}");
        let doctor = env.run(&["-o", "json", "doctor"]).must(11).json();
        let check = doctor["checks"].as_array().unwrap().iter().find(|check| check["id"] == "protection").unwrap();
        assert_eq!(check["state"], "fault", "{what}: {check}");
    }
    assert_eq!(realm.password_set_at("ada.lovelace"), before);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_guard_is_looked_up_once_in_a_bulk_run() {
    let realm = Realm::shipped(Server::shared());
    let proxy = crate::support::fault_proxy::FaultProxy::before(realm.url());
    let env = TestEnvironment::for_agent_with(&realm.reached_by(proxy.address()), Rights::AndViewRealm, PROTECTED);
    std::fs::write(env.path().join("in.csv"), "customer\nada.lovelace\nmary.jackson\nhanako\n").unwrap();
    env.run(&["bulk", "in.csv", "--yes", "--expect", "3", "--reveal", "stdout"]).must(0);
    assert_eq!(proxy.count("GET", "/groups?search=staff-admins"), 1);
    assert_eq!(proxy.count("GET", "/roles/treasurer"), 1);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn groups_are_compared_as_the_server_names_them() {
    let more = json!({ "groups": [
        { "name": "staff-admins" },
        { "name": "it", "subGroups": [{ "name": "Nested Admins", "subGroups": [{ "name": "root" }] }] },
        { "name": "London/admins" },
    ] });
    let realm = Realm::with(Server::shared(), &RealmOptions { more, ..RealmOptions::default() });
    let root = realm.rest().get("/groups?search=root")[0]["subGroups"][0]["subGroups"][0]["id"].clone();
    let london = realm.rest().get("/groups?search=London")[0]["id"].clone();
    for (customer, group) in [("ada.lovelace", root), ("mary.jackson", london)] {
        let path = format!("/users/{}/groups/{}", realm.user_id(customer), group.as_str().unwrap());
        realm.rest().put(&path, json!({}));
    }
    for (name, ada, mary) in [
        ("Nested Admins", "protected", ""),
        ("/it/Nested Admins", "protected", ""),
        ("root", "protected", ""),
        ("/it", "protected", ""),
        ("London/admins", "", "protected"),
        ("/London/admins", "", "protected"),
        ("/Nested Admins", "protection_unreadable", "protection_unreadable"),
        ("nested admins", "protection_unreadable", "protection_unreadable"),
    ] {
        let env =
            TestEnvironment::for_agent_with(&realm, Rights::ManageUsers, &protected(&format!("groups = ['{name}']")));
        for (customer, reason) in [("ada.lovelace", ada), ("mary.jackson", mary)] {
            let ran = env.reset(customer, &["-o", "json"]);
            if reason.is_empty() {
                ran.must(0);
            } else {
                assert_eq!(ran.must(7).error()["reason"], reason, "{name}");
            }
        }
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn roles_are_found_without_view_realm_and_of_clients_whose_name_is_an_address() {
    let realm = Realm::shipped(Server::shared());
    let composite = json!({ "name": "boss", "composite": true, "composites": { "realm": ["treasurer"] } });
    realm.rest().post("/roles", composite);
    let app = "https://app.example.com/saml";
    let client = realm.rest().post("/clients", json!({ "clientId": app, "protocol": "saml" })).made();
    realm.rest().post(&format!("/clients/{client}/roles"), json!({ "name": "owner" }));
    let owner = realm.rest().get(&format!("/clients/{client}/roles/owner"));
    let path = format!("/users/{}/role-mappings/clients/{client}", realm.user_id("mary.jackson"));
    realm.rest().post(&path, json!([owner]));
    for (rights, what, customer, reason) in [
        (Rights::ManageUsers, "roles = ['treasurer']", "karen.jones", "protected"),
        (Rights::ManageUsers, "roles = ['boss']", "karen.jones", ""),
        (Rights::ManageUsers, "roles = ['bos']", "karen.jones", "protection_unreadable"),
        (Rights::AndViewClients, "roles = ['https://app.example.com/saml/owner']", "mary.jackson", "protected"),
        (Rights::AndViewClients, "roles = ['https://app.example.com/saml/owner']", "hanako", ""),
        (Rights::AndViewClients, "roles = ['https://app.example.com/saml/other']", "hanako", "protection_unreadable"),
    ] {
        let ran = TestEnvironment::for_agent_with(&realm, rights, &protected(what)).reset(customer, &["-o", "json"]);
        if reason.is_empty() {
            ran.must(0);
        } else {
            assert_eq!(ran.must(7).error()["reason"], reason, "{what}");
        }
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn profile_add_and_setup_say_that_a_guard_is_not_there() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_agent(&realm, Rights::AndViewRealm);
    let (url, name) = (format!("url={}", realm.url()), format!("realm={}", realm.name()));
    let add = |profile: &str, group: &str| {
        let set = ["--set", url.as_str(), "--set", name.as_str(), "--protect", group];
        env.run(&[&["-o", "json", "profile", "add", profile, "--backend", "keycloak"][..], &set].concat())
    };
    let error = add("wrong", "staff-admin").must(2).error();
    assert!(error["message"].as_str().unwrap().contains("no group \"staff-admin\""), "{error}");
    add("right", "staff-admins").must(0);
    let wrong = TestEnvironment::for_realm(&realm, &protected("groups = ['staff-admin']"));
    let plan = wrong.setup(&realm, &["--dry-run"]).must(0).json();
    assert!(plan["notes"].to_string().contains("no group \\\"staff-admin\\\""), "{plan}");
    let plan = TestEnvironment::for_realm(&realm, PROTECTED).setup(&realm, &["--dry-run"]).must(0).json();
    assert!(!plan["notes"].to_string().contains("staff-admin"), "{plan}");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn the_agents_own_user_is_reported_whatever_the_clients_tokens_say() {
    let realm = Realm::shipped(Server::shared());
    let client = |id: &str, more: serde_json::Value| {
        let mut client = json!({ "clientId": id, "publicClient": true, "directAccessGrantsEnabled": true,
            "redirectUris": ["http://127.0.0.1/callback"] });
        client.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        realm.rest().post("/clients", client);
    };
    let pairwise = json!({ "name": "pairwise", "protocol": "openid-connect",
        "protocolMapper": "oidc-sha256-pairwise-sub-mapper",
        "config": { "pairwiseSubAlgorithmSalt": "salt", "sectorIdentifierUri": "" } });
    client("pairwise", json!({ "protocolMappers": [pairwise] }));
    client("nameless", json!({ "defaultClientScopes": ["basic", "roles"] }));
    client("neither", json!({ "defaultClientScopes": ["basic", "roles"], "protocolMappers": [pairwise] }));
    for (id, own, other) in [
        ("pairwise", "own_user", ""),
        ("nameless", "own_user", ""),
        ("neither", "protection_unreadable", "protection_unreadable"),
    ] {
        let env = TestEnvironment::for_realm(&realm, PROTECTED).with_token(realm.token_by(id, "robin"));
        assert_eq!(env.reset("robin", &["-o", "json"]).must(7).error()["reason"], own, "{id}");
        let ran = env.reset("ada.lovelace", &["-o", "json"]);
        if other.is_empty() {
            ran.must(0);
        } else {
            assert_eq!(ran.must(7).error()["reason"], other, "{id}");
        }
    }
    // A token that does not name its owner (a lightweight one) is refused.
    let lightweight = TestEnvironment::for_realm(&realm, PROTECTED).with_token(realm.server().administrator_token());
    assert_eq!(lightweight.reset("ada.lovelace", &["-o", "json"]).must(4).error()["reason"], "sign_in_refused");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_service_account_is_no_customer() {
    let options = RealmOptions { robot: Some(Rights::ManageUsers), ..RealmOptions::default() };
    let realm = Realm::with(Server::shared(), &options);
    let env = TestEnvironment::for_agent(&realm, Rights::AndViewRealm);
    for verb in [&["reset", "--yes", "--reveal", "stdout"][..], &["withdraw", "--yes"]] {
        let ran = env.run(&[&["-o", "json"], verb, &["service-account-robot"]].concat());
        let error = ran.must(7).error();
        assert_eq!((&error["reason"], &error["changed"]), (&"external".into(), &"no".into()), "{error}");
        assert!(error["message"].as_str().unwrap().contains("service account of the client \"robot\""), "{error}");
    }
    let shown = env.run(&["-o", "json", "show", "service-account-robot"]).must(0).json();
    assert_eq!((&shown["action"], &shown["obstacles"][0]["reason"]), (&"none".into(), &"external".into()), "{shown}");
    assert_eq!(realm.password_set_at("service-account-robot"), None);
}
