//! `tellonce verify` in scripts: what it is given, what it says, and what a reset makes of it.

use serde_json::Value;

use crate::support::TestEnvironment;
use crate::support::verification::{STRICT, Verifying, desk, mails, refused, reset, verify, wait_for, wrong};

/// Runs `verify` without input, and returns the error.
#[track_caller]
fn wrong_use(env: &TestEnvironment, arguments: &[&str], code: i32) -> Value {
    let error = env.run(&[&["-o", "json", "verify"], arguments].concat()).must(code).error();
    assert_eq!(error["changed"], "no", "{error}");
    error
}

fn text<'a>(error: &'a Value, key: &str) -> &'a str {
    error[key].as_str().unwrap()
}

#[test]
fn the_right_code_verifies_also_after_a_wrong_one_and_however_it_is_written() {
    let env = desk("sam", STRICT);
    for (customer, written) in [("C-1001", ""), ("C-1002", " "), ("C-1004", "-")] {
        let mut verifying = Verifying::start(&env, &["verify", customer, "--to", "1"]);
        let code = verifying.code(&env);
        verifying.type_(&wrong(&code));
        verifying.type_("that is no code");
        verifying.type_(&format!("{}{written}{}\r", &code[..4], &code[4..]));
        let output = verifying.end().must(0);
        assert!(output.stdout.contains(&format!("({customer}) is verified by a code sent to ")), "{output:?}");
        assert!(output.stdout.contains(&format!("tellonce reset {customer}")), "{output:?}");
        assert!(output.stderr.contains("That is not the code. 2 more tries."), "{output:?}");
        assert!(output.stderr.contains("That did not count as a try."), "{output:?}");
        assert!(!output.text().contains(&code) && !output.text().contains("ada@example.com"), "{output:?}");
    }
}

#[test]
fn what_is_no_code_is_no_try_and_ends_after_a_while() {
    let env = desk("sam", STRICT);
    for input in ["", "1234567\n", "\n\n\n\n\n\n\n\n", "x\ny\nz\n1\n2\n123456789\n0\n", "\u{0}\u{1b}[2J\n"] {
        let verify = ["-o", "json", "verify", "C-1001", "--by", "code", "--to", "1", "--code-stdin"];
        let error = env.run_with(&verify, input).must(7).error();
        assert_eq!((text(&error, "reason"), text(&error, "changed")), ("not_verified", "no"), "{input:?}: {error}");
    }
    assert!(!env.records().iter().any(|record| record["event"] == "code_tried"));
    let endless = "7".repeat(2_000_000);
    let verify = ["-o", "json", "verify", "C-1002", "--by", "code", "--to", "1", "--code-stdin"];
    let output = env.run_with(&verify, &endless);
    assert!([2, 7].contains(&output.code) && !output.stderr.contains("7777"), "{}", output.code);
    refused(&env, "C-1001", &[], "not_verified");
}

#[test]
fn what_has_to_be_chosen_is_named_with_the_options() {
    let env = desk("sam", STRICT);
    let error = wrong_use(&env, &["C-1001"], 2);
    assert!(text(&error, "message").contains("more than one way to verify"), "{error}");
    for option in ["`--by code --to 1`", "`--by code --to 2`", "`--by callback --to 2`", "a***@example.com"] {
        assert!(text(&error, "hint").contains(option), "{error}");
    }
    assert!(text(&wrong_use(&env, &["C-1001", "--by", "code", "--code-stdin"], 2), "hint").contains("--to 2"));
    for number in ["0", "3", "99"] {
        let error = wrong_use(&env, &["C-1001", "--by", "code", "--to", number, "--code-stdin"], 2);
        assert!(text(&error, "message").contains(&format!("no address or number {number} on file")), "{error}");
        assert!(text(&error, "hint").contains("tellonce show C-1001"), "{error}");
    }
    let error = wrong_use(&env, &["C-1001", "--by", "callback"], 2);
    assert!(text(&error, "hint").contains("--by code --code-stdin"), "{error}");
    wrong_use(&env, &["C-1001", "--by", "callback", "--to", "1"], 7);
    wrong_use(&env, &["C-1001", "--by", "fax"], 2);
    wrong_use(&env, &["C-1001", "--to", "-1"], 2);
    wrong_use(&env, &["C-9999", "--by", "code", "--to", "1"], 3);
    wrong_use(&env, &["mary@example.com", "--by", "code", "--to", "1", "--code-stdin"], 5);
    wrong_use(&env, &["lovel", "--by", "code", "--to", "1", "--code-stdin"], 3);
    assert!(mails(&env, "code").is_empty() && env.records().is_empty());
}

