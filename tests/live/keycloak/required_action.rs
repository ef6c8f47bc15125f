//! A realm whose required action Update Password is off: there a temporary password is a full sign-in.

use serde_json::json;

use super::setup::states;
use crate::support::TestEnvironment;
use crate::support::fault_proxy::FaultProxy;
use crate::support::keycloak::{Entered, PROTECTED, Realm, Rights, Server};

const ACTION: &str = "/authentication/required-actions/UPDATE_PASSWORD";

type SwitchOff = fn(&Realm<'_>);

/// The ways in which a realm does without the action.
const WAYS: [(&str, SwitchOff); 2] = [
    ("is off", |realm| {
        let mut action = realm.rest().get(ACTION);
        action["enabled"] = json!(false);
        realm.rest().put(ACTION, action);
    }),
    ("has no required action", |realm| realm.rest().delete(ACTION)),
];

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_realm_that_would_not_ask_for_a_new_password_refuses_every_reset() {
    for (words, switch_off) in WAYS {
        let realm = Realm::shipped(Server::shared());
        let pending = TestEnvironment::for_agent(&realm, Rights::AndViewRealm);
        pending.reset("mary.jackson", &["-o", "json"]).must(0);
        switch_off(&realm);
        realm.set_temporary("hanako", "An-unsafe-one-2026").unwrap();
        realm.browser().sign_in("hanako", "An-unsafe-one-2026").signed_in(); // what the refusal is for
        let before = realm.password_set_at("ada.lovelace");
        for rights in [Rights::AndViewRealm, Rights::ManageUsers] {
            let env = TestEnvironment::for_agent(&realm, rights);
            let error = env.reset("ada.lovelace", &["-o", "json"]).must(7).error();
            assert_eq!((&error["reason"], &error["changed"]), (&"would_not_stick".into(), &"no".into()), "{error}");
            assert!(error["message"].as_str().unwrap().contains(words), "{error}");
            let new = ["--create", "--email", "new@example.net", "--first-name", "New", "--last-name", "One"];
            let create =
                [&["-o", "json", "reset", "new@example.net", "--yes", "--reveal", "stdout"][..], &new].concat();
            assert_eq!(env.run(&create).must(7).error()["reason"], "would_not_stick");
            let shown = env.run(&["-o", "json", "show", "ada.lovelace"]).must(0).json();
            assert_eq!(shown["obstacles"][0]["reason"], "would_not_stick", "{shown}");
            let doctor = env.run(&["-o", "json", "doctor"]).must(11).json();
            let checks = doctor["checks"].as_array().unwrap();
            let check = checks.iter().find(|check| check["id"] == "required action").unwrap();
            assert_eq!(check["state"], "fault", "{check}");
            assert!(check["words"].as_str().unwrap().contains("tellonce setup"), "{check}");
        }
        assert_eq!(realm.password_set_at("ada.lovelace"), before);
        pending.run(&["withdraw", "mary.jackson", "--yes"]).must(0);
        assert_eq!(realm.password_set_at("mary.jackson"), None, "what is pending can still be taken back");
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_bulk_run_reads_the_action_once_and_refuses_each_row() {
    let realm = Realm::shipped(Server::shared());
    let proxy = FaultProxy::before(realm.url());
    let env = TestEnvironment::for_agent_with(&realm.reached_by(proxy.address()), Rights::AndViewRealm, PROTECTED);
    std::fs::write(env.path().join("in.csv"), "customer\nada.lovelace\nmary.jackson\nhanako\n").unwrap();
    let bulk = ["-o", "json", "bulk", "in.csv", "--yes", "--expect", "3", "--reveal", "stdout"];
    env.run(&bulk).must(0);
    assert_eq!(proxy.count("GET", "/authentication/required-actions"), 1);
    WAYS[0].1(&realm);
    proxy.mend();
    let ran = env.run(&bulk).must(10);
    assert_eq!(ran.stdout.matches("\"exit_code\":7").count(), 3, "{ran:?}");
    assert!(!ran.stdout.contains("temporary_password\":\""), "{ran:?}");
    assert_eq!(proxy.count("GET", "/authentication/required-actions"), 1);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn setup_switches_the_action_on_and_resets_go_on() {
    for (words, switch_off) in WAYS {
        let realm = Realm::shipped(Server::shared());
        switch_off(&realm);
        let env = TestEnvironment::for_realm(&realm, PROTECTED);
        let plan = env.setup(&realm, &["--dry-run"]).must(0);
        assert!(states(&plan).contains(&("required_action".into(), "to_do".into())), "{plan:?}");
        assert!(plan.stdout.contains(words), "{plan:?}");
        let done = env.setup(&realm, &["--yes"]).must(0);
        assert!(states(&done).contains(&("required_action".into(), "done".into())), "{done:?}");
        assert_eq!(realm.rest().get(ACTION)["enabled"], true);
        let agent = TestEnvironment::for_agent(&realm, Rights::AndViewRealm);
        let issued = agent.reset("ada.lovelace", &["-o", "json"]).must(0).json();
        let password = issued["temporary_password"].as_str().unwrap();
        assert!(matches!(realm.browser().sign_in("ada.lovelace", password), Entered::ChangeRequired(_)));
        let again = env.setup(&realm, &["--yes"]).must(0);
        assert!(states(&again).contains(&("required_action".into(), "already".into())), "{again:?}");
    }
}
