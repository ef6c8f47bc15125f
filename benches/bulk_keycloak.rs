//! The throughput of a bulk run on a real Keycloak, against a load generator that makes the same calls: see
//! benches/README.md.
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
#![allow(unreachable_pub, reason = "`pub` marks what another file of this program uses")]

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

/// One call of a row, as the proxy recorded it.
struct Call {
    method: Method,
    path: String,
    with_password: bool,
}

/// A customer's id and username. Both have a fixed width, so that the paths of all rows have the same length.
#[derive(Clone)]
struct SeededCustomer {
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
    // The hashing is Keycloak's default, as in a realm whose policy does not set it.
    let realm = Realm::with(Server::shared(), &RealmOptions { default_hashing: true, ..RealmOptions::default() });
    let customers = seed_customers(&realm, rows);
    let calls = recorded(&realm, &customers);
    println!("a row: {} calls", calls.len());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let load = |customers: &[SeededCustomer], at_once: usize| {
        let token = realm.token_of(Rights::AndViewRealm.agent());
        let started = Instant::now();
        runtime.block_on(generate(realm.url(), &token, &calls, customers, at_once));
        customers.len() as f64 / started.elapsed().as_secs_f64()
    };
    load(&customers[..rows / 3], 4); // warms up the server's JIT compiler
    let mut best = (0, 0.0);
    for at_once in [1, 2, 3, 4, 6, 8, 16] {
        let rate = load(&customers[..rows / 2], at_once);
        println!("the load generator, {at_once} rows at once: {rate:.1} rows a second");
        if rate > best.1 {
            best = (at_once, rate);
        }
    }
    for _ in 0..turns {
        let before = load(&customers, best.0);
        let (ours, refused, calls) = measure_bulk(&realm, &customers);
        let after = load(&customers, best.0);
        println!(
            "bulk: {ours:.1} rows a second, {:.2} of the load generator at its best ({} at once: {before:.1} before, {after:.1} after; the bar: 0.95); {refused} of {calls} calls refused for pace",
            ours / before.midpoint(after),
            best.0,
        );
    }
}

/// Imports so many customers, and returns them.
fn seed_customers(realm: &Realm<'_>, many: usize) -> Vec<SeededCustomer> {
    let user = |number: usize| {
        json!({ "username": format!("c{number:05}"), "enabled": true, "firstName": "C", "lastName": "C",
        "email": format!("c{number:05}@crowd.example.com") })
    };
    let users: Vec<Value> = (0..many).map(user).collect();
    realm.rest().post("/partialImport", json!({ "ifResourceExists": "FAIL", "users": users }));
    let found = realm.rest().get("/users?search=c0&max=100000");
    let word = |user: &Value, key: &str| user[key].as_str().unwrap().to_owned();
    let customers = found.as_array().unwrap().iter();
    customers.map(|user| SeededCustomer { id: word(user, "id"), username: word(user, "username") }).collect()
}

fn bulk(env: &TestEnvironment, customers: &[SeededCustomer], out: &str) -> CommandOutput {
    let names: Vec<&str> = customers.iter().map(|customer| customer.username.as_str()).collect();
    env.write("in.csv", &format!("customer\n{}\n", names.join("\n")));
    let many = customers.len().to_string();
    let all = ["bulk", "in.csv", "--yes", "--expect", &many, "--out", out, "--seal-to", KEY, "--progress", "json"];
    env.run(&all).must(0)
}

/// Records the calls of one row. It is the second row, since the first also has the reads of once a run.
fn recorded(realm: &Realm<'_>, customers: &[SeededCustomer]) -> Vec<Call> {
    let proxy = FaultProxy::before(realm.url());
    let env =
        TestEnvironment::for_agent_with(&realm.reached_by(proxy.address()), Rights::AndViewRealm, "protected = 'none'");
    bulk(&env, &customers[..2], "recorded.jsonl");
    let second = &customers[1];
    let of_second = |path: &str| path.contains(&second.id) || path.contains(&second.username);
    let seen = proxy.seen().into_iter().filter(|seen| of_second(&seen.path));
    seen.map(|seen| Call {
        method: seen.method.parse().unwrap(),
        path: seen.path.replace(&second.id, "{id}").replace(&second.username, "{username}"),
        with_password: !seen.body.is_empty(),
    })
    .collect()
}

/// Makes each row's calls one after the other, and so many rows at once, with one HTTP client.
async fn generate(url: &str, token: &str, calls: &[Call], customers: &[SeededCustomer], at_once: usize) {
    let client = Client::builder().build().unwrap();
    let next = Cell::new(0);
    let worker = async || {
        while let Some(customer) = customers.get(next.replace(next.get() + 1)) {
            for call in calls {
                let path = call.path.replace("{id}", &customer.id).replace("{username}", &customer.username);
                let request = client.request(call.method.clone(), format!("{url}{path}")).bearer_auth(token);
                let request = if call.with_password {
                    let value = format!("Kd4m-7XpR-{}-tqWn", customer.username);
                    request.json(&json!({ "type": "password", "value": value, "temporary": true }))
                } else {
                    request
                };
                let answer = request.send().await.unwrap();
                // The username is looked up as an id too, which answers 404.
                assert!(answer.status().is_success() || answer.status() == 404, "{path}: {}", answer.status());
                answer.bytes().await.unwrap();
            }
        }
    };
    join_all((0..at_once).map(|_| worker())).await;
}

/// Runs `bulk`. Returns rows a second, calls that were throttled, and all calls.
fn measure_bulk(realm: &Realm<'_>, customers: &[SeededCustomer]) -> (f64, u64, u64) {
    let env = TestEnvironment::for_agent_with(realm, Rights::AndViewRealm, "protected = 'none'");
    let started = Instant::now();
    let ran = bulk(&env, customers, "out.jsonl");
    let rate = customers.len() as f64 / started.elapsed().as_secs_f64();
    let last: Value = serde_json::from_str(ran.stderr.lines().last().unwrap()).unwrap();
    (rate, last["refused"].as_u64().unwrap(), last["calls"].as_u64().unwrap())
}
