//! The notice of each kind of change, as the customer finds it.

use std::collections::BTreeSet;

use super::fixture::count;
use crate::support::verification::{Mail, desk, lock_out, mails};
use crate::support::{PRACTICE, TestEnvironment};

/// Runs a command that must work, and returns the notices that it sent.
#[track_caller]
fn told(env: &TestEnvironment, arguments: &[&str]) -> (Vec<Mail>, String) {
    let before = mails(env, "notice").len();
    let output = env.run(&[&PRACTICE[..], arguments].concat()).must(0);
    let all = mails(env, "notice").split_off(before);
    for mail in &all {
        let text = format!("{} {}", mail.subject, mail.body);
        for link in ["http", "www.", "://"] {
            assert!(!text.contains(link), "{mail:?}");
        }
    }
    (all, output.stdout.trim().to_owned())
}

fn addresses(mails: &[Mail]) -> BTreeSet<&str> {
    mails.iter().map(|mail| mail.to.as_str()).collect()
}

#[track_caller]
fn reset(env: &TestEnvironment, customer: &str) -> Vec<Mail> {
    let (all, password) = told(env, &["reset", customer, "--yes", "--reveal", "stdout"]);
    assert_eq!(password.len(), 14, "{password}");
    for mail in &all {
        let text = format!("{} {}", mail.subject, mail.body);
        assert!(!text.contains(&password) && !text.contains(&password.replace('-', "")), "{mail:?}");
        assert!(password.split('-').all(|part| !text.contains(part)), "{mail:?}");
    }
    all
}

#[test]
fn every_address_and_number_on_file_is_told_of_a_reset_without_the_password() {
    let env = TestEnvironment::signed_in("sam");
    let all = reset(&env, "C-1037");
    let wanted = ["+44 20 7946 0037", "+44 20 7946 0937", "gladys.west@example.org", "gladys@example.com"];
    assert_eq!((all.len(), addresses(&all)), (4, BTreeSet::from(wanted)), "{all:?}");
    for mail in &all {
        assert!(mail.body.contains("Practice Support set a temporary password for you on "), "{mail:?}");
        assert!(mail.body.contains("Was it not you? Call extension 100."), "{mail:?}");
        assert!(!mail.body.contains("sam"), "the practice directory signs none: {mail:?}");
    }
    assert_eq!(all.iter().map(|mail| &mail.id).collect::<BTreeSet<_>>().len(), 4);
    assert_eq!(count(&env, "notice_sent"), 4);
    env.run(&["audit", "verify"]).must(0);
}

#[test]
fn whoever_replaced_an_address_cannot_keep_the_old_one_from_being_told() {
    let env = TestEnvironment::signed_in("sam");
    let all = reset(&env, "C-1033");
    assert!(addresses(&all).is_superset(&BTreeSet::from(["hoare@example.org", "tony@example.com"])), "{all:?}");
}

#[test]
fn who_does_not_speak_english_is_told_in_their_language() {
    let env = TestEnvironment::signed_in("sam");
    let all = reset(&env, "C-1025");
    assert_eq!(all.len(), 2);
    for mail in &all {
        assert!(mail.body.contains("ein temporäres Passwort für Sie gesetzt"), "{mail:?}");
        assert!(!mail.body.contains("you"), "{mail:?}");
    }
    assert!(all.iter().any(|mail| mail.subject == "Practice Support: Für Sie wurde ein temporäres Passwort gesetzt"));
}

