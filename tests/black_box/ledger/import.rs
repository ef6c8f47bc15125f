//! A home with the `audit.jsonl` of an earlier version.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Child;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tellonce::ledger::Hash;

use super::fixture::{doctor, doctor_finds, home_with_a_limit_of_one, run, verify_finds};
use crate::support::{CommandOutput, PRACTICE, TestEnvironment};

/// Writes an `audit.jsonl` as an earlier version did.
struct OldLog {
    lines: Vec<String>,
    last: Hash,
    profile: &'static str,
}

impl OldLog {
    fn new(profile: &'static str) -> Self {
        Self { lines: Vec::new(), last: Hash::BEFORE_THE_FIRST, profile }
    }

    /// Adds a line: each has the hash of the line before, and its own at the end.
    fn add(&mut self, at: Timestamp, attempt: &str, event: &str, customer: &str, more: &Value) {
        let mut record = json!({
            "v": 1, "at": at, "attempt": attempt, "event": event, "agent": "sam", "system_user": "support",
            "profile": self.profile, "backend": "practice", "customer": customer, "user": customer,
            "action": "set", "ticket": null, "reason": null, "verified": null, "consent": null, "unlock": null,
            "delivery": null, "failure": null, "changed": null, "stamp_before": null, "stamp": null,
        });
        for (name, value) in more.as_object().unwrap() {
            record[name] = value.clone();
        }
        record["prev"] = json!(self.last.to_string());
        let before = record.to_string();
        self.last = Hash::from_bytes(&Sha256::digest(&before)).unwrap();
        let before = before.strip_suffix('}').unwrap();
        self.lines.push(format!("{before},\"hash\":\"{}\"}}\n", self.last));
    }

    /// Adds a reset that was delivered.
    fn reset(&mut self, at: Timestamp, customer: &str) {
        let attempt = format!("old-{}", self.lines.len());
        self.add(at, &attempt, "intent", customer, &json!({"consent": "flag", "unlock": false, "ticket": "T-é \"1\""}));
        self.add(at, &attempt, "set", customer, &json!({"proved": true}));
        self.add(at, &attempt, "delivery", customer, &json!({"delivery": "shown"}));
    }

    fn write(&self, env: &TestEnvironment) -> String {
        let text = self.lines.concat();
        env.write("audit.jsonl", &text);
        text
    }
}

fn hours_ago(hours: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(hours)
}

/// Two resets, of two days ago and of two hours ago.
fn two_resets(profile: &'static str) -> OldLog {
    let mut log = OldLog::new(profile);
    log.reset(hours_ago(48), "C-1001");
    log.reset(hours_ago(2), "C-1004");
    log
}

/// Returns the events of the ledger.
fn events(env: &TestEnvironment) -> Vec<String> {
    env.records().iter().map(|record| record["event"].as_str().unwrap().to_owned()).collect()
}

const IMPORTED: [&str; 7] = ["intent", "set", "delivery", "intent", "set", "delivery", "imported"];

#[test]
fn the_first_command_imports_every_line_as_it_stands_and_no_other_does_again() {
    for first in [&["audit", "list"][..], &["audit", "verify"], &["doctor"], &["show", "C-1001"], &["ledger", "status"]]
    {
        let env = TestEnvironment::signed_in_telling_nobody("sam");
        let text = two_resets("practice").write(&env);
        run(&env, first).must(0);
        assert_eq!(events(&env), IMPORTED, "{first:?}");
        assert_eq!(env.read("audit.jsonl.imported"), text, "{first:?}");
        assert!(!env.file("audit.jsonl").exists(), "{first:?}");
        env.issue("C-1005");
        assert_eq!(events(&env).len(), 10, "{first:?}");
        let exported = run(&env, &["audit", "export"]).must(0).stdout;
        for (exported, line) in exported.lines().zip(text.lines()) {
            assert!(exported.contains(line), "the text of a line is kept: {exported}");
        }
        run(&env, &["audit", "verify"]).must(0);
        assert_eq!(doctor(&env).0, "ok");
    }
}

#[test]
fn what_was_imported_counts_for_limits_and_in_the_history() {
    let env = home_with_a_limit_of_one();
    two_resets("live").write(&env);
    let reset = |customer: &str| env.run(&["-o", "json", "reset", customer, "--yes", "--reveal", "stdout"]);
    assert_eq!(reset("C-1004").must(7).error()["reason"], "too_many_resets", "two hours ago");
    reset("C-1001").must(0); // two days ago
    let listed = env.run(&["audit", "list", "--customer", "C-1004", "-o", "json"]).must(0).json();
    assert_eq!(listed["records"][0]["ticket"], "T-é \"1\"", "{listed}");
}

