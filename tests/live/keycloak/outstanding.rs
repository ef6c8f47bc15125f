//! Users who are renamed or removed while a temporary password of theirs is pending.

use serde_json::{Value, json};

use crate::support::TestEnvironment;
use crate::support::keycloak::{Chosen, Entered, Realm, Rights, Server};

const SWEEP: [&str; 8] = ["-o", "json", "withdraw", "--older-than", "0s", "--all", "--yes", "--reason=expired"];
const DRY: [&str; 7] = ["-o", "json", "withdraw", "--older-than", "0s", "--all", "--dry-run"];
const RIGHTS: Rights = Rights::AndViewRealm;

fn run(env: &TestEnvironment, arguments: &[&str], code: i32) -> Value {
    env.run_must_say(arguments, code, "").json()
}

fn settlements(env: &TestEnvironment) -> Vec<Value> {
    env.records().into_iter().filter(|record| record["event"] == "settled").collect()
}

/// Returns what this tool issued: in each realm somebody else has issued one too.
fn of_tellonce(listed: &Value) -> Vec<&Value> {
    listed["pending"].as_array().unwrap().iter().filter(|pending| pending["by_tellonce"] == true).collect()
}

fn issue(env: &TestEnvironment, customer: &str) -> String {
    let issued = env.reset(customer, &["-o", "json"]).must(0).json();
    issued["temporary_password"].as_str().unwrap().to_owned()
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn one_who_is_renamed_while_pending_is_found_and_swept() {
    let realm = Realm::shipped(Server::shared());
    realm.change(json!({ "editUsernameAllowed": true }));
    let env = TestEnvironment::for_agent(&realm, RIGHTS);
    let temporary = issue(&env, "ada.lovelace");
    let mut user = realm.user("ada.lovelace");
    user["username"] = json!("countess");
    realm.rest().put(&format!("/users/{}", user["id"].as_str().unwrap()), user);
    let listed = run(&env, &["-o", "json", "pending"], 0);
    let [pending] = &of_tellonce(&listed)[..] else { panic!("{listed}") };
    assert_eq!(pending["issued_by"], RIGHTS.agent(), "{listed}");
    assert_eq!(pending["user"]["username"], "countess");
    assert_eq!(listed["not_found"], json!([]));
    let swept = run(&env, &SWEEP, 0);
    assert_eq!((&swept["total"], swept["withdrawn"].as_array().unwrap().len()), (&1.into(), 1), "{swept}");
    assert!(matches!(realm.browser().sign_in("countess", &temporary), Entered::Refused(_)));
    assert_eq!(settlements(&env), Vec::<Value>::new(), "a withdrawal needs no settlement");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn one_who_is_deleted_while_pending_is_listed_once_and_settled() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_agent(&realm, RIGHTS);
    let temporary = issue(&env, "ada.lovelace");
    issue(&env, "mary.jackson");
    let chosen = realm.browser().sign_in_and_choose("ada.lovelace", &temporary, "Chosen-by-me-2026");
    assert!(matches!(chosen, Chosen::SignedIn(_)), "{chosen:?}");
    let id = realm.user_id("mary.jackson");
    realm.rest().delete(&format!("/users/{id}"));
    for _ in 0..2 {
        let dry = run(&env, &DRY, 10);
        assert_eq!((&dry["total"], &dry["not_found"][0]["user"]), (&0.into(), &id.as_str().into()), "{dry}");
        let listed = run(&env, &["-o", "json", "pending"], 0);
        assert_eq!((of_tellonce(&listed).len(), &listed["not_found"]), (0, &dry["not_found"]), "{listed}");
    }
    assert_eq!(settlements(&env), Vec::<Value>::new(), "who only looks records nothing");
    let swept = run(&env, &SWEEP, 10);
    let [gone] = &swept["not_found"].as_array().unwrap()[..] else { panic!("{swept}") };
    assert_eq!(gone["issued_by"], RIGHTS.agent());
    let recorded = settlements(&env);
    let outcome_of = |user: &str| {
        let found = recorded.iter().find(|record| record["user"] == user);
        found.map(|record| record["outcome"].clone())
    };
    assert_eq!(outcome_of(&id), Some("not_found".into()), "{recorded:?}");
    assert_eq!(outcome_of(&realm.user_id("ada.lovelace")), Some("finished".into()), "she is done with it");
    assert_eq!(recorded.len(), 2);
    assert_eq!(run(&env, &SWEEP, 0)["not_found"], json!([]), "it is listed once");
    env.run(&["audit", "verify"]).must(0);
}
