//! Lifting a lock-out alone, seen by the agent and by the customer.

use crate::support::{CommandOutput, PRACTICE, TestEnvironment, assert_object};

const OLD: &str = "Practice-makes-1";

fn unlock(env: &TestEnvironment, customer: &str, more: &[&str]) -> CommandOutput {
    env.run(&[&PRACTICE[..], &["unlock", customer, "-o", "json"], more].concat())
}

/// Fails to sign in until the customer is locked out.
fn lock_out(env: &TestEnvironment, name: &str, password: &str) {
    for _ in 0..5 {
        assert_eq!(env.sign_in(name, "wrong"), "refused");
    }
    assert_eq!(env.sign_in(name, password), "refused", "locked out");
}

#[track_caller]
fn refused(env: &TestEnvironment, customer: &str, code: i32, reason: &str) -> serde_json::Value {
    let before = env.records().len();
    let error = unlock(env, customer, &["--yes"]).must(code).error();
    assert_eq!(
        (error["reason"].as_str(), error["changed"].as_str()),
        (Some(reason), Some("no")),
        "{customer}: {error}"
    );
    assert_eq!(env.records().len(), before, "no attempt is recorded");
    error
}

/// Locks the user in this row of the directory.
fn lock_row(env: &TestEnvironment, row: i64) {
    let directory = rusqlite::Connection::open(env.path().join("practice.db")).unwrap();
    let now = jiff::Timestamp::now().as_millisecond();
    let changed = directory.execute("UPDATE user SET locked_until = ?1 WHERE customer = ?2", [now + 900_000, row]);
    assert_eq!(changed, Ok(1));
}

#[test]
fn the_old_password_signs_in_again() {
    let env = TestEnvironment::signed_in("sam");
    lock_out(&env, "ada.lovelace", OLD);
    assert_eq!(env.status("C-1001")["status"], "locked");
    let case = ["--yes", "--ticket", "T-7", "--reason", "mistyped", "--verified", "called back"];
    let unlocked = unlock(&env, "C-1001", &case).must(0).json();
    assert_eq!((&unlocked["schema"], &unlocked["status"]), (&"tellonce.unlock/v1".into(), &"active".into()));
    assert_object!(env, "unlock", &unlocked);
    assert_eq!(env.sign_in("ada.lovelace", OLD), "signed_in");
    let records = env.records();
    let [intent, done, ..] = &records[..] else { panic!("{records:?}") };
    assert_eq!(
        (&intent["event"], &intent["action"], &intent["unlock"]),
        (&"intent".into(), &"unlock".into(), &true.into())
    );
    assert_eq!((&intent["ticket"], &intent["reason"]), (&"T-7".into(), &"mistyped".into()));
    assert_eq!((&intent["verified"], &done["event"]), (&"called back".into(), &"unlocked".into()));
    assert_eq!(done["attempt"], unlocked["attempt"]);
    env.run(&["audit", "list"]).must_say(0, "unlocked, read back");
    env.run(&["audit", "verify"]).must(0);
}

#[test]
fn failed_attempts_are_forgotten_with_it() {
    let env = TestEnvironment::signed_in("sam");
    lock_out(&env, "ada.lovelace", OLD);
    unlock(&env, "C-1001", &["--yes"]).must(0);
    for _ in 0..4 {
        assert_eq!(env.sign_in("ada.lovelace", "wrong"), "refused");
    }
    assert_eq!(env.sign_in("ada.lovelace", OLD), "signed_in", "it takes five again");
}

#[test]
fn a_pending_temporary_password_stays_as_it_is() {
    let env = TestEnvironment::signed_in("sam");
    let temporary = env.issue("C-1001");
    lock_out(&env, "ada.lovelace", &temporary);
    let unlocked = unlock(&env, "C-1001", &["--yes"]).must(0).json();
    assert_eq!((&unlocked["status"], &unlocked["change_required"]), (&"force_password_reset".into(), &true.into()));
    assert_eq!(env.sign_in("ada.lovelace", OLD), "refused");
    assert_eq!(env.sign_in("ada.lovelace", &temporary), "change_required");
    lock_out(&env, "ada.lovelace", &temporary);
    let words = env.run(&[&PRACTICE[..], &["unlock", "C-1001", "--yes"]].concat()).must(0).stdout;
    assert!(words.contains("still choose a new password"), "{words}");
}

