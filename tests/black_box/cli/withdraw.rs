//! Withdrawing one, and the sweep.

use crate::support::{CommandOutput, PRACTICE, TestEnvironment};

fn withdraw(env: &TestEnvironment, more: &[&str]) -> CommandOutput {
    env.run(&[&PRACTICE[..], &["withdraw"], more, &["-o", "json"]].concat())
}

#[test]
fn it_is_dead_at_once_and_the_customer_stays_locked_out() {
    let env = TestEnvironment::signed_in("sam");
    let temporary = env.issue("C-1001");
    withdraw(&env, &["C-1001", "--yes", "--reason", "wrong caller"]).must(0);
    assert_eq!(env.sign_in("ada.lovelace", &temporary), "refused");
    assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "refused");
    let status = env.status("C-1001");
    assert_eq!((status["status"].as_str(), status["withdrawn"].as_bool()), (Some("force_password_reset"), Some(true)));
    let record = env.records().into_iter().find(|record| record["action"] == "withdraw").unwrap();
    assert_eq!((record["agent"].as_str(), record["reason"].as_str()), (Some("sam"), Some("wrong caller")));
    assert_eq!(env.last_event(), "withdrawn");
    assert_eq!(withdraw(&env, &["C-1001", "--yes"]).must(7).error()["reason"], "nothing_pending");
    let next = env.issue("C-1001");
    assert_eq!(env.sign_in("ada.lovelace", &next), "change_required");
}

#[test]
fn what_is_not_pending_is_refused_and_what_was_used_says_when() {
    let env = TestEnvironment::signed_in("sam");
    assert_eq!(withdraw(&env, &["C-1004", "--yes"]).must(7).error()["reason"], "nothing_pending");
    assert_eq!(withdraw(&env, &["C-1002", "--yes"]).must(7).error()["reason"], "nothing_pending");
    assert_eq!(withdraw(&env, &["C-1008", "--yes"]).must(7).error()["reason"], "protected");
    let temporary = env.issue("C-1001");
    env.choose("ada.lovelace", &temporary, "My-own-choice-7").must(0);
    let error = withdraw(&env, &["C-1001", "--yes"]).must(7).error();
    assert_eq!(error["reason"], "already_used");
    assert!(
        error["message"].as_str().unwrap().contains("UTC")
            && error["hint"].as_str().unwrap().contains("tellonce reset C-1001"),
        "{error}"
    );
    assert_eq!(env.sign_in("ada.lovelace", "My-own-choice-7"), "signed_in");
}

#[test]
fn one_that_this_tool_did_not_issue_can_be_withdrawn_by_name() {
    let env = TestEnvironment::signed_in("sam");
    withdraw(&env, &["C-1006", "--yes"]).must(0);
    assert_eq!(env.sign_in("katherine@example.com", "Practice-makes-1"), "refused");
}

#[test]
fn the_sweep_touches_only_what_is_ours_and_old_enough() {
    let env = TestEnvironment::signed_in("kim");
    env.issue("C-1001");
    env.issue("C-1004");
    let swept = |more: &[&str]| withdraw(&env, &[&["--all"], more].concat());
    assert_eq!(swept(&["--older-than", "1h", "--yes"]).must(0).json()["total"], 0, "none is that old");
    let directory = rusqlite::Connection::open(env.path().join("practice.db")).unwrap();
    directory.execute("UPDATE user SET issued_at = issued_at - 7200000 WHERE customer IN (1, 6)", []).unwrap();
    let dry = swept(&["--older-than", "1h", "--dry-run"]).must(0).json();
    assert_eq!(
        (dry["total"].as_u64(), dry["withdrawn"][0]["id"].as_str(), dry["dry_run"].as_bool()),
        (Some(1), Some("C-1001"), Some(true))
    );
    assert_eq!(env.status("C-1001")["withdrawn"], false, "nothing changed");
    let done = swept(&["--older-than", "1h", "--yes", "--reason", "expired"]).must(0).json();
    assert_eq!((done["total"].as_u64(), done["failed"].as_array().unwrap().len()), (Some(1), 0));
    assert_eq!(env.status("C-1001")["withdrawn"], true);
    assert_eq!(env.status("C-1004")["withdrawn"], false, "not old enough");
    assert_eq!(env.status("C-1006")["withdrawn"], false, "not ours");
    assert_eq!(swept(&["--older-than", "1h", "--yes"]).must(0).json()["total"], 0, "done already");
}

#[test]
fn a_sweep_that_cannot_do_all_says_which() {
    let env = TestEnvironment::signed_in("kim");
    env.issue("C-1001");
    env.issue("C-1004");
    let directory = rusqlite::Connection::open(env.path().join("practice.db")).unwrap();
    directory.execute_batch("UPDATE user SET issued_at = issued_at - 7200000 WHERE customer IN (1, 4); INSERT INTO user_group VALUES(4, 'staff-admins');").unwrap();
    let done = withdraw(&env, &["--all", "--older-than", "1h", "--yes"]).must(10).json();
    assert_eq!(
        (done["withdrawn"].as_array().unwrap().len(), done["failed"][0]["reason"].as_str()),
        (1, Some("protected"))
    );
}

#[test]
fn only_who_may_sweeps() {
    let env = TestEnvironment::signed_in("sam");
    assert_eq!(withdraw(&env, &["--all", "--older-than", "1h", "--yes"]).must(4).error()["reason"], "missing_right");
    withdraw(&env, &["--all", "--yes"]).must(2);
    withdraw(&env, &["C-1001", "--all", "--older-than", "1h", "--yes"]).must(2);
    withdraw(&env, &["--yes"]).must(2);
}
