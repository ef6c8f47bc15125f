//! A reset on a real Keycloak: what HTTP and TLS libraries were given of the password is in no memory after the reveal,
//! while the connection is still there.

use std::fs::File;

use crate::memory::{Stopped, is_gone};
use crate::release::release_with_fail_points;
use crate::scan::{memory, places};
use crate::support::TestEnvironment;
use crate::support::keycloak::{Entered, Realm, Rights, Server, ServerOptions};

/// Starts a reset that stops before and after its reveal. Its log is in the file `log` of the home.
fn resetting(realm: &Realm<'_>, arguments: &[&str], points: &str) -> (TestEnvironment, Stopped) {
    let program = release_with_fail_points(); // before the sign-in: a build can outlast the access token
    let env = TestEnvironment::for_agent_with(realm, Rights::AndViewRealm, "protected = 'none'");
    let mut command = env.program(program);
    command.args(["-vv", "-o", "json"]).args(arguments).args(["--yes", "--reveal", "stdout"]);
    command.env("TELLONCE_FAIL_POINT", format!("reveal:before:stop,reveal:after:stop{points}"));
    command.stderr(File::create(env.file("log")).unwrap());
    let stopped = Stopped(command.spawn().unwrap());
    (env, stopped)
}

/// By which version of HTTP each call was answered, without repeats.
fn versions(env: &TestEnvironment) -> Vec<String> {
    let log = env.read("log");
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
    let (env, mut stopped) = resetting(realm, arguments, "");
    let (before, line) = stopped.reveals();
    let password = password_in(&line);
    assert_eq!(versions(&env), [version]);
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
    let (_env, mut stopped) = resetting(&realm, &["reset", "ada.lovelace"], &format!(",set:answered:stop{points}"));
    stopped.wait_until_stopped();
    let image = memory(stopped.0.id());
    stopped.go_on();
    let (_, line) = stopped.reveals();
    stopped.go_on();
    assert!(stopped.0.wait().unwrap().success());
    places(&image, password_in(&line).as_bytes())
}
