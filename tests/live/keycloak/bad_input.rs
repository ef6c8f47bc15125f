//! Names that could be paths, ids that are none, twins, and what people call themselves: encoded, made visible, refused
//! or asked about, and never sent elsewhere.

use crate::support::TestEnvironment;
use crate::support::fault_proxy::FaultProxy;
use crate::support::keycloak::{Entered, PROTECTED, Realm, RealmOptions, Rights, Server};

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_realms_name_is_one_part_of_an_address_or_refused() {
    let realm = Realm::shipped(Server::shared());
    let named = |name: &str| {
        let env = TestEnvironment::for_agent(&realm, Rights::AndViewRealm);
        let config = env.path().join("config.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, text.replace(&format!("'{}'", realm.name()), &format!("'{name}'"))).unwrap();
        env
    };
    for name in ["a/b", "..", ".", " ", "a\\b", "a?b", "a#b", "../master", "master/users"] {
        let error = named(name).reset("ada.lovelace", &["-o", "json"]).must(2).error();
        assert_eq!((&error["reason"], &error["changed"]), (&"configuration".into(), &"no".into()), "{name}");
        assert!(error["message"].as_str().unwrap().contains("realm"), "{name}: {error}");
    }
    // Each of these is sent as one segment of the path, and no such realm exists.
    for name in ["no such realm", "%2e%2e", "master%2Fusers", "Ünï", "a&b=c", "a+b"] {
        let ran = named(name).reset("ada.lovelace", &["-o", "json"]);
        let error = ran.must(2).error();
        assert_eq!((&error["reason"], &error["changed"]), (&"configuration".into(), &"no".into()), "{name}: {error}");
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_realm_with_a_space_or_signs_in_its_name_works_like_any_other() {
    for called in ["two words ", "Zwölf-Übung_ "] {
        let realm =
            Realm::with(Server::shared(), &RealmOptions { called: called.to_owned(), ..RealmOptions::default() });
        let env = TestEnvironment::for_agent(&realm, Rights::AndViewRealm);
        let password = env.reset("ada.lovelace", &["-o", "json"]).must(0).json()["temporary_password"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(matches!(realm.browser().sign_in("ada.lovelace", &password), Entered::ChangeRequired(_)), "{called}");
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn what_names_nobody_is_sent_nowhere_else() {
    let realm = Realm::shipped(Server::shared());
    let elsewhere = Realm::shipped(Server::shared()).user_id("ada.lovelace");
    let proxy = FaultProxy::before(realm.url());
    let env = TestEnvironment::for_agent(&realm.reached_by(proxy.address()), Rights::AndViewRealm);
    proxy.mend(); // the token came by there
    let names = [
        "../../realms/master",
        "..",
        "%2e%2e",
        "%2e%2e%2f%2e%2e",
        "count",
        "profile",
        "id:x' OR 1=1",
        "a?b=c#d",
        "00000000-0000-0000-0000-000000000000",
        "*",
        "\u{202e}ecalevol.ada",
        elsewhere.as_str(), // an id of another realm
    ];
    for name in names {
        for verb in [&["show"][..], &["status"], &["withdraw", "--yes"], &["reset", "--yes", "--reveal", "stdout"]] {
            let (verb, more) = verb.split_first().unwrap();
            let arguments = [&["-o", "json", *verb, "--", name][..]].concat();
            let arguments: Vec<&str> = if more.is_empty() {
                arguments
            } else {
                [&["-o", "json", *verb][..], more, &["--", name][..]].concat()
            };
            let error = env.run(&arguments).must(3).error();
            assert_eq!(error["changed"], "no", "{verb} {name}");
        }
    }
    let below = format!("/admin/realms/{}", realm.name());
    for seen in proxy.seen() {
        let path = seen.path.split('?').next().unwrap();
        assert_eq!(seen.method, "GET", "{path}");
        let rest = path.strip_prefix(&below).unwrap_or_else(|| panic!("{path} is outside of the realm"));
        assert!(!rest.contains("..") && !rest.contains("%2e") && !rest.contains("%2E"), "{path}");
    }
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn names_with_escapes_are_made_visible_and_whole_in_json() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_agent(&realm, Rights::AndViewRealm);
    for arguments in [&["find", "mallory"][..], &["show", "mallory"], &["status", "mallory"]] {
        let ran = env.run(arguments).must(0);
        assert!(!(ran.stdout.clone() + &ran.stderr).contains(['\u{1b}', '\u{202e}']), "{ran:?}");
        let ran = env.run(&[&["-o", "json"], arguments].concat()).must(0);
        assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']), "{ran:?}");
        assert!(ran.json().to_string().contains("Red"), "{ran:?}");
    }
    let ran = env.reset("mallory", &["-o", "json"]).must(0);
    assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']), "{ran:?}");
    assert!(ran.json()["customer"]["name"].as_str().unwrap().contains('\u{202e}'), "the name is whole");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn twins_with_one_address_are_distinguished_by_id() {
    let realm = Realm::with(Server::shared(), &RealmOptions { duplicate_emails: true, ..RealmOptions::default() });
    let env = TestEnvironment::for_agent_with(&realm, Rights::AndViewRealm, PROTECTED);
    let error = env.reset("MARY@example.com", &["-o", "json"]).must(5).error();
    let candidates = error["candidates"].as_array().unwrap().clone();
    assert_eq!(candidates.len(), 2, "{error}");
    assert!(candidates.iter().all(|one| !one["email"].as_str().unwrap().contains("mary@")), "masked: {error}");
    let before = realm.password_set_at("mary.somerville");
    let jackson = realm.user_id("mary.jackson");
    assert!(candidates.iter().any(|one| one["id"] == jackson.as_str()));
    let password =
        env.reset(&jackson, &["-o", "json"]).must(0).json()["temporary_password"].as_str().unwrap().to_owned();
    assert!(matches!(realm.browser().sign_in("mary.jackson", &password), Entered::ChangeRequired(_)));
    assert_eq!(realm.password_set_at("mary.somerville"), before, "her twin is as before");
}
