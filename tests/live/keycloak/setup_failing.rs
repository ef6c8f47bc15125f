//! A `setup` that fails: with nothing changed, or with a message that names what was done; another run goes on from there.

use serde_json::json;

use super::setup::{snapshot, states};
use crate::support::TestEnvironment;
use crate::support::keycloak::{PROTECTED, Realm, Server, old_password};

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn an_administrator_without_the_rights_is_refused_and_nothing_is_changed() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    for (name, roles, missing) in [
        ("half-one", &["manage-clients", "manage-users", "view-realm"][..], "manage-realm"),
        ("half-two", &["manage-realm", "manage-users", "view-clients"], "manage-clients"),
        ("half-three", &["manage-realm", "manage-clients", "view-users", "query-groups"], "manage-users"),
        ("nobody-much", &[], "manage-realm"),
        ("nearly", &["manage-realm", "manage-clients", "manage-users"], "realm-admin"),
    ] {
        let id = realm.make_user(json!({ "username": name, "enabled": true, "email": format!("{name}@example.com"),
            "emailVerified": true, "firstName": name, "lastName": "X",
            "credentials": [{ "type": "password", "value": old_password(), "temporary": false }] }));
        realm.give_roles(&id, roles);
        let before = snapshot(&realm);
        let arguments = ["-o", "json", "setup", "--administrator", name, "--password-stdin", "--yes"];
        let error = env.run_with(&arguments, &format!("{}\n", old_password())).must(4).error();
        assert_eq!((&error["reason"], &error["changed"]), (&"missing_right".into(), &"no".into()), "{error}");
        assert!(error["message"].as_str().unwrap().contains(missing), "{error}");
        let error = env.run_with(&arguments, "a wrong one\n").must(4).error();
        assert_eq!(error["reason"], "sign_in_refused");
        assert_eq!(snapshot(&realm), before);
        assert_eq!(realm.sessions(name), 0, "the administrator is signed out again");
    }
    let token = realm.token_of("robin");
    let error = TestEnvironment::for_realm(&realm, PROTECTED)
        .with_token(token)
        .run(&["-o", "json", "setup", "--yes"])
        .must(4)
        .error();
    assert!(
        error["message"].as_str().unwrap().contains("TELLONCE_TOKEN"),
        "an agent's token is no administrator's: {error}"
    );
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_mark_that_does_not_prove_itself_is_not_used() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let rest = realm.rest();
    let back = json!({ "name": "back again", "on": "user-group-membership-removed",
        "steps": [{ "uses": "join-group", "with": { "group": "/temp-issued" } }] });
    rest.post("/groups", json!({ "name": "temp-issued" }));
    rest.post("/workflows", back);
    let error = env.setup(&realm, &["--yes"]).must(11).error();
    assert_eq!((&error["reason"], &error["changed"]), (&"check_failed".into(), &"yes".into()));
    let message = error["message"].as_str().unwrap();
    for words in
        ["is in /temp-issued still", "are removed", "Done before: client, agents_group, pending_group, reset_flow"]
    {
        assert!(message.contains(words), "{message}");
    }
    let group = rest.get("/groups?search=temp-issued&briefRepresentation=false")[0].clone();
    assert!(group["attributes"].get("tellonce-proved").is_none(), "{group}");
    assert!(!snapshot(&realm).to_string().contains("tellonce-self-test"), "user and client are removed");
    let flows = rest.get("/authentication/flows").to_string();
    assert_eq!(rest.get("")["resetCredentialsFlow"], "reset credentials", "bound back");
    assert!(!flows.contains("with tellonce"), "and the copy is removed");

    let workflows = rest.get("/workflows?exact=true&search=back%20again");
    let id = workflows.as_array().unwrap().iter().find(|found| found["name"] == "back again").unwrap()["id"].clone();
    rest.delete(&format!("/workflows/{}", id.as_str().unwrap()));
    let done = states(&env.setup(&realm, &["--yes"]).must(0));
    let done: Vec<&str> = done.iter().filter(|(_, state)| state == "done").map(|(id, _)| id.as_str()).collect();
    assert_eq!(done, ["reset_flow", "self_test"], "it goes on from where it was");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_realm_that_refuses_everybody_a_reset_by_mail_is_reported_and_left_as_it_was() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let rest = realm.rest();
    rest.post("/authentication/flows/reset%20credentials/copy", json!({ "newName": "closed" }));
    rest.post("/authentication/flows/closed/executions/execution", json!({ "provider": "deny-access-authenticator" }));
    let lines = rest.get("/authentication/flows/closed/executions");
    let find =
        |provider: &str| lines.as_array().unwrap().iter().find(|line| line["providerId"] == provider).unwrap().clone();
    let mut deny = find("deny-access-authenticator");
    deny["requirement"] = json!("REQUIRED");
    rest.put("/authentication/flows/closed/executions", deny.clone());
    for _ in 0..3 {
        let path = format!("/authentication/executions/{}/raise-priority", deny["id"].as_str().unwrap());
        rest.post(&path, json!({}));
    }
    realm.change(json!({ "resetCredentialsFlow": "closed" }));
    let error = env.setup(&realm, &["--yes"]).must(11).error();
    assert!(error["message"].as_str().unwrap().contains("\"closed\" is the realm's reset flow again"), "{error}");
    assert_eq!(rest.get("")["resetCredentialsFlow"], "closed");

    // Without an execution that chooses the user, the flow cannot refuse anybody: the pending group is not used.
    rest.delete(&format!(
        "/authentication/executions/{}",
        find("reset-credentials-choose-user")["id"].as_str().unwrap()
    ));
    let ran = env.setup(&realm, &["--yes"]).must(0);
    assert!(states(&ran).contains(&("reset_flow".into(), "not_here".into())));
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn what_a_realm_wants_of_every_user_is_given_and_what_it_does_not_take_is_reported_and_gone_on_from() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    realm.require_attribute("branch");
    let only_one = "regexPattern(^Only-this-1$) and hashAlgorithm(pbkdf2-sha512) and hashIterations(1)";
    realm.change(json!({ "passwordPolicy": only_one }));
    let error = env.setup(&realm, &["--yes"]).must(7).error();
    assert_eq!(error["changed"], "yes");
    let message = error["message"].as_str().unwrap();
    for words in ["must match the pattern ^Only-this-1$", "not noted as proved", "Done before: client, agents_group"] {
        assert!(message.contains(words), "{message}");
    }
    assert!(!snapshot(&realm).to_string().contains("tellonce-self-test"));
    realm.change(json!({ "passwordPolicy": "length(12) and hashAlgorithm(pbkdf2-sha512) and hashIterations(1)" }));
    let done = states(&env.setup(&realm, &["--yes"]).must(0));
    let done: Vec<&str> = done.iter().filter(|(_, state)| state == "done").map(|(id, _)| id.as_str()).collect();
    assert_eq!(done, ["reset_flow", "self_test"]);
}
