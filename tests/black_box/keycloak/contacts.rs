//! The addresses and numbers that a realm has of a customer.

use serde_json::{Value, json};

use super::{PROTECTED, RESET, agent_at, agent_of};
use crate::support::TestEnvironment;
use crate::support::fake_keycloak::{CUSTOMER, FakeKeycloak, Told};

const SHOW: [&str; 4] = ["-o", "json", "show", "ada"];

/// The customer has these fields beside the usual ones.
fn tell(server: &FakeKeycloak, more: &Value) {
    let mut user = json!({ "id": CUSTOMER, "username": "ada", "firstName": "Ada", "enabled": true, "requiredActions": [],
        "access": { "manage": true, "resetPassword": true } });
    user.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let told = |path: &str, body: &Value| Told {
        method: "GET",
        path: path.to_owned(),
        status: 200,
        headers: "",
        body: body.to_string(),
    };
    server.tell(&[told(&format!("/users/{CUSTOMER}"), &user), told("/users", &json!([user]))]);
}

fn masked(env: &TestEnvironment) -> (Vec<String>, Value) {
    let shown = env.run(&SHOW).must(0).json();
    let contacts = shown["contacts"].as_array().unwrap();
    assert!(contacts.iter().all(|contact| contact["changed_at"].is_null() && contact["unchanged_since"].is_null()));
    let masked = contacts.iter().map(|contact| contact["masked"].as_str().unwrap().to_owned()).collect();
    (masked, shown["contacts_unreadable"].clone())
}

#[test]
fn none_one_and_ten_are_listed() {
    let server = FakeKeycloak::start();
    let env = agent_of(&server);
    tell(&server, &json!({}));
    assert_eq!(masked(&env), (Vec::new(), json!([])));
    tell(&server, &json!({ "email": "ada@example.com", "emailVerified": false }));
    assert_eq!(masked(&env), (vec!["a***@example.com".to_owned()], json!([])));
    let numbers: Vec<String> = (10..19).map(|number| format!("+44 20 7946 00{number}")).collect();
    let attributes = json!({ "phoneNumber": numbers[..4], "phone_number": numbers[3..6], "mobile": numbers[6..],
        "fax": ["+44 20 7946 0099"], "locale": ["de"] });
    tell(&server, &json!({ "email": "ada@example.com", "attributes": attributes }));
    let (found, _) = masked(&env);
    assert_eq!((found.len(), found[1].as_str(), found[9].as_str()), (10, "***10", "***18"));
}

#[test]
fn attributes_are_named_in_the_profile_and_odd_values_counted() {
    let server = FakeKeycloak::start();
    let named = "contact_attributes = { email = ['email', 'workEmail'], phone = ['cell'] }";
    let env = agent_at(server.address(), &format!("{PROTECTED}\n{named}"));
    let odd = ["x\r\nBcc: eve@example.com".to_owned(), format!("{}@example.com", "a".repeat(288)), String::new()];
    let attributes = json!({ "workEmail": ["ada@example.org", odd[0], odd[1], odd[2]], "cell": ["none"],
        "mobile": ["+44 20 7946 0018"] });
    tell(&server, &json!({ "email": "ada@example.com", "attributes": attributes }));
    let (found, unreadable) = masked(&env);
    assert_eq!(found, ["a***@example.com", "a***@example.org"]);
    assert_eq!(unreadable, json!(["3 e-mail addresses that are none", "a telephone number that is none"]));
    let wrong = agent_at(server.address(), &format!("{PROTECTED}\ncontact_attributes = {{ email = ['work mail'] }}"));
    let error = wrong.run(&SHOW).must(2).error();
    assert!(error["message"].as_str().unwrap().contains("\"work mail\" is not the name of an attribute"), "{error}");
}

#[test]
fn what_is_on_file_takes_no_request_of_its_own() {
    let server = FakeKeycloak::start();
    let env = agent_of(&server);
    server.tell(&[]);
    env.run(&RESET).must(0);
    let of_user = |seen: &String| seen.starts_with(&format!("GET /admin/realms/echo/users/{CUSTOMER}"));
    let seen: Vec<String> = server.seen().into_iter().filter(of_user).collect();
    assert!(!seen.iter().any(|seen| seen.contains("events") || seen.contains("profile")), "{seen:?}");
    let whole = seen.iter().filter(|seen| seen.ends_with(CUSTOMER)).count();
    let named = "contact_attributes = { email = [], phone = [] }";
    let without = agent_at(server.address(), &format!("{PROTECTED}\n{named}"));
    server.tell(&[]);
    without.run(&RESET).must(0);
    assert_eq!(whole, server.seen().iter().filter(|seen| of_user(seen) && seen.ends_with(CUSTOMER)).count());
}