#[test]
fn who_is_not_locked_is_told_so_with_the_next_step() {
    let env = TestEnvironment::signed_in("sam");
    let error = refused(&env, "C-1001", 7, "not_locked");
    assert_eq!(error["message"], "Ada Lovelace (C-1001) is not locked out. Nothing was changed.");
    assert!(error["hint"].as_str().unwrap().contains("tellonce reset C-1001"), "{error}");
    refused(&env, "C-1002", 7, "not_locked");
    refused(&env, "nobody@example.com", 3, "no_such_customer");
}

#[test]
fn no_flag_gets_around_a_rule() {
    let env = TestEnvironment::signed_in("sam");
    for row in [3, 7, 8, 9] {
        lock_row(&env, row);
    }
    refused(&env, "C-1003", 7, "disabled");
    refused(&env, "C-1007", 7, "external");
    refused(&env, "C-1008", 7, "protected");
    refused(&env, "C-1009", 7, "own_user");
    assert_eq!(env.status("C-1009")["locked"], true);
    env.sign_agent_in("kim");
    unlock(&env, "C-1009", &["--yes"]).must(0);
}

#[test]
fn who_may_not_lift_a_lock_changes_nothing() {
    let env = TestEnvironment::signed_in("lee");
    lock_out(&env, "ada.lovelace", OLD);
    let error = refused(&env, "C-1001", 4, "missing_right");
    assert!(error["message"].as_str().unwrap().contains("lift a lock-out"), "{error}");
    env.run(&["logout"]).must(0);
    assert_eq!(unlock(&env, "C-1001", &["--yes"]).must(4).error()["reason"], "not_signed_in");
    assert_eq!(env.sign_in("ada.lovelace", OLD), "refused");
}

#[test]
fn nothing_is_lifted_where_nobody_confirms() {
    let env = TestEnvironment::signed_in("sam");
    lock_out(&env, "ada.lovelace", OLD);
    let error = unlock(&env, "C-1001", &[]).must(2).error();
    assert_eq!(error["reason"], "missing_answer", "{error}");
    let error = unlock(&env, "C-1001", &["--no-input"]).must(2).error();
    assert!(error["message"].as_str().unwrap().contains("--no-input"), "{error}");
    let by_accident = env.run(&["unlock", "C-1001", "--yes", "-o", "json"]).must(2).error();
    assert_eq!(by_accident["reason"], "practice_by_accident");
    assert_eq!(env.sign_in("ada.lovelace", OLD), "refused");
    assert!(env.records().is_empty());
}

#[test]
fn a_profiles_texts_are_required_and_an_unlock_is_no_reset() {
    let env = TestEnvironment::new();
    let profile = "[profiles.desk]\nbackend = 'practice'\nrequire = ['ticket']\nmax_resets_per_customer_24h = 1\nprotected = 'none'\n";
    std::fs::write(env.path().join("config.toml"), format!("default = 'desk'\n{profile}")).unwrap();
    env.run_with(&["login", "--agent", "sam", "--password-stdin", "--store", "file"], "practice\n").must(0);
    let unlock = |more: &[&str]| env.run(&[&["unlock", "C-1001", "--yes", "-o", "json"], more].concat());
    for _ in 0..2 {
        lock_out(&env, "ada.lovelace", OLD);
        let error = unlock(&[]).must(2).error();
        assert!(error["hint"].as_str().unwrap().contains("--ticket"), "{error}");
        unlock(&["--ticket", "T-1"]).must(0);
    }
    env.run(&["reset", "C-1001", "--yes", "--ticket", "T-2", "--reveal", "stdout"]).must(0);
}
