//! What is pending and what is outstanding: the list, and what a sweep settles.

use serde_json::Value;

use crate::support::{CommandOutput, PRACTICE, TestEnvironment, assert_object};

fn run(env: &TestEnvironment, arguments: &[&str]) -> CommandOutput {
    env.run(&[&PRACTICE[..], arguments, &["-o", "json"]].concat())
}

fn sweep(env: &TestEnvironment, more: &[&str]) -> CommandOutput {
    run(env, &[&["withdraw", "--all", "--older-than", "0s"], more].concat())
}

fn pending(env: &TestEnvironment) -> Value {
    run(env, &["pending"]).must(0).json()
}

/// Changes the practice directory as somebody else would.
fn elsewhere(env: &TestEnvironment, statement: &str) {
    rusqlite::Connection::open(env.path().join("practice.db")).unwrap().execute_batch(statement).unwrap();
}

/// The ids of the customers in a list.
fn customers(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["customer"]["id"].as_str().unwrap()).collect()
}

fn settlements(env: &TestEnvironment) -> Vec<Value> {
    env.records().into_iter().filter(|record| record["event"] == "settled").collect()
}

#[test]
fn a_user_who_was_renamed_while_pending_is_found_and_swept() {
    let env = TestEnvironment::signed_in("kim");
    let temporary = env.issue("C-1001");
    elsewhere(&env, "UPDATE customer SET id = 'C-9001' WHERE number = 1");
    // Without the mark the ledger alone knows who issued it.
    elsewhere(&env, "UPDATE user SET username = 'countess', mark = NULL WHERE customer = 1");
    let listed = pending(&env);
    assert_eq!(customers(&listed["pending"]), ["C-1006", "C-9001"]);
    assert_eq!((&listed["pending"][1]["by_tellonce"], &listed["not_found"]), (&true.into(), &Value::Array(Vec::new())));
    let swept = sweep(&env, &["--yes"]).must(0).json();
    assert_eq!(swept["withdrawn"][0]["id"], "C-9001", "{swept}");
    assert_eq!(env.sign_in("countess", &temporary), "refused");
    assert_eq!(settlements(&env), Vec::<Value>::new());
    env.run(&["audit", "verify"]).must(0);
}

#[test]
fn a_user_who_was_removed_while_pending_is_listed_once() {
    let env = TestEnvironment::signed_in("kim");
    env.issue("C-1001");
    let records = env.records();
    elsewhere(&env, "DELETE FROM user WHERE customer = 1");
    for _ in 0..2 {
        let dry = sweep(&env, &["--dry-run"]).must(10).json();
        assert_eq!((&dry["total"], dry["not_found"].as_array().unwrap().len()), (&0.into(), 1), "{dry}");
        assert_eq!(customers(&pending(&env)["pending"]), ["C-1006"]);
        assert_eq!(pending(&env)["not_found"], dry["not_found"]);
    }
    assert_eq!(env.records(), records, "a dry run and a list record nothing");
    let words = env.run(&[&PRACTICE[..], &["withdraw", "--all", "--older-than", "0s", "--dry-run"]].concat());
    words.must_say(10, "C-1001 was issued a temporary password today ");
    words.must_say(10, " by kim, and is not found any more.");
    let swept = sweep(&env, &["--yes"]).must(10).json();
    let set = records.iter().find(|record| record["event"] == "set").unwrap();
    assert_eq!(
        swept["not_found"],
        serde_json::json!([{
            "customer": "C-1001", "user": "1", "issued_at": set["at"], "issued_by": "kim", "attempt": set["attempt"],
        }])
    );
    let settled = settlements(&env);
    assert_eq!(settled.len(), 1);
    assert_eq!((&settled[0]["outcome"], &settled[0]["attempt"]), (&"not_found".into(), &set["attempt"]));
    assert_eq!((&settled[0]["customer"], &settled[0]["user"]), (&"C-1001".into(), &"1".into()));
    let next = sweep(&env, &["--yes"]).must(0).json();
    assert_eq!(next["not_found"], Value::Array(Vec::new()));
    assert_eq!(pending(&env)["not_found"], Value::Array(Vec::new()));
    assert_eq!(settlements(&env).len(), 1);
    env.run(&["audit", "list"]).must_say(0, "settled: the user is not found");
    env.run(&["audit", "verify"]).must(0);
}

#[test]
fn what_the_customer_replaced_is_settled_silently() {
    let env = TestEnvironment::signed_in("kim");
    let temporary = env.issue("C-1001");
    env.choose("ada.lovelace", &temporary, "My-own-choice-7").must(0);
    sweep(&env, &["--dry-run"]).must(0);
    assert_eq!(settlements(&env), Vec::<Value>::new(), "a dry run records nothing");
    let swept = sweep(&env, &["--yes"]).must(0).json();
    assert_eq!((&swept["total"], &swept["not_found"]), (&0.into(), &Value::Array(Vec::new())));
    assert_eq!(settlements(&env).iter().map(|record| &record["outcome"]).collect::<Vec<_>>(), ["finished"]);
    // A user who goes afterwards is nobody's business.
    elsewhere(&env, "DELETE FROM user WHERE customer = 1");
    sweep(&env, &["--yes"]).must(0);
    assert_eq!(settlements(&env).len(), 1);
    env.run(&["audit", "verify"]).must(0);
}

