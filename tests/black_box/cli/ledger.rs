//! The ledger's files: imported, pruned, put back from a copy, waiting; and what its records have.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{PRACTICE, TestEnvironment};

/// The log of an earlier version: one reset, from the year 2020.
fn old_log() -> String {
    let mut prev = "0".repeat(64);
    let mut log = String::new();
    for (event, more) in [
        ("intent", json!({ "reason": "forgot it", "consent": "asked", "unlock": false })),
        ("set", json!({ "stamp": null, "proved": true })),
        ("delivery", json!({ "delivery": "shown" })),
    ] {
        let mut line = json!({
            "v": 1, "at": "2020-01-01T12:00:00Z", "attempt": "0123456789abcdef0123", "event": event, "agent": "sam",
            "system_user": "sam", "profile": "practice", "backend": "practice", "customer": "C-1001", "user": "1001",
            "username": "ada.lovelace", "action": "set", "prev": prev,
        });
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let text = line.to_string();
        prev = Sha256::digest(&text).iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        writeln!(log, "{},\"hash\":\"{prev}\"}}", text.strip_suffix('}').unwrap()).unwrap();
    }
    log
}

#[test]
fn the_log_of_an_earlier_version_is_imported_once() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    env.write("audit.jsonl", &old_log());
    let records = env.records();
    let events: Vec<&str> = records.iter().map(|record| record["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["intent", "set", "delivery", "imported"]);
    assert_eq!((&records[3]["lines"], &records[3]["broken_line"]), (&3.into(), &Value::Null));
    assert!(!env.file("audit.jsonl").exists());
    assert_eq!(env.read("audit.jsonl.imported"), old_log(), "it is kept as it was");
    let export = env.run(&["audit", "export"]).must(0).stdout;
    assert!(old_log().lines().all(|line| export.contains(line)), "line by line as they stand: {export}");
    env.issue("C-1001");
    assert_eq!(env.records().len(), 7);
    env.run(&["audit", "verify"]).must(0);
    let report = env.run(&["report", "--since", "2019-01-01T00:00:00Z", "-o", "json"]).must(0).json();
    assert_eq!(report["totals"]["delivered"], 2);
}

#[test]
fn a_broken_line_of_the_old_log_is_named_and_kept() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    env.write("audit.jsonl", &old_log().replace("forgot it", "forgot"));
    env.run(&["ledger", "status"]).must_say(0, "Line 1 of the imported audit.jsonl is broken");
    env.run(&["doctor"]).must_say(11, "Line 1 of the imported audit.jsonl is broken");
    env.run(&["audit", "verify"]).must(0);
}

#[test]
fn what_was_pruned_is_gone_and_the_rest_is_verified() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    env.write("audit.jsonl", &old_log());
    env.issue("C-1001");
    env.run(&["ledger", "prune", "--before", "2021-01-01T00:00:00Z"]).must(2);
    assert_eq!(env.records().len(), 7, "nobody confirmed");
    env.run(&["ledger", "prune", "--before", "2999-01-01T00:00:00Z", "--yes"]).must_say(2, "48 hours");
    let pruned =
        env.run(&["ledger", "prune", "--before", "2021-01-01T00:00:00Z", "--yes", "-o", "json"]).must(0).json();
    assert_eq!((&pruned["schema"], &pruned["removed_through"]), (&"tellonce.ledger-prune/v1".into(), &3.into()));
    let records = env.records();
    assert_eq!((&records[0]["number"], &records.last().unwrap()["event"]), (&4.into(), &"pruned".into()));
    let head = pruned["head"].as_str().unwrap();
    assert_eq!(records[0]["prev"], head, "verification starts at the checkpoint");
    env.run(&["audit", "verify", "--head", head]).must(0);
    let status = env.run(&["ledger", "status", "-o", "json"]).must(0).json();
    assert_eq!((&status["records"], &status["removed_through"]), (&5.into(), &3.into()));
}

#[test]
fn an_old_copy_is_noticed_by_the_receipt() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    env.issue("C-1001");
    let files = ["ledger.db", "ledger.db-wal"].map(|name| (name, std::fs::read(env.file(name)).unwrap()));
    env.issue("C-1004");
    for (name, content) in files {
        std::fs::write(env.file(name), content).unwrap();
    }
    let _ = std::fs::remove_file(env.file("ledger.db-shm"));
    let said = "Record 6 of the ledger, which this machine wrote, is missing or was replaced";
    env.run(&["audit", "list"]).must_say(0, said);
    env.run(&["audit", "verify"]).must(11);
    env.run(&["doctor"]).must_say(11, "record 6, which this machine wrote");
}

