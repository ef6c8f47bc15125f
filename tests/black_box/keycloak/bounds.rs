//! Lists without an end, and servers that put off: the tool comes to an end by itself.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{RESET, agent_at, agent_of};
use crate::support::fake_keycloak::{FakeKeycloak, Told};
use crate::support::for_each_concurrently;

#[test]
fn a_list_that_begins_again_and_again_is_given_up() {
    let server = FakeKeycloak::start();
    let env = agent_of(&server);
    let users: Vec<_> = (0..200)
        .map(|n| json!({ "id": format!("u{n}"), "username": format!("u{n}"), "requiredActions": [] }))
        .collect();
    let body = json!(users).to_string();
    server.tell(&[Told { method: "GET", path: "/users".to_owned(), status: 200, headers: "", body }]);
    let sweep = ["-o", "json", "withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "old"];
    let error = env.run(&sweep).must(8).error();
    assert!(error["message"].as_str().unwrap().contains("the same users again"), "{error}");
    let pages = server.seen().iter().filter(|seen| seen.contains("first=")).count();
    assert_eq!(pages, 2, "{:?}", server.seen());
}

#[test]
fn the_time_of_an_operation_covers_its_tries() {
    let waits = ["retry-after: 1\r\n", "retry-after: 9\r\n", "retry-after: 99999999999999999999\r\n", ""];
    for_each_concurrently(waits, |headers| {
        let server = FakeKeycloak::start();
        let env = agent_of(&server);
        let (method, path) = ("GET", "/users".to_owned());
        server.tell(&[Told { method, path, status: 503, headers, body: String::new() }]);
        let started = Instant::now();
        let error = env.run(&[&["--timeout", "2s"], &RESET[..]].concat()).must(8).error();
        assert_eq!(error["changed"], "no", "{error}");
        assert!(started.elapsed() < Duration::from_secs(5), "{headers}: {:?}", started.elapsed());
    });
}

#[test]
fn a_token_endpoint_that_puts_off_is_not_waited_for_longer() {
    let server = FakeKeycloak::start();
    let own = "protected = 'none'\nsign_in = 'client-credentials'\nclient_id = 'robot'";
    let env = agent_at(server.address(), own);
    let (method, path) = ("POST", "/token".to_owned());
    server.tell(&[Told { method, path, status: 429, headers: "retry-after: 1\r\n", body: String::new() }]);
    let started = Instant::now();
    let login = ["--timeout", "2s", "login", "--client-credentials", "--password-stdin", "--store", "file"];
    env.run_with(&login, "secret\n").must(8);
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}
