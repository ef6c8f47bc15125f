//! Refusals: users whom an agent must not reset, and the guards that name them.

use crate::support::TestEnvironment;
use crate::support::keycloak::{Entered, Realm, RealmOptions, Rights, Server, old_password};

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn who_must_not_be_reset_is_refused_and_nothing_changes() {
    let realm = Realm::with(Server::shared(), &RealmOptions { duplicate_emails: true, ..RealmOptions::default() });
    let env = TestEnvironment::for_agent(&realm, Rights::AndViewRealm);
    for (customer, code, reason) in [
        ("robin", 7, "own_user"),
        ("alan.turing", 7, "disabled"),
        ("hedy.lamarr", 7, "external"),
        ("annie.easley", 7, "protected"),
        ("karen.jones", 7, "protected"),
        ("mary@example.com", 5, "ambiguous"),
        ("nobody@example.com", 3, "no_such_customer"),
        ("lovel", 3, "name_only"),
        ("../../realms/master", 3, "no_such_customer"),
        ("%2e%2e", 3, "no_such_customer"),
        ("id:x' OR 1=1", 3, "no_such_customer"),
    ] {
        let error = env.reset(customer, &["-o", "json"]).must(code).error();
        assert_eq!((&error["reason"], &error["changed"]), (&reason.into(), &"no".into()), "{customer}");
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_protected_role_that_cannot_be_read_refuses_everybody() {
    let realm = Realm::shipped(Server::shared());
    let roles = "protected = { roles = ['realm-management/realm-admin'] }";
    let blind = TestEnvironment::for_agent_with(&realm, Rights::AndViewRealm, roles);
    for customer in ["barbara.liskov", "ada.lovelace"] {
        let error = blind.reset(customer, &["-o", "json"]).must(7).error();
        assert_eq!(error["reason"], "protection_unreadable", "{customer}");
        assert!(error["message"].as_str().unwrap().contains("view-clients"), "{error}");
    }
    let seeing = TestEnvironment::for_agent_with(&realm, Rights::AndViewClients, roles);
    assert_eq!(seeing.reset("barbara.liskov", &["-o", "json"]).must(7).error()["reason"], "protected");
    seeing.reset("ada.lovelace", &["-o", "json"]).must(0);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_locked_user_is_refused_until_the_lock_is_to_be_lifted() {
    let realm = Realm::with(Server::shared(), &RealmOptions { brute_force: true, ..RealmOptions::default() });
    let env = TestEnvironment::for_agent(&realm, Rights::ManageUsers);
    for _ in 0..3 {
        assert!(matches!(realm.browser().sign_in("ada.lovelace", "wrong"), Entered::Refused(_)));
    }
    assert_eq!(env.reset("ada.lovelace", &["-o", "json"]).must(7).error()["reason"], "locked");
    let ran = env.run(&["-o", "json", "reset", "ada.lovelace", "--unlock", "--yes", "--reveal", "stdout"]).must(0);
    let password = ran.json()["temporary_password"].as_str().unwrap().to_owned();
    assert!(matches!(realm.browser().sign_in("ada.lovelace", &password), Entered::ChangeRequired(_)));
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn odd_names_are_encoded_sanitised_and_reset_like_any_other() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_agent(&realm, Rights::ManageUsers);
    for customer in ["siobhan.o'brien", "hanako", "mallory", "looks/../like?a=path&b#c%2f", "ada@example.org"] {
        let ran = env.reset(customer, &["-o", "json"]).must(0);
        let password = ran.json()["temporary_password"].as_str().unwrap().to_owned();
        assert!(matches!(realm.browser().sign_in(customer, &password), Entered::ChangeRequired(_)), "{customer}");
    }
    let shown = env.run(&["show", "mallory"]).must(0);
    assert!(!shown.stdout.contains('\u{1b}') && !shown.stdout.contains('\u{202e}'), "{shown:?}");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_realm_that_wants_more_of_a_user_names_it_and_a_policy_that_is_not_shown_is_kept_all_the_same() {
    let realm = Realm::shipped(Server::shared());
    let policy =
        "length(20) and digits(4) and regexPattern(^.*$) and hashAlgorithm(pbkdf2-sha512) and hashIterations(1)";
    realm.change(serde_json::json!({ "passwordPolicy": policy }));
    let env = TestEnvironment::for_agent(&realm, Rights::ManageUsers);
    env.reset("ada.lovelace", &["-o", "json"]).must(0);
    realm.require_attribute("branch");
    let create =
        ["-o", "json", "reset", "new@example.com", "--create", "--email", "new@example.com", "--first-name", "New"];
    let rest = ["--last-name", "One", "--yes", "--reveal", "stdout"];
    let error = env.run(&[&create[..], &rest[..]].concat()).must(7).error();
    assert_eq!((&error["reason"], &error["changed"]), (&"profile_rule".into(), &"no".into()));
    assert!(error["message"].as_str().unwrap().contains("branch"), "{error}");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_withdrawn_password_is_dead_and_the_sweep_takes_what_is_ours_alone() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_agent(&realm, Rights::AndViewRealm);
    let ours =
        env.reset("ada.lovelace", &["-o", "json"]).must(0).json()["temporary_password"].as_str().unwrap().to_owned();
    let swept = env.run(&["-o", "json", "withdraw", "--older-than", "0s", "--all", "--yes"]).must(0).json();
    assert_eq!(swept["withdrawn"].as_array().unwrap().len(), 1, "katherine's was issued by somebody else: {swept}");
    assert!(matches!(realm.browser().sign_in("ada.lovelace", &ours), Entered::Refused(_)));
    assert!(matches!(realm.browser().sign_in("ada.lovelace", old_password()), Entered::Refused(_)));
    let shown = env.run(&["-o", "json", "show", "ada.lovelace"]).must(0).json();
    assert_eq!((&shown["status"], &shown["withdrawn"]), (&"force_password_reset".into(), &true.into()));
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn groups_that_fine_grained_permissions_leave_out_protect_all_the_same() {
    let realm = Realm::with(Server::shared(), &RealmOptions { fine_grained: true, ..RealmOptions::default() });
    realm.grant_alone(Rights::FineManage); // users alone: the server shows no group of theirs, and no error
    let env = TestEnvironment::for_agent(&realm, Rights::FineManage);
    // Whether the profile's group exists is not readable either: every reset is refused.
    for customer in ["annie.easley", "ada.lovelace"] {
        let error = env.reset(customer, &["-o", "json"]).must(7).error();
        assert_eq!((&error["reason"], &error["changed"]), (&"protection_unreadable".into(), &"no".into()), "{error}");
    }
}