#[test]
fn a_copy_of_the_three_files_is_a_whole_ledger() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    env.issue("C-1001");
    let copy = TestEnvironment::new();
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        if env.file(name).exists() {
            std::fs::copy(env.file(name), copy.file(name)).unwrap();
        }
    }
    let head = |env: &TestEnvironment| env.run(&["audit", "verify", "-o", "json"]).must(0).json()["head"].clone();
    assert_eq!(head(&copy), head(&env));
    assert_eq!(copy.records(), env.records());
}

#[test]
fn a_record_that_waits_and_cannot_be_used_is_named() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    env.issue("C-1001");
    std::fs::create_dir(env.file("ledger-spool")).unwrap();
    env.run(&["doctor"]).must(0); // the control: an empty folder is no fault
    env.write("ledger-spool/torn.json", "{\"attempt\":\"a");
    for (command, code) in [("status", 0), ("doctor", 11)] {
        let arguments: &[&str] = if command == "status" { &["ledger", "status"] } else { &["doctor"] };
        let said = env.run(arguments).must(code).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            said.contains("A record that waits for the ledger cannot be used") && said.contains("torn.json"),
            "{said}"
        );
    }
    let findings = env.run(&["ledger", "status", "-o", "json"]).must(0).json()["findings"].clone();
    assert_eq!(findings.as_array().unwrap().len(), 1, "{findings}");
    assert!(env.file("ledger-spool/torn.json").exists(), "it is kept");
    std::fs::remove_file(env.file("ledger-spool/torn.json")).unwrap();
    env.run(&["doctor"]).must(0);
}

#[test]
fn an_export_goes_on_after_a_number() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    env.issue("C-1001");
    let numbers = |more: &[&str]| {
        let text = env.run(&[&["audit", "export"], more].concat()).must(0).stdout;
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["number"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(&[]), [1, 2, 3]);
    assert_eq!(numbers(&["--after", "2"]), [3]);
    let followed = env.shell("\"$T\" audit export --follow --after 1 | head -n 2").stdout;
    assert_eq!(followed.lines().count(), 2, "{followed}");
}

/// Returns the rows of a table of docs/json.md, by the names in their first cell: the other cells.
fn documented(header: &str) -> BTreeMap<String, String> {
    let page = include_str!("../../../docs/json.md");
    let (_, table) = page.split_once(header).unwrap();
    let mut rows = BTreeMap::new();
    for row in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let (names, rest) = row.trim_start_matches("| ").split_once(" | ").unwrap();
        for name in names.split(", ") {
            rows.insert(name.trim_matches('`').to_owned(), rest.to_owned());
        }
    }
    rows
}

#[test]
fn every_field_of_every_event_is_documented() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    env.write("config.toml", "[audit]\nviews = true\n");
    env.write("audit.jsonl", &old_log());
    env.run(&["show", "C-1001"]).must(0);
    env.issue("C-1001");
    env.run(&[&PRACTICE[..], &["withdraw", "C-1001", "--yes"]].concat()).must(0);
    for _ in 0..5 {
        env.sign_in("alan.turing", "wrong");
    }
    env.run(&[&PRACTICE[..], &["unlock", "C-1004", "--yes"]].concat());
    env.write("in.csv", "customer\nC-1005\n");
    let key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
    let bulk = ["bulk", "in.csv", "--yes", "--expect", "1", "--out", "out.jsonl", "--seal-to", key];
    env.run(&[&PRACTICE[..], &bulk].concat()).must(0);
    env.run(&["ledger", "prune", "--before", "2021-01-01T00:00:00Z", "--yes"]).must(0);
    let (fields, events) = (documented("| field | what |"), documented("| event | when | its fields |"));
    let mut seen = Vec::new();
    for record in env.records().iter().filter(|record| record["v"] == 2) {
        let event = record["event"].as_str().unwrap().to_owned();
        let own = events.get(&event).unwrap_or_else(|| panic!("docs/json.md lacks {event}"));
        for name in record.as_object().unwrap().keys() {
            let is_own = own.contains(&format!("`{name}`"));
            assert!(
                fields.contains_key(name) || is_own || ["prev", "hash"].contains(&name.as_str()),
                "{event}: {name}"
            );
        }
        seen.push(event);
    }
    for event in
        ["imported", "viewed", "intent", "set", "delivery", "withdrawn", "bulk_started", "bulk_ended", "pruned"]
    {
        assert!(seen.iter().any(|found| found == event), "{event}: {seen:?}");
    }
    let source = include_str!("../../../src/ledger/event.rs");
    let (_, names) = source.split_once("pub const fn name").unwrap();
    let (names, _) = names.split_once("ends_the_attempt").unwrap();
    let names: Vec<&str> = names.split("=> \"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert!(names.len() > 14, "{names:?}");
    for name in names {
        assert!(events.contains_key(name), "docs/json.md lacks {name}");
    }
}
