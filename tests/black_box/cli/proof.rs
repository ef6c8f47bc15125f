//! What is told of the proof: in the result, the record, the row and the plan, and where a profile switches it off.

use serde_json::Value;

use crate::support::TestEnvironment;

const LOGIN: [&str; 6] = ["login", "--agent", "sam", "--password-stdin", "--store", "file"];
const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

/// An agent of the practice directory by a profile with these lines.
fn practice(lines: &str) -> TestEnvironment {
    let env = TestEnvironment::with_profile(&format!("backend = 'practice'\n{lines}"));
    env.run_with(&LOGIN, "practice\n").must(0);
    env
}

/// The result of a reset, the record of its set, and a row of a run.
fn told(env: &TestEnvironment) -> [Value; 3] {
    let result = env.reset("C-1001", &["-o", "json"]).must(0).json();
    let listed = env.run(&["audit", "list", "--customer", "C-1001", "-o", "json"]).must(0).json();
    let records = listed["records"].as_array().unwrap();
    let set = records.iter().find(|record| record["event"] == "set").unwrap().clone();
    env.write("in.csv", "customer\nC-1004\n");
    for out in ["out.jsonl", "out.csv"] {
        env.run(&["bulk", "in.csv", "--yes", "--expect", "1", "--out", out, "--seal-to", KEY]).must(0);
    }
    [result, set, serde_json::from_str(&env.read("out.jsonl")).unwrap()]
}

#[test]
fn a_proved_password_is_told_everywhere() {
    let env = practice("");
    for object in told(&env) {
        assert_eq!((&object["proved"], &object["proof_reason"]), (&Value::Bool(true), &Value::Null), "{object}");
    }
    let csv = env.read("out.csv");
    assert!(csv.lines().next().unwrap().ends_with(",message,proved,proof_reason,sealed"), "{csv}");
    assert!(csv.contains(",,true,,"), "{csv}");
    env.run_must_say(&["audit", "list"], 0, "set, read back, proved");
}

#[test]
fn a_profile_without_a_proof_says_so_everywhere() {
    let env = practice("prove = false\n");
    for object in told(&env) {
        assert_eq!(object["proved"], Value::Null, "{object}");
        assert!(object["proof_reason"].as_str().unwrap().contains("prove = false"), "{object}");
    }
    env.run_must_say(&["audit", "list"], 0, "not tried (the profile has prove = false)");
    env.run_must_say(&["doctor"], 0, "prove = false");
    env.run_must_say(&["profile", "show"], 0, "prove = false");
    assert_eq!(env.run(&["profile", "show", "-o", "json"]).must(0).json()["prove"], false);
}
