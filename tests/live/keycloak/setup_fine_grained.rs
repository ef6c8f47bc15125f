//! `setup` in a realm that has fine-grained permissions switched on.

use super::setup::{agent, snapshot, states};
use crate::support::TestEnvironment;
use crate::support::keycloak::{Realm, RealmOptions, Rights, Server};

const PROTECTED: &str =
    "protected = { groups = ['staff-admins'], roles = ['treasurer', 'realm-management/realm-admin'] }";

fn with_permissions() -> Realm<'static> {
    let options = RealmOptions { fine_grained: true, brute_force: true, ..RealmOptions::default() };
    Realm::with(Server::shared(), &options)
}

fn state(states: &[(String, String)], id: &str) -> Option<String> {
    states.iter().find(|(found, _)| found == id).map(|(_, state)| state.clone())
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn each_server_is_asked_which_scopes_it_has() {
    let realm = with_permissions();
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let done = states(&env.setup(&realm, &["--yes"]).must(0));
    assert_eq!(state(&done, "permissions").as_deref(), Some("done"), "26.2 has no scope reset-password");
    let again = states(&env.setup(&realm, &["--yes"]).must(0));
    assert_eq!(state(&again, "permissions").as_deref(), Some("already"));
    let newcomer =
        TestEnvironment::for_realm(&realm, PROTECTED).with_token(agent(&realm, "newcomer", &["/support-agents"]));
    newcomer.reset("ada.lovelace", &["-o", "json"]).must(0);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn agents_do_the_whole_job_by_permissions_alone_and_who_had_roles_keeps_them() {
    let realm = with_permissions();
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let done = states(&env.setup(&realm, &["--yes", "--password-history"]).must(0));
    assert_eq!(done.len(), 9, "{done:?}");
    assert!(done.iter().all(|(id, state)| state == "done" || id == "required_action"), "{done:?}");
    let prepared = snapshot(&realm);
    let again = states(&env.setup(&realm, &["--yes", "--password-history"]).must(0));
    assert!(again.iter().all(|(_, state)| state == "already"), "{again:?}");
    assert_eq!(snapshot(&realm), prepared);

    let newcomer =
        TestEnvironment::for_realm(&realm, PROTECTED).with_token(agent(&realm, "newcomer", &["/support-agents"]));
    for (customer, code, reason) in [
        ("annie.easley", 7, "protected"),
        ("karen.jones", 7, "protected"),
        ("barbara.liskov", 7, "protected"),
        ("newcomer", 7, "own_user"),
        ("alan.turing", 7, "disabled"),
    ] {
        assert_eq!(newcomer.reset(customer, &["-o", "json"]).must(code).error()["reason"], reason, "{customer}");
    }
    newcomer.reset("ada.lovelace", &["-o", "json"]).must(0);
    let groups = realm.rest().get(&format!("/users/{}/groups", realm.user_id("ada.lovelace")));
    assert_eq!(groups[0]["name"], "temp-issued", "it is marked as pending");
    let create = ["-o", "json", "reset", "new@example.com", "--create", "--email", "new@example.com"];
    let rest = ["--first-name", "New", "--last-name", "One", "--yes", "--reveal", "stdout"];
    newcomer.run(&[&create[..], &rest[..]].concat()).must(0);
    let swept = newcomer.run(&["-o", "json", "withdraw", "--older-than", "0s", "--all", "--yes"]).must(0).json();
    assert_eq!(swept["withdrawn"].as_array().unwrap().len(), 2, "{swept}");
    newcomer.run(&["doctor"]).must(0);
    for _ in 0..3 {
        realm.browser().sign_in("mary.somerville", "wrong").refused();
    }
    assert_eq!(
        newcomer.reset("mary.somerville", &["-o", "json"]).must(7).error()["reason"],
        "locked",
        "permissions on all users show it"
    );
    newcomer.run(&["-o", "json", "reset", "mary.somerville", "--unlock", "--yes", "--reveal", "stdout"]).must(0);

    TestEnvironment::for_agent(&realm, Rights::ManageUsers).run(&["find", "mary"]).must(0);
    let felix = TestEnvironment::for_agent(&realm, Rights::FineManage);
    assert_eq!(felix.reset("mary.jackson", &["-o", "json"]).code, 3, "who has no permission sees nobody, as before");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn beside_permissions_of_the_realms_own_none_are_made_and_the_plan_says_why() {
    let realm = with_permissions();
    realm.grant_alone(Rights::FineManage);
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let ran = env.setup(&realm, &["--yes"]).must(0);
    assert_eq!(state(&states(&ran), "permissions"), None);
    let notes = ran.json()["notes"].to_string();
    assert!(notes.contains("\\\"may\\\"") && notes.contains("refuse to others"), "{notes}");
    let unprotected = "protected = 'none'"; // whether a role is there this agent is not shown
    TestEnvironment::for_agent_with(&realm, Rights::FineManage, unprotected)
        .reset("ada.lovelace", &["-o", "json"])
        .must(0); // what they grant, they grant still
    let newcomer =
        TestEnvironment::for_realm(&realm, PROTECTED).with_token(agent(&realm, "newcomer", &["/support-agents"]));
    newcomer.reset("mary.jackson", &["-o", "json"]).must(0);

    // `setup` replaces a permission of its own that somebody has changed.
    let other = with_permissions();
    let env = TestEnvironment::for_realm(&other, PROTECTED);
    env.setup(&other, &["--yes"]).must(0);
    let server = format!("/clients/{}/authz/resource-server", other.client_uuid("admin-permissions"));
    let all = other.rest().get(&format!("{server}/policy?permission=true&max=100"));
    let ours = all.as_array().unwrap().iter().find(|one| one["name"] == "tellonce groups").unwrap();
    other.rest().delete(&format!("{server}/policy/{}", ours["id"].as_str().unwrap()));
    let again = states(&env.setup(&other, &["--yes"]).must(0));
    assert_eq!(state(&again, "permissions").as_deref(), Some("done"));
    assert_eq!(state(&again, "agents_group").as_deref(), Some("already"));
    let all = other.rest().get(&format!("{server}/policy?permission=true&max=100"));
    assert_eq!(all.as_array().unwrap().len(), 2, "{all}");
}
