//! Every object has its schema and exactly its fields.

use std::ffi::OsStr;

use serde_json::Value;

use crate::support::{CommandOutput, PRACTICE, TestEnvironment, assert_object};

#[track_caller]
fn has(object: &Value, schema: &str, fields: &str) {
    assert_eq!(object["schema"], schema, "{object}");
    let mut found: Vec<&str> =
        object.as_object().unwrap().keys().map(String::as_str).filter(|name| *name != "schema").collect();
    let mut wanted: Vec<&str> = fields.split_whitespace().collect();
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted, "{schema}");
}

fn json(env: &TestEnvironment, arguments: &[&str]) -> Value {
    env.run(&[arguments, &["-o", "json"]].concat()).must(0).json()
}

/// An environment in which this agent is signed in, with the practice profile named.
fn practicing(agent: &str) -> TestEnvironment {
    TestEnvironment::signed_in(agent).with_variable("TELLONCE_PROFILE", "practice")
}

/// Runs a command without a controlling terminal, whatever the tests run in.
fn without_terminal(env: &TestEnvironment, arguments: &[&str]) -> CommandOutput {
    let arguments = [arguments, &["-o", "json"]].concat();
    env.command_under(&[OsStr::new("setsid")], &arguments).output().unwrap().into()
}

/// Every command's object as a whole.
#[test]
fn each_object_is_as_in_its_snapshot() {
    let env = practicing("sam");
    for (name, arguments) in [
        ("find", &["find", "grace"][..]),
        ("status", &["status", "C-1006"]),
        ("show", &["show", "C-1001"]),
        ("show_without_user", &["show", "C-1002"]),
        ("show_disabled", &["show", "C-1003"]),
        ("show_external", &["show", "C-1007"]),
        ("show_protected", &["show", "C-1008"]),
        ("whoami", &["whoami"]),
        ("doctor", &["doctor"]),
        ("profile_list", &["profile", "list"]),
        ("profile_show", &["profile", "show"]),
        ("reset", &["reset", "C-1001", "--yes", "--reveal", "stdout", "--ticket", "T-1"]),
        ("reset_creates", &["reset", "C-1002", "--yes", "--reveal", "stdout"]),
        ("withdraw", &["withdraw", "C-1001", "--yes"]),
        ("audit_list", &["audit", "list", "--customer", "C-1001"]),
        ("audit_verify", &["audit", "verify"]),
        ("practice_outbox", &["practice", "outbox"]),
    ] {
        assert_object!(env, name, without_terminal(&env, arguments).must(0).json());
    }
    let env = practicing("kim");
    env.issue("C-1004");
    let sweep = ["withdraw", "--older-than", "0s", "--all", "--yes", "--reason", "expired"];
    assert_object!(env, "withdraw_sweep", without_terminal(&env, &sweep).must(0).json());
}

/// The error object of each exit code that a script meets on the practice directory.
#[test]
fn each_error_is_as_in_its_snapshot() {
    let env = practicing("sam");
    for (name, code, arguments) in [
        ("error_usage", 2, &["reset", "C-1001", "--yes", "--ticket", ""][..]),
        ("error_not_found", 3, &["show", "nobody@example.com"]),
        ("error_ambiguous", 5, &["reset", "mary@example.com", "--yes", "--reveal", "stdout"]),
        ("error_disabled", 7, &["reset", "C-1003", "--yes", "--reveal", "stdout"]),
        ("error_external", 7, &["reset", "C-1007", "--yes", "--reveal", "stdout"]),
        ("error_protected", 7, &["reset", "C-1008", "--yes", "--reveal", "stdout"]),
        ("error_no_consent", 2, &["reset", "C-1001", "--reveal", "stdout"]),
    ] {
        assert_object!(env, name, without_terminal(&env, arguments).must(code).error());
    }
    env.run(&["logout"]).must(0);
    assert_object!(env, "error_signed_out", without_terminal(&env, &["show", "C-1001"]).must(4).error());
}

const STATUS: &str = "backend customer user differences status change_required locked disabled user_expired expired withdrawn issued_at issued_by expires_at";

