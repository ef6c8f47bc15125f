//! A bulk run on a directory: rows that create, rows that set, each delivered password tried; cut in the middle as well.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use age::x25519::Identity;

use super::proxy::Proxy;
use crate::support::TestEnvironment;
use crate::support::ldap::Server;

const ROWS: usize = 12;

/// The whole rows of an output.
pub fn rows(out: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(out).unwrap_or_default();
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The last password delivered to each customer, by username.
pub fn delivered(key: &Identity, out: &Path) -> HashMap<String, String> {
    let opened = |row: serde_json::Value| {
        let password = age::decrypt(key, row["sealed"].as_str().unwrap().as_bytes()).unwrap();
        (row["customer"]["username"].as_str().unwrap().to_owned(), String::from_utf8(password).unwrap())
    };
    rows(out).into_iter().filter(|row| row["outcome"] == "delivered").map(opened).collect()
}

/// Whether this is the customer's password, and a new one has to be chosen, by the server's own answer to a bind.
pub fn works(server: &Server, username: &str, password: &str) -> bool {
    let told = server.binds(&server.name(username), password).text().to_lowercase();
    told.contains("must be changed") || told.contains("data 773")
}

pub fn a_run_creates_sets_and_survives_a_cut(server: &Server) {
    let key = Identity::generate();
    let sealed_to = key.to_public().to_string();
    let proxy = Proxy::start(server.address());
    let env = server.environment_with(&proxy.url(), "protected = \"none\"\n");
    let mut input = "customer,create,email,first_name,last_name\n".to_owned();
    for row in 0..ROWS {
        let _ = writeln!(input, "b{row}@bulk.example.com,yes,b{row}@bulk.example.com,Bulk,Customer{row}"); // to a String
    }
    std::fs::write(env.file("in.csv"), input).unwrap();
    let (many, all) = (ROWS.to_string(), env.file("in.csv").display().to_string());
    let start = |env: &TestEnvironment, out: &str| {
        let out = env.file(out).display().to_string();
        env.run(&["bulk", &all, "--yes", "--expect", &many, "--out", &out, "--seal-to", &sealed_to])
    };
    let created = start(&env, "created.jsonl");
    assert!(created.is_success(), "{}\n{:?}", created.text(), rows(&env.file("created.jsonl")));
    let first = delivered(&key, &env.file("created.jsonl"));
    assert_eq!(first.len(), ROWS);
    for (username, password) in &first {
        assert!(works(server, username, password), "{username}");
    }
    // The connection ends when the next changes are under way: some are unknown, and get a fresh password.
    proxy.cut_after_intent_in_next(env.ledger());
    let cut = start(&env, "set.jsonl");
    assert!(matches!(cut.code, 0 | 9), "{}", cut.text());
    if cut.code == 9 {
        let listed = env.run(&["bulk", "list", "-o", "json"]);
        let listed: serde_json::Value = listed.json();
        let resumed = env.run(&["bulk", "--resume", listed["runs"][0]["run"].as_str().unwrap(), "--yes"]);
        assert!(resumed.is_success(), "{}", resumed.text());
    }
    let last = delivered(&key, &env.file("set.jsonl"));
    assert_eq!(last.len(), ROWS, "none is lost");
    for (username, password) in &last {
        assert!(works(server, username, password), "{username}");
        assert!(!works(server, username, &first[username]), "{username}: only the newest works");
    }
    assert!(env.run(&["audit", "verify"]).is_success());
}

/// Until one row created the user, the customer's address was the only id; what the next row finds has one of its own.
pub fn a_user_made_by_one_row_is_not_reset_by_the_next(server: &Server) {
    let sealed_to = Identity::generate().to_public().to_string();
    let env = server.environment();
    let mut input = "customer,create,email,first_name,last_name\n".to_owned();
    let mut row = |name: &str| {
        let _ = writeln!(input, "{name}@once.example.com,yes,{name}@once.example.com,Once,Only"); // to a String
    };
    row("same");
    (0..ROWS).for_each(|other| row(&format!("other{other}")));
    row("SAME");
    std::fs::write(env.file("in.csv"), input).unwrap();
    let (many, all) = ((ROWS + 2).to_string(), env.file("in.csv").display().to_string());
    let out = env.file("out.jsonl").display().to_string();
    let given = ["--yes", "--expect", &many, "--out", &out, "--seal-to", &sealed_to, "--concurrency", "1"];
    env.run(&[&["bulk", &all][..], &given].concat()).must_say(0, "");
    let rows = rows(&env.file("out.jsonl"));
    let last = rows.iter().find(|row| row["given"] == "SAME@once.example.com").unwrap();
    assert_eq!((last["outcome"].as_str(), last["changed"].as_str()), (Some("duplicate"), Some("no")), "{last}");
    assert_eq!(last["customer"]["id"], "same", "an id of their own by then: {last}");
    assert_eq!(rows.iter().filter(|row| row["outcome"] == "delivered").count(), ROWS + 1);
}