#[test]
fn without_standard_input_for_codes_none_is_asked_for_where_nobody_can_answer() {
    let env = desk("sam", STRICT);
    let error = wrong_use(&env, &["C-1001", "--by", "code", "--to", "1"], 2);
    assert!(text(&error, "hint").contains("--code-stdin"), "{error}");
}

#[test]
fn the_object_the_reset_and_the_records_say_how_the_caller_was_verified() {
    let env = desk("sam", STRICT);
    let object = verify(&env, "C-1001", "reset");
    assert_eq!((&object["schema"], &object["backend"]), (&"tellonce.verify/v1".into(), &"practice".into()));
    assert_eq!(object["customer"]["id"], "C-1001");
    let verification = &object["verification"];
    for (key, value) in [("purpose", "reset"), ("way", "code"), ("channel", "email"), ("to", "a***@example.com")] {
        assert_eq!(verification[key], value, "{object}");
    }
    let time = |key: &str| -> jiff::Timestamp { text(verification, key).parse().unwrap() };
    let valid = time("valid_until").duration_since(time("at")).as_secs();
    assert!((840..=900).contains(&valid), "15 minutes, less what the record took: {valid}");
    let done = reset(&env, "C-1001", &["--verified", "and knew her desk"]).must(0).json();
    assert_eq!(done["verification"], *verification, "{done}");
    let records = env.records();
    let events: Vec<&str> = records.iter().map(|record| text(record, "event")).collect();
    assert_eq!(events[..6], ["code_sent", "code_tried", "verified", "intent", "set", "delivery"]);
    assert!(events[6..].iter().all(|event| *event == "notice_sent"), "{events:?}");
    let used = &records[3]["verification"];
    for key in ["id", "way", "channel", "to"] {
        assert_eq!(used[key], verification[key], "{used}");
    }
    assert_eq!((&records[3]["verified"], &records[2]["attempt"]), (&"and knew her desk".into(), &verification["id"]));
    let report = env.run(&["report", "-o", "json"]).must(0).json();
    assert_eq!(report["totals"]["verified"], 1, "{report}");
}

#[test]
fn a_verification_that_ran_out_gets_no_password() {
    let env = desk("sam", &format!("{STRICT}valid = '1s'\n"));
    let object = verify(&env, "C-1001", "reset");
    let end: jiff::Timestamp = text(&object["verification"], "valid_until").parse().unwrap();
    wait_for("its end", || (jiff::Timestamp::now() >= end).then_some(()));
    refused(&env, "C-1001", &[], "not_verified");
}

#[test]
fn a_bulk_run_stops_before_anything_where_callers_have_to_be_verified() {
    let env = desk("sam", STRICT);
    env.write("in.csv", "customer,verified\nC-1004,called back\nC-1005,called back\n");
    for more in [&["--dry-run"][..], &["--yes", "--expect", "2", "--out", "out.jsonl", "--reveal", "stdout"]] {
        let output = env.run(&[&["-o", "json", "bulk", "in.csv"], more].concat());
        assert!([2, 7].contains(&output.code), "{output:?}");
    }
    let sealed = ["--yes", "--expect", "2", "--out", "out.jsonl", "--seal-to", KEY];
    let error = env.run(&[&["-o", "json", "bulk", "in.csv"], &sealed[..]].concat()).must(7).error();
    assert_eq!((text(&error, "reason"), text(&error, "changed")), ("not_verified", "no"), "{error}");
    assert!(text(&error, "hint").contains("verification.attested"), "{error}");
    assert!(env.records().is_empty() && !env.file("out.jsonl").exists());

    env.edit_config("attested = false", "attested = true");
    env.run(&[&["bulk", "in.csv"], &sealed[..]].concat()).must(0);
    let intents: Vec<Value> = env.records().into_iter().filter(|record| record["event"] == "intent").collect();
    assert_eq!(intents.len(), 2);
    assert!(intents.iter().all(|intent| intent["verified"] == "called back" && intent["verification"].is_null()));
}

const KEY: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
