//! An unlock in a realm: what hides the lock, who may not lift it, and a lock that is read back.

use serde_json::{Value, json};

use super::agent_of;
use crate::support::TestEnvironment;
use crate::support::fake_keycloak::{CUSTOMER, FakeKeycloak, REALM, Told};

fn told(method: &'static str, path: &str, status: u16, body: &Value) -> Told {
    Told { method, path: path.to_owned(), status, headers: "", body: body.to_string() }
}

/// The realm locks users, and answers this about Ada's lock.
fn with_lock(status: u16, lock: &Value) -> Vec<Told> {
    let realm = json!({ "realm": REALM, "enabled": true, "passwordPolicy": "length(12)", "bruteForceProtected": true,
        "resetPasswordAllowed": false });
    vec![
        told("GET", &format!("/admin/realms/{REALM}"), 200, &realm),
        told("GET", &format!("/attack-detection/brute-force/users/{CUSTOMER}"), status, lock),
    ]
}

fn refused(env: &TestEnvironment, code: i32, reason: &str) -> Value {
    let error = env.run(&["-o", "json", "unlock", "ada", "--yes"]).must(code).error();
    assert_eq!((&error["reason"], &error["changed"]), (&reason.into(), &"no".into()), "{error}");
    error
}

fn lifts(server: &FakeKeycloak) -> usize {
    server.seen().iter().filter(|seen| seen.starts_with("DELETE") && seen.contains("/attack-detection/")).count()
}

#[test]
fn a_lock_that_is_hidden_is_not_taken_for_none() {
    let server = FakeKeycloak::start();
    let env = agent_of(&server);
    server.tell(&with_lock(403, &json!({ "error": "HTTP 403 Forbidden" })));
    let error = refused(&env, 7, "unreadable");
    assert!(error["message"].as_str().unwrap().contains("locked after failed attempts"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("view-users"), "{error}");
    server.tell(&with_lock(200, &json!({ "disabled": false })));
    refused(&env, 7, "not_locked");
    server.tell(&[]);
    refused(&env, 7, "not_locked");
    assert_eq!(lifts(&server), 0);
}

#[test]
fn who_may_not_manage_users_lifts_no_lock() {
    let server = FakeKeycloak::start();
    let env = agent_of(&server);
    let user = json!({ "id": CUSTOMER, "username": "ada", "firstName": "Ada", "enabled": true, "requiredActions": [],
        "access": { "manage": false, "resetPassword": true } });
    let mut answers = with_lock(200, &json!({ "disabled": true }));
    answers.push(told("GET", &format!("/users/{CUSTOMER}"), 200, &user));
    server.tell(&answers);
    refused(&env, 4, "missing_right");
    assert_eq!((lifts(&server), env.records().len()), (0, 0));
}

#[test]
fn a_lock_that_is_there_afterwards_is_said_and_nothing_was_changed() {
    let server = FakeKeycloak::start();
    let env = agent_of(&server);
    let mut answers = with_lock(200, &json!({ "disabled": true, "failedLoginNotBefore": 4_000_000_000_i64 }));
    answers.push(told("DELETE", &format!("/users/{CUSTOMER}"), 204, &Value::Null));
    server.tell(&answers);
    refused(&env, 8, "unlock_failed");
    assert_eq!((lifts(&server), env.last_event().as_str()), (1, "failed"));
}
