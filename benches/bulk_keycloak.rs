//! What a bulk run on a real Keycloak reaches, against a load generator that makes the same calls: see benches/README.md.
//!
//! `TELLONCE_LIVE=keycloak cargo bench --bench bulk_keycloak`; without it nothing is measured.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark may stop at what it does not expect, and prints what it found"
)]

use std::cell::Cell;
use std::time::Instant;

use futures_util::future::join_all;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use support::fault_proxy::FaultProxy;
use support::keycloak::{Realm, RealmOptions, Rights, Server};
use support::{CommandOutput, TestEnvironment};

#[path = "../tests/support/mod.rs"]
mod support;

const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

/// One call of a row, as it went by the proxy.
struct Call {
    method: Method,
    path: String,
    with_password: bool,
}

/// A customer: id and username, both of fixed width, so that one stands in for the other in a path.
#[derive(Clone)]
struct Person {
    id: String,
    username: String,
}

fn main() {
    if !std::env::var("TELLONCE_LIVE").unwrap_or_default().split(',').any(|name| name == "keycloak") {
        println!("nothing is measured without TELLONCE_LIVE=keycloak");
        return;
    }
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (rows, turns) = if quick { (60, 1) } else { (250, 3) };
    // As a realm is when nobody has changed its hashing.
    let realm = Realm::with(Server::shared(), &RealmOptions { default_hashing: true, ..RealmOptions::default() });
    let people = crowd(&realm, rows);
    let calls = recorded(&realm, &people);
    println!("a row: {} calls", calls.len());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let load = |people: &[Person], at_once: usize| {
        let token = realm.token_of(Rights::AndViewRealm.agent());
        let started = Instant::now();
        runtime.block_on(generate(realm.url(), &token, &calls, people, at_once));
        people.len() as f64 / started.elapsed().as_secs_f64()
    };
    load(&people[..rows / 3], 4); // the server's own compiler warms up
    let mut best = (0, 0.0);
    for at_once in [1, 2, 3, 4, 6, 8, 16] {
        let rate = load(&people[..rows / 2], at_once);
        println!("the load generator, {at_once} rows at once: {rate:.1} rows a second");
        if rate > best.1 {
            best = (at_once, rate);
        }
    }
    for _ in 0..turns {
        let before = load(&people, best.0);
        let (ours, refused, calls) = ours(&realm, &people);
        let after = load(&people, best.0);
        println!(
            "bulk: {ours:.1} rows a second, {:.2} of the load generator at its best ({} at once: {before:.1} before, {after:.1} after; the bar: 0.95); {refused} of {calls} calls refused for pace",
            ours / before.midpoint(after),
            best.0,
        );
    }
}

fn crowd(realm: &Realm<'_>, many: usize) -> Vec<Person> {
    let user = |number: usize| {
        json!({ "username": format!("c{number:05}"), "enabled": true, "firstName": "C", "lastName": "C",
        "email": format!("c{number:05}@crowd.example.com") })
    };
    let users: Vec<Value> = (0..many).map(user).collect();
    realm.rest().post("/partialImport", json!({ "ifResourceExists": "FAIL", "users": users }));
    let found = realm.rest().get("/users?search=c0&max=100000");
    let word = |user: &Value, key: &str| user[key].as_str().unwrap().to_owned();
    let people = found.as_array().unwrap().iter();
    people.map(|user| Person { id: word(user, "id"), username: word(user, "username") }).collect()
}

fn bulk(env: &TestEnvironment, people: &[Person], out: &str) -> CommandOutput {
    let names: Vec<&str> = people.iter().map(|person| person.username.as_str()).collect();
    env.write("in.csv", &format!("customer\n{}\n", names.join("\n")));
    let many = people.len().to_string();
    let all = ["bulk", "in.csv", "--yes", "--expect", &many, "--out", out, "--seal-to", KEY, "--progress", "json"];
    env.run(&all).must(0)
}

/// The calls of one row: of those of a second one, for the first has also what is read once a run.
fn recorded(realm: &Realm<'_>, people: &[Person]) -> Vec<Call> {
    let proxy = FaultProxy::before(realm.url());
    let env =
        TestEnvironment::for_agent_with(&realm.reached_by(proxy.address()), Rights::AndViewRealm, "protected = 'none'");
    bulk(&env, &people[..2], "recorded.jsonl");
    let second = &people[1];
    let of_second = |path: &str| path.contains(&second.id) || path.contains(&second.username);
    let seen = proxy.seen().into_iter().filter(|seen| of_second(&seen.path));
    seen.map(|seen| Call {
        method: seen.method.parse().unwrap(),
        path: seen.path.replace(&second.id, "{id}").replace(&second.username, "{username}"),
        with_password: !seen.body.is_empty(),
    })
    .collect()
}

/// Makes each row's calls one after the other, for so many rows at once, by one client.
async fn generate(url: &str, token: &str, calls: &[Call], people: &[Person], at_once: usize) {
    let client = Client::builder().build().unwrap();
    let next = Cell::new(0);
    let worker = async || {
        while let Some(person) = people.get(next.replace(next.get() + 1)) {
            for call in calls {
                let path = call.path.replace("{id}", &person.id).replace("{username}", &person.username);
                let request = client.request(call.method.clone(), format!("{url}{path}")).bearer_auth(token);
                let request = if call.with_password {
                    let value = format!("Kd4m-7XpR-{}-tqWn", person.username);
                    request.json(&json!({ "type": "password", "value": value, "temporary": true }))
                } else {
                    request
                };
                let answer = request.send().await.unwrap();
                // A username is looked up as an id as well, and is none.
                assert!(answer.status().is_success() || answer.status() == 404, "{path}: {}", answer.status());
                answer.bytes().await.unwrap();
            }
        }
    };
    join_all((0..at_once).map(|_| worker())).await;
}

/// The whole process: rows a second, calls refused for pace, calls in all.
fn ours(realm: &Realm<'_>, people: &[Person]) -> (f64, u64, u64) {
    let env = TestEnvironment::for_agent_with(realm, Rights::AndViewRealm, "protected = 'none'");
    let started = Instant::now();
    let ran = bulk(&env, people, "out.jsonl");
    let rate = people.len() as f64 / started.elapsed().as_secs_f64();
    let last: Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
    (rate, last["refused"].as_u64().unwrap(), last["calls"].as_u64().unwrap())
}
