//! The server's clock where the agent's token does not tell it: the header Date of a proxy, or nothing.

use super::agent_of;
use crate::support::fake_keycloak::{FakeKeycloak, REALM, Told};

const SWEEP: [&str; 7] = ["-o", "json", "withdraw", "--older-than", "2h", "--all", "--dry-run"];

#[test]
fn a_proxys_date_is_taken_for_the_servers_time_and_no_date_is_said() {
    let server = FakeKeycloak::start();
    let env = agent_of(&server);
    let checked = || {
        let doctor = env.run(&["-o", "json", "doctor"]).json();
        let checks = doctor["checks"].as_array().unwrap().clone();
        checks.into_iter().find(|check| check["id"] == "server clock").unwrap()
    };
    assert_eq!(env.run(&SWEEP).must(0).json()["clock"], "local");
    env.run_must_say(&SWEEP[2..], 0, "measured by this machine's");
    let unknown = checked();
    assert_eq!(unknown["state"], "warning", "{unknown}");
    assert!(unknown["words"].as_str().unwrap().starts_with("unknown: "), "{unknown}");
    let body = format!(r#"{{"realm":"{REALM}","enabled":true,"passwordPolicy":"length(12)"}}"#);
    let headers = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";
    server.tell(&[Told { method: "GET", path: format!("/admin/realms/{REALM}"), status: 200, headers, body }]);
    let swept = env.run(&SWEEP).must(0);
    assert_eq!(swept.json()["clock"], "server");
    assert!(!swept.stderr.contains("clock"), "{}", swept.stderr);
    let behind = checked();
    assert_eq!(behind["state"], "warning", "{behind}");
    assert!(behind["words"].as_str().unwrap().contains(" min behind this machine's"), "{behind}");
}
