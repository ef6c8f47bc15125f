//! A reset on a real Keycloak: what HTTP and TLS libraries were given of the password is in no memory after the reveal,
//! while the connection is still there.

use std::process::{Command, Stdio};

use crate::home::release_with_fail_points;
use crate::memory::{Stopped, is_gone};
use crate::rig::{Entered, Realm, Rights, Server, ServerOptions};
use crate::scan::places;

/// Resets this customer, looks before and after the reveal, and signs in with what was revealed.
fn leaves_nothing(realm: &Realm<'_>, arguments: &[&str], customer: &str) {
    let home = tempfile::tempdir().unwrap();
    let ca = realm.ca().map(|path| format!("ca_cert = '{}'\n", path.display())).unwrap_or_default();
    let profile = format!(
        "default = 'live'\n[profiles.live]\nbackend = 'keycloak'\nurl = '{}'\nrealm = '{}'\nprotected = 'none'\n{ca}",
        realm.url(),
        realm.name()
    );
    std::fs::write(home.path().join("config.toml"), profile).unwrap();
    let mut command = Command::new(release_with_fail_points());
    command.args(["-vv", "-o", "json"]).args(arguments).args(["--yes", "--reveal", "stdout"]).env_clear();
    command.env("HOME", home.path()).env("TELLONCE_HOME", home.path());
    command.env("TELLONCE_TOKEN", realm.token_of(Rights::AndViewRealm.agent()));
    command.env("TELLONCE_FAIL_POINT", "reveal:before:stop,reveal:after:stop");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut stopped = Stopped(command.spawn().unwrap());
    let (before, line) = stopped.reveals();
    let object: serde_json::Value = serde_json::from_str(&line).unwrap();
    let password = object["temporary_password"].as_str().unwrap();
    let found = places(&before, password.as_bytes());
    assert_eq!(found.len(), 1, "the one that is to be revealed, and none of the request: {}", found.join("\n"));
    is_gone(stopped.0.id(), password);
    stopped.go_on();
    assert!(stopped.0.wait().unwrap().success());
    assert!(matches!(realm.browser().sign_in(customer, password), Entered::ChangeRequired(_)));
}

#[test]
#[ignore = "needs root, the release build and a Keycloak server: TELLONCE_LIVE=keycloak"]
fn after_a_reset_over_tls_and_http_2_and_over_plain_http() {
    let tls = Server::start(ServerOptions { tls: true, ..ServerOptions::default() });
    for realm in [Realm::shipped(&tls), Realm::shipped(Server::shared())] {
        leaves_nothing(&realm, &["reset", "ada.lovelace"], "ada.lovelace");
        let new = "new@example.com";
        let create = ["reset", new, "--create", "--email", new, "--first-name", "New", "--last-name", "One"];
        leaves_nothing(&realm, &create, new);
    }
}
