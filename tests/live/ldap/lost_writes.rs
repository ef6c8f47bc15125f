//! A directory that comes back without what it confirmed last: delivered rows are looked at again, and issued anew.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use age::x25519::Identity;

use super::bulk::{delivered, rows, works};
use crate::support::TestEnvironment;
use crate::support::ldap::{Kind, Server};

const ROWS: usize = 14;

/// What lies in the folder of slapd's database, put aside or back.
fn copied(from: &Path, to: &Path) {
    let copy = Command::new("cp").arg("--archive").arg("--no-target-directory").arg(from).arg(to).status().unwrap();
    assert!(copy.success());
}

/// A run whose server is gone after some rows, and comes back as it was before the run: before the run has given up
/// waiting, or after it, for the one that resumes.
fn comes_back_as_it_was_before(server: &Server, env: &TestEnvironment, key: &Identity, gives_up: bool) {
    let (database, before) = (server.file("db"), env.file("db-before"));
    copied(&database, &before);
    let out = env.file("out.jsonl");
    let wait = if gives_up { "2s" } else { "5m" };
    let mut child = env
        .command(&["bulk", &env.file("in.csv").display().to_string(), "--yes", "--expect", &ROWS.to_string(), "--rate"])
        .args(["4", "--wait", wait, "--progress", "json", "--seal-to", &key.to_public().to_string(), "--out"])
        .arg(&out)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while rows(&out).iter().filter(|row| row["outcome"] == "delivered").count() < 3 {
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
        std::thread::yield_now();
    }
    server.stop();
    let before_the_stop = delivered(key, &out);
    std::fs::remove_dir_all(&database).unwrap();
    copied(&before, &database);
    let told = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut told = told.skip_while(|line| !line.contains("\"waiting\":\""));
    assert!(told.next().is_some(), "it says that it waits");
    if gives_up {
        assert!(told.last().is_some_and(|line| line.contains("bulk --resume")));
        assert!(matches!(child.wait().unwrap().code(), Some(8 | 9)));
        server.start_again();
    } else {
        server.start_again();
        let rest: Vec<String> = told.collect();
        assert!(matches!(child.wait().unwrap().code(), Some(0 | 9)), "{rest:?}");
    }
    let listed = env.run(&["bulk", "list", "-o", "json"]);
    let listed: serde_json::Value = listed.json();
    if listed["runs"][0]["state"] != "finished" {
        let resumed = env.run(&["bulk", "--resume", listed["runs"][0]["run"].as_str().unwrap(), "--yes"]);
        assert!(resumed.is_success(), "{}", resumed.text());
    }
    let last = delivered(key, &out);
    assert_eq!(last.len(), ROWS, "none is missing");
    for (username, password) in &last {
        assert!(works(server, username, password), "{username}");
    }
    assert!(before_the_stop.len() >= 3);
    for (username, password) in &before_the_stop {
        assert_ne!(last[username], *password, "{username}: what was lost is issued anew");
        let again = rows(&out).into_iter().rfind(|row| row["customer"]["username"] == **username).unwrap();
        let message = again["message"].as_str().unwrap_or_default();
        assert!(again["supersedes"].is_string() && message.contains("has lost what attempt"), "{again}");
    }
    assert!(env.run(&["audit", "verify"]).is_success());
}

#[test]
#[ignore = "needs slapd: TELLONCE_LIVE=openldap"]
fn what_a_server_lost_is_issued_anew() {
    let server = Server::start_with(Kind::OpenLdap, &[("SLAPD_CROWD", "14")]);
    for gives_up in [false, true] {
        let env = server.environment();
        let names: Vec<String> = (1..=ROWS).map(|number| format!("crowd{number:05}")).collect();
        std::fs::write(env.file("in.csv"), format!("customer\n{}\n", names.join("\n"))).unwrap();
        comes_back_as_it_was_before(&server, &env, &Identity::generate(), gives_up);
    }
}