#[test]
fn what_could_not_be_settled_is_listed_again() {
    let env = TestEnvironment::signed_in("kim");
    for customer in ["C-1001", "C-1004"] {
        env.issue(customer);
    }
    elsewhere(&env, "DELETE FROM user WHERE customer = 1");
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON record WHEN NEW.event = 'settled'
        BEGIN SELECT raise(ABORT, 'refused by the test'); END";
    let ledger = || rusqlite::Connection::open(env.ledger()).unwrap();
    ledger().execute_batch(refuse).unwrap();
    let object = sweep(&env, &["--yes"]).must(10).json();
    assert_eq!(
        (object["withdrawn"].as_array().unwrap().len(), object["not_found"][0]["user"].as_str()),
        (1, Some("1"))
    );
    assert!(object["settling_failed"].is_string(), "{object}");
    let words = env.run(&[&PRACTICE[..], &["withdraw", "--all", "--older-than", "0s", "--yes"]].concat());
    words.must_say(10, "so the next sweep looks again");
    assert_eq!(settlements(&env), Vec::<Value>::new());
    ledger().execute_batch("DROP TRIGGER refuse").unwrap();
    let again = sweep(&env, &["--yes"]).must(10).json();
    assert_eq!((&again["not_found"], &again["settling_failed"]), (&object["not_found"], &Value::Null));
    assert_eq!(settlements(&env).len(), 1);
}

#[test]
fn only_what_is_old_enough_is_looked_up() {
    let env = TestEnvironment::signed_in("kim");
    env.issue("C-1001");
    elsewhere(&env, "DELETE FROM user WHERE customer = 1");
    for command in [&["pending", "--older-than", "1h"][..], &["withdraw", "--all", "--older-than", "1h", "--yes"]] {
        assert_eq!(run(&env, command).must(0).json()["not_found"], Value::Array(Vec::new()), "{command:?}");
    }
    assert_eq!(settlements(&env), Vec::<Value>::new());
}

#[test]
fn a_withdrawn_one_is_outstanding_no_more() {
    let env = TestEnvironment::signed_in("kim");
    env.issue("C-1001");
    run(&env, &["withdraw", "C-1001", "--yes"]).must(0);
    let listed = pending(&env);
    assert_eq!(listed["pending"][1]["withdrawn"], true, "it is still a Force Password Reset: {listed}");
    elsewhere(&env, "DELETE FROM user WHERE customer = 1");
    assert_eq!(sweep(&env, &["--yes"]).must(0).json()["not_found"], Value::Array(Vec::new()));
}

/// Without a rule of the tool, one of these would be left out or mistaken for another.
#[test]
fn the_list_says_of_each_who_issued_it_and_where_it_stands() {
    let env = TestEnvironment::signed_in("sam");
    env.issue("C-1001");
    env.sign_agent_in("kim");
    for customer in ["C-1004", "C-1005"] {
        env.issue(customer);
    }
    run(&env, &["withdraw", "C-1004", "--yes"]).must(0);
    elsewhere(&env, "UPDATE user SET expires_at = 0 WHERE customer = 5; DELETE FROM user WHERE customer = 7");
    let listed = pending(&env);
    assert_object!(env, "pending", &listed);
    let of = |id: &str| {
        let all = listed["pending"].as_array().unwrap();
        all.iter().find(|item| item["customer"]["id"] == id).unwrap_or_else(|| panic!("{id} is missing: {listed}"))
    };
    for (id, issued_by, by_tellonce, expired, withdrawn) in [
        ("C-1001", "sam", true, false, false),
        ("C-1004", "kim", true, false, true),
        ("C-1005", "kim", true, true, false),
    ] {
        let found = of(id);
        assert_eq!((&found["issued_by"], &found["by_tellonce"]), (&issued_by.into(), &by_tellonce.into()), "{found}");
        assert_eq!((&found["expired"], &found["withdrawn"]), (&expired.into(), &withdrawn.into()), "{found}");
    }
    assert_eq!(of("C-1006")["by_tellonce"], false);
    assert_eq!(listed["clock"], "server");
}

#[test]
fn nothing_pending_is_a_sentence_and_the_right_is_that_of_the_sweep() {
    let env = TestEnvironment::signed_in("kim");
    elsewhere(&env, "UPDATE user SET change_required = 0");
    env.run(&[&PRACTICE[..], &["pending"]].concat()).must_say(0, "No temporary password is pending.");
    assert_eq!(pending(&env)["pending"], Value::Array(Vec::new()));
    let env = TestEnvironment::signed_in("sam");
    assert_eq!(run(&env, &["pending"]).must(4).error()["reason"], "missing_right");
    env.run(&["logout"]).must(0);
    assert_eq!(run(&env, &["pending"]).must(4).error()["reason"], "not_signed_in");
}