#[test]
fn of_8_first_commands_at_once_one_imports() {
    for _ in 0..4 {
        let env = TestEnvironment::signed_in_telling_nobody("sam");
        let text = two_resets("practice").write(&env);
        let customers = ["C-1005", "C-1016"];
        let reset = |customer| [&PRACTICE[..], &["reset", customer, "--yes", "--reveal", "stdout"]].concat();
        let mut commands = vec![[&PRACTICE[..], &["audit", "list"]].concat(); 6];
        commands.extend(customers.map(reset));
        let children: Vec<Child> = commands.iter().map(|command| env.command(command).spawn().unwrap()).collect();
        for child in children {
            CommandOutput::from(child.wait_with_output().unwrap()).must(0);
        }
        let events = events(&env);
        assert_eq!(events[..7], IMPORTED);
        assert_eq!(events.len(), 7 + 3 * customers.len(), "{events:?}");
        assert_eq!(env.read("audit.jsonl.imported"), text);
        run(&env, &["audit", "verify"]).must(0);
    }
}

#[test]
fn a_line_that_was_changed_is_imported_as_it_stands_and_named_for_good() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    let mut log = two_resets("practice");
    log.lines[2] = log.lines[2].replace("shown", "timed_out");
    log.write(&env);
    run(&env, &["audit", "list"]).must(0);
    doctor_finds(&env, "Line 3 of the imported audit.jsonl is broken: its content does not match its hash");
    run(&env, &["audit", "verify"]).must(0); // the new chain has each line as it stood
    env.issue("C-1005");
    doctor_finds(&env, "Line 3 of the imported audit.jsonl is broken");
}

#[test]
fn lines_that_are_missing_torn_or_none_are_named() {
    for (change, words, lines) in [
        (&(|lines: &mut Vec<String>| drop(lines.remove(1))) as &dyn Fn(&mut Vec<String>), "Line 2", 5),
        (&|lines| lines.swap(3, 4), "Line 4", 6),
        (&|lines| lines[4] = "not a record\n".to_owned(), "Line 5", 6),
        (&|lines| lines[5].truncate(40), "Line 6", 5),
    ] {
        let env = TestEnvironment::signed_in_telling_nobody("sam");
        let mut log = two_resets("practice");
        change(&mut log.lines);
        log.write(&env);
        let listed = run(&env, &["audit", "list", "-o", "json"]).must(0).json();
        let records = listed["records"].as_array().unwrap();
        assert_eq!((records.len(), &records[lines]["lines"]), (lines + 1, &json!(lines)), "{words}");
        doctor_finds(&env, words);
        run(&env, &["audit", "verify"]).must(0);
    }
}

#[test]
fn what_is_imported_is_not_changed_any_more() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    two_resets("practice").write(&env);
    run(&env, &["audit", "verify"]).must(0);
    let connection = super::fixture::open(&env);
    connection.execute_batch("DROP TRIGGER record_never_changes").unwrap();
    connection.execute("UPDATE record SET body = replace(body, 'sam', 'kim') WHERE number = 4", []).unwrap();
    drop(connection);
    verify_finds(&env, "record 4: its content does not match its hash");
}

#[test]
fn an_audit_log_that_is_a_link_stops_every_command() {
    let env = TestEnvironment::signed_in_telling_nobody("sam");
    let text = two_resets("practice").write(&env);
    fs::rename(env.file("audit.jsonl"), env.file("elsewhere.jsonl")).unwrap();
    symlink("elsewhere.jsonl", env.file("audit.jsonl")).unwrap();
    for command in [&["audit", "list"][..], &["reset", "C-1001", "--yes", "--reveal", "stdout"]] {
        run(&env, command).must_say(8, "audit.jsonl is a symbolic link");
    }
    assert_eq!(env.read("elsewhere.jsonl"), text);
    assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "signed_in", "nothing was changed");
}

#[test]
fn an_earlier_version_that_is_used_again_is_noticed_by_the_next_command() {
    for next in [&["doctor"][..], &["ledger", "status"], &["audit", "verify"], &["show", "C-1001"]] {
        let env = TestEnvironment::signed_in_telling_nobody("sam");
        two_resets("practice").write(&env);
        env.issue("C-1005");
        let mut log = OldLog::new("practice");
        log.reset(Timestamp::now(), "C-1001");
        let text = log.write(&env);
        run(&env, next).must(0);
        assert_eq!(events(&env)[10..], ["intent", "set", "delivery", "imported"], "{next:?}");
        assert_eq!(env.read("audit.jsonl.imported.2"), text, "{next:?}");
        run(&env, &["audit", "verify"]).must(0);
        let report = run(&env, &["report", "-o", "json"]).must(0).json();
        assert_eq!(report["totals"]["delivered"], 4, "{next:?}");
    }
}

#[test]
fn a_limit_counts_what_an_earlier_version_did_later() {
    let env = home_with_a_limit_of_one();
    env.run(&["reset", "C-1001", "--yes", "--reveal", "stdout"]).must(0);
    let mut log = OldLog::new("live");
    log.reset(hours_ago(48), "C-1016"); // filed under the time of the import: the ledger's times never fall
    log.reset(Timestamp::now(), "C-1004");
    log.write(&env);
    for customer in ["C-1004", "C-1016"] {
        let refused = env.run(&["-o", "json", "reset", customer, "--yes", "--reveal", "stdout"]).must(7);
        assert_eq!(refused.error()["reason"], "too_many_resets", "{customer}");
    }
}
