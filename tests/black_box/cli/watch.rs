//! `status --watch`: until the customer is back in, or it will not happen.

use std::io::{BufRead, BufReader};

use crate::support::{PRACTICE, TestEnvironment};

#[test]
fn it_ends_when_the_customer_is_back_in() {
    let env = TestEnvironment::signed_in("sam");
    let temporary = env.issue("C-1001");
    let mut child = env.command(&["status", "C-1001", "--watch", "-o", "json"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["status"], "force_password_reset");
    env.choose("ada.lovelace", &temporary, "My-own-choice-7").must(0);
    let second: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(second["status"], "active");
    assert!(lines.next().is_none());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn it_ends_with_9_when_that_password_will_not_do() {
    let env = TestEnvironment::signed_in("sam");
    env.issue("C-1001");
    env.run(&[&PRACTICE[..], &["withdraw", "C-1001", "--yes"]].concat()).must(0);
    let ran = env.run(&["status", "C-1001", "--watch"]).must(9);
    assert!(ran.stderr.contains("withdrawn"), "{ran:?}");
    env.issue("C-1004");
    let directory = rusqlite::Connection::open(env.path().join("practice.db")).unwrap();
    directory.execute("UPDATE user SET expires_at = 1 WHERE customer = 4", []).unwrap();
    let ran = env.run(&["status", "C-1004", "--watch"]).must(9);
    assert!(ran.stderr.contains("ran out"), "{ran:?}");
}

#[test]
fn its_limit_is_8_and_nothing_to_wait_for_is_reported() {
    let env = TestEnvironment::signed_in("sam");
    env.issue("C-1001");
    env.run(&["status", "C-1001", "--watch", "--timeout", "1s"]).must(8);
    env.run(&["status", "C-1004", "--watch"]).must(0);
    env.run(&["status", "C-1003", "--watch"]).must(7);
    env.run(&["status", "C-1002", "--watch"]).must(7);
}
