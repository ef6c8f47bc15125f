//! The table of rights: what an agent with each set of rights can do, and the message where they cannot.

use crate::support::TestEnvironment;
use crate::support::keycloak::{Entered, Realm, RealmOptions, Rights, Server, WITHOUT_USER};

struct Row {
    rights: Rights,
    find: i32,
    reset: i32,
    create: i32,
    reason: &'static str,
}

const fn row(rights: Rights, find: i32, reset: i32, create: i32, reason: &'static str) -> Row {
    Row { rights, find, reset, create, reason }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn an_agent_can_do_what_their_rights_allow_and_is_told_the_rest() {
    let realm = Realm::with(Server::shared(), &RealmOptions { fine_grained: true, ..RealmOptions::default() });
    for Row { rights, find, reset, create, reason } in [
        row(Rights::ManageUsers, 0, 0, 0, ""),
        row(Rights::AndViewRealm, 0, 0, 0, ""),
        row(Rights::ViewUsers, 0, 4, 4, "missing_right"),
        row(Rights::QueryUsers, 0, 3, 4, "no_such_customer"), // the server shows such an agent nobody
        row(Rights::Nothing, 4, 4, 4, "missing_right"),
        row(Rights::FineBlind, 0, 3, 4, "no_such_customer"),
        row(Rights::FineView, 0, 4, 4, "missing_right"), // may set a password, and not end sessions
        row(Rights::FineManage, 0, 0, 0, ""),
    ] {
        if !rights.scopes().is_empty() {
            realm.grant_alone(rights);
        }
        let env = TestEnvironment::for_agent_with(&realm, rights, "protected = 'none'"); // guards have tests of their own
        let before = realm.password_set_at("ada.lovelace");
        let found = env.run(&["find", "ada"]);
        assert_eq!(found.code, find, "{rights:?}: {found:?}");
        let ran = env.reset("ada.lovelace", &["-o", "json"]);
        assert_eq!(ran.code, reset, "{rights:?}: {ran:?}");
        let changed = realm.password_set_at("ada.lovelace") != before;
        assert_eq!(changed, reset == 0, "{rights:?}");
        if reset == 0 {
            let password = ran.json()["temporary_password"].as_str().unwrap().to_owned();
            let entered = realm.browser().sign_in("ada.lovelace", &password);
            assert!(matches!(entered, Entered::ChangeRequired(_)), "{rights:?}: {entered:?}");
        } else {
            assert_eq!(ran.error()["reason"], reason, "{rights:?}");
            assert_eq!(ran.error()["changed"], "no", "{rights:?}");
        }
        let [first, last, _] = WITHOUT_USER;
        let email = format!("{}@example.net", rights.agent());
        let created = env.run(&[
            "-o",
            "json",
            "reset",
            &email,
            "--create",
            "--email",
            &email,
            "--first-name",
            first,
            "--last-name",
            last,
            "--yes",
            "--reveal",
            "stdout",
        ]);
        assert_eq!(created.code, create, "{rights:?}: {created:?}");
        assert!(create == 0 || created.error()["changed"] == "no", "{rights:?}");
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn whoami_and_doctor_say_what_is_missing_and_what_is_too_wide() {
    let realm = Realm::shipped(Server::shared());
    let rights =
        |env: &TestEnvironment| env.run(&["-o", "json", "whoami"]).must(0).json()["rights"].as_array().unwrap().len();
    assert_eq!(rights(&TestEnvironment::for_agent(&realm, Rights::AndViewRealm)), 7);
    assert_eq!(rights(&TestEnvironment::for_agent(&realm, Rights::ViewUsers)), 1);
    assert_eq!(rights(&TestEnvironment::for_agent(&realm, Rights::Nothing)), 0);
    let doctor = TestEnvironment::for_agent(&realm, Rights::ViewUsers).run(&["-o", "json", "doctor"]).must(11).json();
    let state = |doctor: &serde_json::Value, id: &str| {
        let checks = doctor["checks"].as_array().unwrap();
        checks.iter().find(|check| check["id"] == id).map(|check| check["state"].as_str().unwrap().to_owned()).unwrap()
    };
    assert_eq!(state(&doctor, "rights"), "fault");
    let doctor = TestEnvironment::for_agent(&realm, Rights::AndViewRealm).run(&["-o", "json", "doctor"]).must(0).json();
    for (id, found) in [
        ("server", "ok"),
        ("rights", "ok"),
        ("least rights", "ok"),
        ("policy", "ok"),
        ("password history", "warning"),
        ("pending group", "warning"),
        ("brute force", "warning"),
        ("promise_l8", "not_kept"),
        ("promise_l9", "not_kept"),
        ("promise_l13", "kept"),
    ] {
        assert_eq!(state(&doctor, id), found, "{id}");
    }
}
