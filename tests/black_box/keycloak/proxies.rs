//! What stands between the tool and the server: proxies that answer in its place, and proxies of the environment.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::{PROTECTED, RESET, agent_at, agent_of};
use crate::support::fake_keycloak::{FakeKeycloak, Told};

const PAGE: &str = "<html><h1>403 Forbidden</h1>WAF says no</html>";

fn told(method: &'static str, path: &str, status: u16, body: &str) -> Told {
    Told { method, path: path.to_owned(), status, headers: "", body: body.to_owned() }
}

#[test]
fn a_proxy_that_answers_in_its_place_is_not_a_missing_right() {
    let server = FakeKeycloak::start();
    let env = agent_of(&server);
    for (status, body) in
        [(403, PAGE), (403, ""), (403, r#"{"message":"Forbidden"}"#), (404, PAGE), (401, PAGE), (405, "no")]
    {
        for path in ["/users", "/groups", "/realms/echo"] {
            server.tell(&[told("GET", path, status, body)]);
            let error = env.run(&RESET).must(2).error();
            let message = error["message"].as_str().unwrap();
            assert_eq!((&error["reason"], &error["changed"]), (&"configuration".into(), &"no".into()), "{error}");
            assert!(message.contains("A proxy answers for /admin at this address"), "{status} {path}: {message}");
            assert!(!message.contains("view-users") && !message.contains("WAF"), "{message}");
        }
    }
    server.tell(&[told("PUT", "/reset-password", 403, PAGE)]);
    let error = env.run(&RESET).must(2).error();
    assert_eq!(error["changed"], "no", "{error}");
    server.tell(&[told("GET", "/users", 502, PAGE)]);
    let error = env.run(&[&["--timeout", "1s"], &RESET[..]].concat()).must(8).error();
    assert!(error["message"].as_str().unwrap().contains("a proxy or gateway"), "{error}");
    server.tell(&[told("GET", "/users", 403, r#"{"error":"HTTP 403 Forbidden"}"#)]);
    let error = env.run(&RESET).must(4).error();
    assert!(error["message"].as_str().unwrap().contains("view-users"), "Keycloak's own: {error}");
}

#[test]
fn what_answers_at_the_token_endpoint_in_its_place_is_reported() {
    let server = FakeKeycloak::start();
    let own = format!("{PROTECTED}\nsign_in = 'client-credentials'\nclient_id = 'robot'");
    let env = agent_at(server.address(), &own);
    server.tell(&[told("POST", "/token", 403, PAGE)]);
    let login = ["-o", "json", "login", "--client-credentials", "--password-stdin", "--store", "file"];
    let error = env.run_with(&login, "secret\n").must(2).error();
    assert!(error["message"].as_str().unwrap().contains("a proxy may answer"), "{error}");
}

/// A proxy that refuses everything, and what was said to it first by each connection.
fn witness() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (seen, came) = channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut first = [0; 4096];
            let length = stream.read(&mut first).unwrap_or(0);
            seen.send(String::from_utf8_lossy(&first[..length]).into_owned()).unwrap();
            drop(stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
        }
    });
    (address, came)
}

const VARIABLES: [&str; 6] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"];

#[test]
fn plain_http_goes_past_every_proxy_of_the_environment() {
    let server = FakeKeycloak::start();
    let (proxy, came) = witness();
    let environment = VARIABLES.map(|name| (name, proxy.as_str()));
    let insecure = format!("{PROTECTED}\ninsecure_http = true");
    for (address, more) in [
        (server.address().to_owned(), PROTECTED),
        (server.address().replace("127.0.0.1", "localhost"), PROTECTED),
        (server.address().to_owned(), &insecure),
    ] {
        server.hide(&[]);
        let env =
            environment.iter().fold(agent_at(&address, more), |env, (name, value)| env.with_variable(name, *value));
        env.run(&RESET).must(0);
        assert!(!server.secrets().is_empty(), "the password went to the server");
    }
    assert!(came.try_recv().is_err(), "and nothing to the proxy");
}

#[test]
fn of_https_a_proxy_is_asked_for_a_tunnel_and_for_nothing_else() {
    let (proxy, came) = witness();
    let env = agent_at("https://id.example.com", PROTECTED).with_variable("HTTPS_PROXY", &proxy);
    let ran = env.run(&[&["--timeout", "1s"], &RESET[..]].concat()).must(8);
    assert_eq!(ran.error()["changed"], "no");
    let first = came.recv_timeout(Duration::from_secs(10)).unwrap();
    let seen: Vec<String> = std::iter::once(first).chain(came.try_iter()).collect();
    for said in &seen {
        assert!(said.starts_with("CONNECT id.example.com:443 "), "{said}");
        assert!(!said.contains("Bearer") && !said.contains("/admin"), "{said}");
    }
}

#[test]
fn a_name_below_localhost_is_not_this_machine() {
    for address in ["http://id.localhost:8080", "http://localhost.:8080", "http://localhost.example.com"] {
        let error = agent_at(address, PROTECTED).run(&RESET).must(2).error();
        assert!(error["message"].as_str().unwrap().contains("insecure_http"), "{address}: {error}");
    }
}
