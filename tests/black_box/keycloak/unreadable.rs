//! A value that is not shown is not taken for "no".

use serde_json::{Value, json};

use super::{RESET, agent_of};
use crate::support::fake_keycloak::{CUSTOMER, FakeKeycloak, Told};

fn check(doctor: &Value, id: &str) -> (String, String) {
    let found = doctor["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap();
    (found["state"].as_str().unwrap().to_owned(), found["words"].as_str().unwrap().to_owned())
}

#[test]
fn what_a_reset_depends_on_and_is_not_shown_refuses_it() {
    let server = FakeKeycloak::start();
    let env = agent_of(&server);
    env.run(&RESET).must(0);
    for (field, null) in [("enabled", "disabled"), ("requiredActions", "change_required")] {
        server.hide(&[field]);
        let error = env.run(&RESET).must(7).error();
        assert_eq!((&error["reason"], &error["changed"]), (&"unreadable".into(), &"no".into()), "{error}");
        assert!(error["message"].as_str().unwrap().contains(field), "{error}");
        assert!(error["hint"].as_str().unwrap().contains("view-users"), "{error}");
        let shown = env.run(&["-o", "json", "show", "ada"]).must(0).json();
        assert_eq!((&shown["status"], &shown[null]), (&"unknown".into(), &Value::Null), "{shown}");
        let withdrawn = env.run(&["-o", "json", "withdraw", "ada", "--yes"]).must(7).error();
        assert_eq!(withdrawn["reason"], "unreadable", "{withdrawn}");
        let (state, words) = check(&env.run(&["-o", "json", "doctor"]).must(11).json(), "readability");
        assert!(state == "fault" && words.contains(field), "{words}");
        assert!(!server.seen().iter().any(|seen| seen.starts_with("PUT")), "{:?}", server.seen());
    }
    server.hide(&["access"]); // the token says that the agent manages users
    env.run(&RESET).must(0);
}

#[test]
fn credentials_that_are_not_shown_refuse_it() {
    let server = FakeKeycloak::start();
    let env = agent_of(&server);
    let refused = r#"{"error":"HTTP 403 Forbidden"}"#.to_owned();
    server.tell(&[Told { method: "GET", path: "/credentials".to_owned(), status: 403, headers: "", body: refused }]);
    let error = env.run(&RESET).must(7).error();
    assert_eq!(error["reason"], "unreadable", "{error}");
    let (state, words) = check(&env.run(&["-o", "json", "doctor"]).must(11).json(), "readability");
    assert!(state == "fault" && words.contains("credentials"), "{words}");
}

#[test]
fn who_is_locked_for_good_is_told_so_and_whose_account_has_no_password() {
    let server = FakeKeycloak::start();
    let env = agent_of(&server);
    let user = |more: Value| {
        let mut user = json!({ "id": CUSTOMER, "username": "ada", "firstName": "Ada", "enabled": true, "requiredActions": [],
            "access": { "manage": true, "resetPassword": true } });
        user.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Told { method: "GET", path: format!("/users/{CUSTOMER}"), status: 200, headers: "", body: user.to_string() }
    };
    server.tell(&[user(json!({ "enabled": false, "attributes": { "disabledReason": ["permanentLockout"] } }))]);
    for more in [&[][..], &["--unlock"]] {
        let error = env.run(&[&RESET[..], more].concat()).must(7).error();
        assert_eq!(error["reason"], "permanently_locked", "{error}");
    }
    let shown = env.run(&["-o", "json", "show", "ada"]).must(0).json();
    assert_eq!((&shown["status"], &shown["disabled"]), (&"locked".into(), &false.into()), "{shown}");
    server.tell(&[user(json!({ "username": "service-account-robot" }))]);
    let error = env.run(&RESET).must(7).error();
    assert_eq!(error["reason"], "external", "{error}");
    assert!(error["message"].as_str().unwrap().contains("service account of the client \"robot\""), "{error}");
}

#[test]
fn a_list_of_required_actions_that_is_not_shown_refuses_a_reset_and_no_withdrawal() {
    let server = FakeKeycloak::start();
    let env = agent_of(&server);
    let told = |path: &str, status, body: &str| Told {
        method: "GET",
        path: path.to_owned(),
        status,
        headers: "",
        body: body.to_owned(),
    };
    let hidden = told("/authentication/required-actions", 403, r#"{"error":"HTTP 403 Forbidden"}"#);
    server.tell(std::slice::from_ref(&hidden));
    let error = env.run(&RESET).must(7).error();
    assert_eq!((&error["reason"], &error["changed"]), (&"unreadable".into(), &"no".into()), "{error}");
    assert!(error["message"].as_str().unwrap().contains("list of required actions"), "{error}");
    let (state, words) = check(&env.run(&["-o", "json", "doctor"]).must(11).json(), "required action");
    assert!(state == "fault" && words.contains("query-users"), "{words}");
    let user = json!({ "id": CUSTOMER, "username": "ada", "firstName": "Ada", "enabled": true,
        "requiredActions": ["UPDATE_PASSWORD"], "access": { "manage": true, "resetPassword": true } });
    server.tell(&[hidden, told(&format!("/users/{CUSTOMER}"), 200, &user.to_string())]);
    let ran = env.run(&["-o", "json", "withdraw", "ada", "--yes"]);
    assert!(server.seen().iter().any(|seen| seen.starts_with("DELETE")), "{ran:?} {:?}", server.seen());
    server.tell(&[told("/authentication/required-actions", 200, "[]")]);
    assert_eq!(env.run(&RESET).must(7).error()["reason"], "would_not_stick");
}