#[test]
fn what_is_read() {
    let env = TestEnvironment::signed_in("sam");
    let found = json(&env, &["find", "grace"]);
    has(&found, "tellonce.find/v1", "backend customers shown total left_out users_not_known");
    assert_eq!(found["backend"], "practice");
    assert_eq!(
        found["customers"][0],
        serde_json::json!({"id": "C-1002", "name": "Grace Hopper", "email": "grace@example.com", "username": null})
    );
    assert_eq!(json(&env, &["find", "nobody-at-all"])["customers"], serde_json::json!([]));
    let status = json(&env, &["status", "C-1001"]);
    has(&status, "tellonce.status/v1", STATUS);
    assert_eq!(
        (status["status"].as_str(), &status["issued_by"], &status["expired"]),
        (Some("active"), &Value::Null, &Value::Null)
    );
    let show = json(&env, &["show", "C-1002"]);
    has(
        &show,
        "tellonce.show/v1",
        &format!("{STATUS} roles groups policy contacts contacts_unreadable action obstacles"),
    );
    assert_eq!((show["status"].as_str(), show["action"].as_str()), (Some("no_user"), Some("create_and_set")));
    for (customer, status, action) in [
        ("C-1001", "active", "set"),
        ("C-1003", "disabled", "none"),
        ("C-1006", "force_password_reset", "set"),
        ("C-1007", "external", "none"),
        ("C-1008", "active", "none"),
    ] {
        let show = json(&env, &["show", customer]);
        assert_eq!((show["status"].as_str(), show["action"].as_str()), (Some(status), Some(action)), "{customer}");
        assert_eq!(show["obstacles"].as_array().unwrap().is_empty(), action == "set", "{customer}");
    }
    has(
        &json(&env, &["whoami"]),
        "tellonce.whoami/v1",
        "agent backend profile expires_at kept_in rights rights_told warnings",
    );
    has(&json(&env, &["doctor"]), "tellonce.doctor/v1", "backend profile checks");
    has(&json(&env, &["audit", "verify"]), "tellonce.audit-verify/v1", "records head number");
    let state = "file records oldest newest head removed_through findings open_attempts";
    has(&json(&env, &["ledger", "status"]), "tellonce.ledger-status/v1", state);
    has(&json(&env, &["report"]), "tellonce.report/v1", "since by groups totals unreadable");
    has(&json(&env, &["practice", "customers"]), "tellonce.practice-customers/v1", "customers shown total");
    has(&json(&env, &["practice", "outbox"]), "tellonce.practice-outbox/v1", "mails");
}

#[test]
fn what_is_done() {
    let env = TestEnvironment::signed_in("sam");
    let reset = env.reset("C-1001", &["-o", "json", "--ticket", "T-1"]).must(0).json();
    let fields = "customer user differences backend user_created status issued_at expires_at proved proof_reason sessions_ended rules rules_are_all next_steps verification notified attempt";
    has(&reset, "tellonce.reset/v1", &format!("{fields} temporary_password"));
    assert_eq!(
        (reset["status"].as_str(), reset["user_created"].as_bool()),
        (Some("force_password_reset"), Some(false))
    );
    assert_eq!(reset["rules"].as_array().unwrap().len(), 8);
    assert!(reset["issued_at"].as_str().unwrap().ends_with('Z'));
    let status = json(&env, &["status", "C-1001"]);
    assert_eq!((status["issued_by"].as_str(), &status["expires_at"]), (Some("sam"), &reset["expires_at"]));
    let withdrawn = json(&env, &[&PRACTICE[..], &["withdraw", "C-1001", "--yes"]].concat());
    has(
        &withdrawn,
        "tellonce.withdraw/v1",
        "backend customer user differences status sessions_ended verification notified attempt",
    );
    let list = json(&env, &["audit", "list", "--action", "set"]);
    has(&list, "tellonce.audit-list/v2", "records");
    let records = list["records"].as_array().unwrap();
    let events: Vec<&str> = records.iter().map(|record| record["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["intent", "set", "delivery"]);
    assert!(records.iter().all(|record| record["attempt"] == reset["attempt"] && record["ticket"] == "T-1"));
    let exported = env.run(&["audit", "export"]).must(0).stdout;
    let lines: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let listed = json(&env, &["audit", "list"]);
    for (line, record) in lines.iter().zip(listed["records"].as_array().unwrap()) {
        assert_eq!((&line["record"]["attempt"], &line["hash"]), (&record["attempt"], &record["hash"]));
    }
    assert_eq!(lines.len(), 9, "a reset, a withdrawal, and two notices of each");
    has(
        &json(&env, &["ledger", "status"]),
        "tellonce.ledger-status/v1",
        "file records oldest newest head removed_through findings open_attempts",
    );
    let csv = env.run(&["audit", "export", "--format", "csv", "--agent", "sam"]).must(0).stdout;
    assert_eq!(csv.lines().count(), 10);
    assert!(!exported.contains(reset["temporary_password"].as_str().unwrap()));
}

#[test]
fn hostile_text_is_escaped_and_not_lost() {
    let env = TestEnvironment::signed_in("sam");
    let ran = env.run(&["show", "mallory@example.com", "-o", "json"]).must(0);
    assert!(ran.stdout.contains("\\u001b[31m") && ran.stdout.contains("\\u202e"), "{ran:?}");
    assert!(ran.json()["customer"]["name"].as_str().unwrap().contains('\u{1b}'));
    let table = env.run(&["find", "mallory"]).must(0).stdout;
    assert!(!table.contains('\u{1b}') && table.contains("\\u{1b}"), "{table}");
}

#[test]
fn formulas_are_defused_in_csv() {
    let env = TestEnvironment::signed_in("sam");
    env.reset("C-1001", &["--reason", "=HYPERLINK(\"x\")", "--ticket", "@T"]).must(0);
    let csv = env.run(&["audit", "export", "--format", "csv"]).must(0).stdout;
    assert!(csv.contains("'=HYPERLINK") && csv.contains("'@T"), "{csv}");
}