#[test]
fn a_creation_a_withdrawal_an_unlock_and_a_sweep_are_told_as_well() {
    let env = TestEnvironment::signed_in("kim");
    let says = |all: &[Mail], words: &str| {
        assert!(!all.is_empty() && all.iter().all(|mail| mail.body.contains(words)), "{words}: {all:?}");
    };
    let new = ["--create", "--email", "new@example.com", "--first-name", "New", "--last-name", "Person"];
    let command = ["reset", "new@example.com", "--yes", "--reveal", "stdout"];
    let (all, password) = told(&env, &[&command[..], &new].concat());
    says(&all, "created a user");
    assert_eq!(addresses(&all), BTreeSet::from(["new@example.com"]));
    assert!(!all[0].body.contains(&password));
    reset(&env, "C-1001");
    says(&told(&env, &["withdraw", "C-1001", "--yes"]).0, "withdrew your temporary password on ");
    lock_out(&env, "C-1005");
    let (all, _) = told(&env, &["unlock", "C-1005", "--yes"]);
    says(&all, "lock-out");
    assert_eq!(all.len(), 2);
    reset(&env, "C-1004");
    let (all, _) = told(&env, &["withdraw", "--all", "--older-than", "0s", "--yes"]);
    says(&all, "withdrew your temporary password on ");
    assert_eq!(addresses(&all), BTreeSet::from(["+44 20 7946 0004", "mary@example.com", "new@example.com"]));
    assert!(told(&env, &["withdraw", "--all", "--older-than", "0s", "--dry-run"]).0.is_empty());
    env.run(&["audit", "verify"]).must(0);
}

#[test]
fn a_change_that_is_refused_or_did_not_happen_tells_nobody() {
    let env = TestEnvironment::signed_in("sam");
    for (arguments, code) in [
        (&["unlock", "C-1001", "--yes"][..], 7),
        (&["reset", "C-1003", "--yes", "--reveal", "stdout"], 7),
        (&["reset", "C-1001", "--yes", "--reveal", "stdout", "--language", "fr"], 2),
    ] {
        env.run(&[&PRACTICE[..], arguments].concat()).must(code);
    }
    assert!(mails(&env, "notice").is_empty());
}

#[test]
fn a_profile_without_notices_tells_nobody_and_says_so() {
    let messages = "[profiles.practice.messages]\ndesk = 'Acme'\ncall = '100'\n";
    let env = desk("sam", &format!("{messages}notices = false\n"));
    assert!(reset(&env, "C-1001").is_empty());
    env.run(&["doctor"]).must_say(0, "NOT KEPT");
    let l16 = |env: &TestEnvironment| {
        let report = env.run(&["doctor", "-o", "json"]).json();
        let checks = report["checks"].as_array().unwrap();
        checks.iter().find(|check| check["promise"] == "L16").unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(l16(&env), "not_kept");
    env.edit_config("notices = false", "notices = true");
    assert_eq!(l16(&env), "kept");
    assert_eq!(reset(&env, "C-1001").len(), 2, "the control");
}

#[test]
fn a_customer_without_an_address_gets_a_password_and_nobody_is_told() {
    let env = TestEnvironment::signed_in("sam");
    assert!(reset(&env, "C-1038").is_empty());
    let object = env.run(&[&PRACTICE[..], &["reset", "C-1038", "--yes", "--reveal", "stdout", "-o", "json"]].concat());
    assert_eq!(object.must(0).json()["notified"], serde_json::json!([]));
}

#[test]
fn ten_addresses_are_told_once_each() {
    let env = TestEnvironment::signed_in("sam");
    let directory = rusqlite::Connection::open(env.file("practice.db")).unwrap();
    for number in 0..9 {
        let address = format!("ada.{number}@example.com");
        directory.execute("INSERT INTO contact VALUES(1, 'email', ?1, 1000, NULL)", [address]).unwrap();
    }
    directory.execute("INSERT INTO contact VALUES(1, 'email', 'Ada.1@EXAMPLE.com', 1000, NULL)", []).unwrap();
    drop(directory);
    let all = reset(&env, "C-1001");
    assert_eq!((all.len(), addresses(&all).len()), (11, 11), "ten mails and a text message: {all:?}");
    let verify = ["-o", "json", "verify", "C-1001", "--by", "code", "--code-stdin"];
    let error = env.run(&[&PRACTICE[..], &verify].concat()).must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("`--by code --to 11`"), "{error}");
}
