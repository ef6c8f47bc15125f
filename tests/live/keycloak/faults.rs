//! The server is stopped, frozen, booting or not trusted: the error is true, and nothing happens unnoticed.

use crate::support::TestEnvironment;
use crate::support::keycloak::{Entered, Realm, Rights, Server, ServerOptions};

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_server_that_is_down_frozen_or_booting() {
    let server = Server::start(ServerOptions::default());
    let realm = Realm::shipped(&server);
    let env = TestEnvironment::for_agent(&realm, Rights::ManageUsers);
    let before = realm.password_set_at("ada.lovelace");

    server.freeze();
    let frozen = env.run(&["--timeout", "1s", "-o", "json", "reset", "ada.lovelace", "--yes", "--reveal", "stdout"]);
    let error = frozen.must(8).error();
    assert_eq!((&error["changed"], &error["reason"]), (&"no".into(), &"backend_unavailable".into()));
    server.thaw();

    server.stop();
    let error = env.reset("ada.lovelace", &["-o", "json"]).must(8).error();
    assert!(error["message"].as_str().unwrap().contains("cannot be reached"), "{error}");

    server.start_again_without_waiting();
    // The server answers 503 with Retry-After: the tool retries within the time of an operation.
    let mut ran = env.reset("ada.lovelace", &["-o", "json"]);
    for _ in 0..20 {
        if ran.code == 0 {
            break;
        }
        assert_eq!(ran.code, 8, "{ran:?}");
        ran = env.reset("ada.lovelace", &["-o", "json"]);
    }
    let password = ran.must(0).json()["temporary_password"].as_str().unwrap().to_owned();
    assert_ne!(realm.password_set_at("ada.lovelace"), before);
    assert!(matches!(realm.browser().sign_in("ada.lovelace", &password), Entered::ChangeRequired(_)));
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn over_tls_with_an_authority_of_its_own() {
    let server = Server::start(ServerOptions { tls: true, ..ServerOptions::default() });
    let realm = Realm::shipped(&server);
    TestEnvironment::for_agent(&realm, Rights::ManageUsers).reset("ada.lovelace", &["-o", "json"]).must(0);
    let trusting_nobody = TestEnvironment::for_agent(&realm, Rights::ManageUsers);
    let config = trusting_nobody.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let without: Vec<&str> = text.lines().filter(|line| !line.starts_with("ca_cert")).collect();
    std::fs::write(&config, without.join("\n")).unwrap();
    let error = trusting_nobody.reset("ada.lovelace", &["-o", "json"]).must(8).error();
    assert!(error["message"].as_str().unwrap().contains("cannot be trusted"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("ca_cert"), "{error}");
}
