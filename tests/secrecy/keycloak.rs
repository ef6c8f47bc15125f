//! A reset on a real Keycloak: what HTTP and TLS libraries were given of the password is in no memory after the reveal,
//! while the connection is still there.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::home::release_with_fail_points;
use crate::memory::{Stopped, is_gone};
use crate::rig::{Entered, Realm, Rights, Server, ServerOptions};
use crate::scan::{memory, places};

/// The tool in this home, on its way to a reveal before which it stops; its log is in `log` there.
fn resetting(home: &Path, realm: &Realm<'_>, arguments: &[&str], points: &str) -> Stopped {
    let ca = realm.ca().map(|path| format!("ca_cert = '{}'\n", path.display())).unwrap_or_default();
    let profile = format!(
        "default = 'live'\n[profiles.live]\nbackend = 'keycloak'\nurl = '{}'\nrealm = '{}'\nprotected = 'none'\n{ca}",
        realm.url(),
        realm.name()
    );
    std::fs::write(home.join("config.toml"), profile).unwrap();
    let mut command = Command::new(release_with_fail_points());
    command.args(["-vv", "-o", "json"]).args(arguments).args(["--yes", "--reveal", "stdout"]).env_clear();
    command.env("HOME", home).env("TELLONCE_HOME", home);
    command.env("TELLONCE_TOKEN", realm.token_of(Rights::AndViewRealm.agent()));
    command.env("TELLONCE_FAIL_POINT", format!("reveal:before:stop,reveal:after:stop{points}"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(home.join("log")).unwrap());
    Stopped(command.spawn().unwrap())
}

/// By which version of HTTP each call was answered, without repeats.
fn versions(home: &Path) -> Vec<String> {
    let log = std::fs::read_to_string(home.join("log")).unwrap();
    let events = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut found: Vec<String> =
        events.filter_map(|event| event["fields"]["version"].as_str().map(str::to_owned)).collect();
    found.dedup();
    found
}

fn password_in(line: &str) -> String {
    let object: serde_json::Value = serde_json::from_str(line).unwrap();
    object["temporary_password"].as_str().unwrap().to_owned()
}

/// Resets this customer, looks before and after the reveal, and signs in with what was revealed.
fn leaves_nothing(realm: &Realm<'_>, version: &str, arguments: &[&str], customer: &str) {
    let home = tempfile::tempdir().unwrap();
    let mut stopped = resetting(home.path(), realm, arguments, "");
    let (before, line) = stopped.reveals();
    let password = password_in(&line);
    assert_eq!(versions(home.path()), [version]);
    let found = places(&before, password.as_bytes());
    assert_eq!(found.len(), 1, "the one that is to be revealed, and none of the request: {}", found.join("\n"));
    is_gone(stopped.0.id(), &password);
    stopped.go_on();
    assert!(stopped.0.wait().unwrap().success());
    assert!(matches!(realm.browser().sign_in(customer, &password), Entered::ChangeRequired(_)));
}

#[test]
#[ignore = "needs root, the release build and a Keycloak server: TELLONCE_LIVE=keycloak"]
fn after_a_reset_over_tls_and_http_2_and_over_plain_http() {
    let tls = Server::start(ServerOptions { tls: true, ..ServerOptions::default() });
    for (realm, version) in [(Realm::shipped(&tls), "HTTP/2.0"), (Realm::shipped(Server::shared()), "HTTP/1.1")] {
        leaves_nothing(&realm, version, &["reset", "ada.lovelace"], "ada.lovelace");
        let new = "new@example.com";
        let create = ["reset", new, "--create", "--email", new, "--first-name", "New", "--last-name", "One"];
        leaves_nothing(&realm, version, &create, new);
    }
    let (sent, small) = (copies_after_the_set(&tls, ""), copies_after_the_set(&tls, ",set:unpadded"));
    assert_eq!(sent.len(), 1, "the one that is to be revealed: {}", sent.join("\n"));
    assert!(small.len() > 1, "the control: HTTP/2 keeps what is sent in a small body, and that is found: {small:#?}");
}

/// Where the password is when the server has answered, over TLS, before anything else is sent.
fn copies_after_the_set(tls: &Server, points: &str) -> Vec<String> {
    let realm = Realm::shipped(tls);
    let home = tempfile::tempdir().unwrap();
    let mut stopped =
        resetting(home.path(), &realm, &["reset", "ada.lovelace"], &format!(",set:answered:stop{points}"));
    stopped.wait_until_stopped();
    let image = memory(stopped.0.id());
    stopped.go_on();
    let (_, line) = stopped.reveals();
    stopped.go_on();
    assert!(stopped.0.wait().unwrap().success());
    places(&image, password_in(&line).as_bytes())
}
