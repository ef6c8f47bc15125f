//! Senders that fail: the customer's password is delivered all the same, and the notice waits or is given up.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::fixture::{count, desk_with_sender, ledger, let_time_pass, reset, send, sender_ends, sent, waiting};
use crate::support::verification::{code_in, desk, mails, wait_for};
use crate::support::{CommandOutput, TestEnvironment};

/// Resets Ada while the sender fails. The password works, and a warning says that she was not told.
#[track_caller]
fn reset_untold(env: &TestEnvironment, words: &[&str]) {
    let (output, password) = reset(env, "C-1001");
    for word in words {
        assert!(output.stderr.contains(word), "{word}: {output:?}");
    }
    assert!(!output.stderr.contains("ada@example.com") && !output.stderr.contains("7946"), "{output:?}");
    assert_eq!(env.sign_in("ada.lovelace", &password), "change_required");
    assert!(sent(env).is_empty());
}

#[track_caller]
fn doctors_word(env: &TestEnvironment) -> (String, String) {
    let report = env.run(&["doctor", "-o", "json"]).json();
    let check = report["checks"].as_array().unwrap().iter().find(|check| check["id"] == "outbox").unwrap().clone();
    let text = |key: &str| check[key].as_str().unwrap().to_owned();
    (text("state"), text("words"))
}

#[test]
fn a_notice_that_was_not_sent_waits_masked_and_is_sent_later_once() {
    for how in ["1", "75"] {
        let env = desk_with_sender("sam", &["email"], how);
        reset_untold(&env, &["The notice to a***@example.com was not sent: ", "tellonce outbox"]);
        let [notice] = &waiting(&env)[..] else { panic!("{:?}", waiting(&env)) };
        let seen = |key: &str| notice[key].as_str().unwrap();
        assert_eq!((seen("to"), seen("channel"), seen("profile")), ("a***@example.com", "email", "practice"));
        assert_eq!((&notice["tries"], seen("action")), (&json!(1), "set"));
        let listed = env.run(&["outbox"]).must(0);
        assert!(listed.stdout.contains("a***@example.com") && !listed.text().contains("ada@"), "{listed:?}");
        let (state, words) = doctors_word(&env);
        assert!(state == "warning" && words.starts_with("1 notice waits, the oldest since "), "{state}: {words}");

        sender_ends(&env, "0");
        assert_eq!(send(&env, 0)["sent"], 0, "it is put off for a minute");
        env.run(&["outbox", "send"]).must_say(0, "What waits is not due yet: `tellonce outbox` says when.");
        let_time_pass(&env);
        let object = send(&env, 0);
        assert_eq!((&object["schema"], &object["profile"]), (&json!("tellonce.outbox-send/v1"), &json!("practice")));
        assert_eq!((&object["sent"], &object["undeliverable"], &object["waiting"]), (&json!(1), &json!(0), &json!(0)));
        let_time_pass(&env);
        assert_eq!(send(&env, 0)["sent"], 0);
        let [message] = &sent(&env)[..] else { panic!("{:?}", sent(&env)) };
        assert_eq!((&message["to"], &message["id"]), (&json!("ada@example.com"), &notice["notice"]));
        assert_eq!((count(&env, "notice_sent"), count(&env, "notice_failed")), (1, 0));
        assert!(waiting(&env).is_empty());
        env.run(&["outbox"]).must_say(0, "No notice waits.");
        assert_eq!(doctors_word(&env).0, "ok");
        env.run(&["audit", "verify"]).must(0);
    }
}

#[test]
fn a_sender_that_hangs_is_ended_and_the_reset_is_done() {
    let env = desk_with_sender("sam", &["phone"], "hang");
    reset_untold(&env, &["The notice to ***01 was not sent: ", "took longer than 10 seconds and was ended"]);
    assert_eq!(waiting(&env)[0]["to"], "***01");
}

#[test]
fn an_address_that_is_refused_is_given_up_and_that_is_told_everywhere() {
    for how in ["65", "67", "68"] {
        let env = desk_with_sender("sam", &["email"], how);
        reset_untold(
            &env,
            &["The notice to a***@example.com cannot be sent, and is given up: ", "refused the address"],
        );
        assert!(waiting(&env).is_empty());
        let failed: Vec<Value> =
            env.all_records().into_iter().filter(|record| record["event"] == "notice_failed").collect();
        let [record] = &failed[..] else { panic!("{failed:?}") };
        assert_eq!((&record["to"], &record["channel"]), (&json!("a***@example.com"), &json!("email")), "{record}");
        assert_eq!((&record["action"], &record["customer"]), (&json!("notify"), &json!("C-1001")), "{record}");
        assert!(record["why"].as_str().unwrap().contains(&format!("(exit {how})")), "{record}");
        let (state, words) = doctors_word(&env);
        assert!(state == "warning" && words.contains("1 notice was given up in the last 30 days"), "{state}: {words}");
        let totals = &env.run(&["report", "-o", "json"]).must(0).json()["totals"];
        assert_eq!(totals["notices_failed"], 1, "{totals}");
        env.run(&["audit", "list", "--action", "notify"]).must_say(0, "a***@example.com");
        let_time_pass(&env);
        sender_ends(&env, "0");
        assert_eq!(send(&env, 0)["sent"], 0);
        assert!(sent(&env).is_empty());
    }
}

#[test]
fn what_could_not_be_sent_for_three_days_is_given_up() {
    let env = desk_with_sender("sam", &["email"], "75");
    reset_untold(&env, &["was not sent"]);
    ledger(&env).execute("UPDATE outbox SET next_at = 0, at = at - 260000000000", []).unwrap();
    let object = send(&env, 10);
    assert_eq!((&object["undeliverable"], &object["waiting"]), (&json!(1), &json!(0)), "{object}");
    assert_eq!(count(&env, "notice_failed"), 1);
}

#[test]
fn a_sender_that_is_missing_keeps_no_password_from_the_customer() {
    let env = desk_with_sender("sam", &["email"], "0");
    std::fs::remove_file(env.file("send")).unwrap();
    reset_untold(&env, &["The notice to a***@example.com was not sent: ", "cannot be started"]);
    let report = env.run(&["doctor", "-o", "json"]).must(11).json();
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["id"] == "sender email").unwrap();
    assert!(found["state"] == "fault" && found["words"].as_str().unwrap().contains("There is no program"), "{found}");
    let verify = ["-o", "json", "verify", "C-1001", "--by", "code", "--to", "1", "--code-stdin"];
    let error = env.run(&verify).must(8).error();
    assert_eq!((&error["reason"], &error["changed"]), (&json!("message_not_sent"), &json!("no")), "{error}");
    assert!(error["hint"].is_string() && count(&env, "code_not_sent") == 1, "{error}");
    assert_eq!(count(&env, "verified"), 0);
}

#[test]
fn nobody_is_verified_by_a_code_that_was_not_sent() {
    for (how, code) in [("1", 8), ("75", 8), ("67", 8)] {
        let env = desk_with_sender("sam", &["email"], how);
        let verify = ["-o", "json", "verify", "C-1001", "--by", "code", "--to", "1", "--code-stdin"];
        let error = env.run_with(&verify, "12345678\n").must(code).error();
        assert_eq!(error["reason"], "message_not_sent", "{error}");
        let phone = ["-o", "json", "verify", "C-1001", "--by", "code", "--to", "2", "--code-stdin"];
        assert_eq!(env.run(&phone).must(7).error()["reason"], "no_contact", "there is no sender for telephones");
        assert_eq!((count(&env, "code_tried"), count(&env, "verified")), (0, 0));
    }
}

#[test]
fn a_code_whose_sender_was_lost_may_have_arrived_and_verifies_then() {
    let env = desk_with_sender("sam", &["email"], "lost");
    let mut verify = env.command(&["verify", "C-1001", "--by", "code", "--to", "1", "--code-stdin"]);
    let mut child = verify.stdin(Stdio::piped()).spawn().unwrap();
    let message = wait_for("the code", || sent(&env).pop());
    writeln!(child.stdin.take().unwrap(), "{}", code_in(message["text"].as_str().unwrap())).unwrap();
    let output = CommandOutput::from(child.wait_with_output().unwrap()).must(0);
    assert!(output.stderr.contains("the code to a***@example.com may arrive, or may not"), "{output:?}");
    let events: Vec<Value> = env.records().iter().map(|record| record["event"].clone()).collect();
    assert_eq!(events, ["code_sent", "code_not_sent", "code_tried", "verified"]);
    assert_eq!(env.records()[1]["may_be_sent"], true);
}

#[test]
fn a_notice_whose_sender_was_lost_is_sent_again_by_the_same_id() {
    let env = desk_with_sender("sam", &["email"], "lost");
    let (output, _) = reset(&env, "C-1001");
    assert!(output.stderr.contains("was ended by a signal"), "{output:?}");
    sender_ends(&env, "0");
    let_time_pass(&env);
    assert_eq!(send(&env, 0)["sent"], 1);
    let ids: Vec<Value> = sent(&env).iter().map(|message| message["id"].clone()).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
}

#[test]
fn a_ledger_that_cannot_take_the_end_of_a_notice_sends_the_same_message_again() {
    let env = desk_with_sender("sam", &["email"], "0");
    env.run(&["audit", "list"]).must(0);
    let (_, _) = reset(&env, "C-1002");
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON record WHEN NEW.event = 'notice_sent'
        BEGIN SELECT raise(ABORT, 'refused by the test'); END";
    ledger(&env).execute_batch(refuse).unwrap();
    let (output, password) = reset(&env, "C-1001");
    assert!(output.stderr.contains("The customer may not have been told: "), "{output:?}");
    assert_eq!(env.sign_in("ada.lovelace", &password), "change_required");
    assert_eq!(waiting(&env).len(), 1);
    ledger(&env).execute_batch("DROP TRIGGER refuse").unwrap();
    let_time_pass(&env);
    assert_eq!(send(&env, 0)["sent"], 1);
    let ids: Vec<Value> = sent(&env).iter().skip(1).map(|message| message["id"].clone()).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    env.run(&["audit", "verify"]).must(0);
}

#[test]
fn where_a_ledger_can_queue_no_notice_the_customer_is_told_once_it_can() {
    let env = desk("sam", "");
    reset(&env, "C-1002");
    let refuse = "CREATE TRIGGER refuse BEFORE INSERT ON outbox BEGIN SELECT raise(ABORT, 'refused by the test'); END";
    ledger(&env).execute_batch(refuse).unwrap();
    let before = mails(&env, "notice").len();
    let output = env.reset("C-1001", &[]);
    output.must_say(9, "was set, but was not shown and is wiped");
    assert_eq!((output.stdout.as_str(), mails(&env, "notice").len()), ("", before));
    assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "refused", "she was changed");
    ledger(&env).execute_batch("DROP TRIGGER refuse").unwrap();
    env.run(&["outbox", "send"]).must(0);
    assert_eq!(mails(&env, "notice").len(), before + 2, "the record waited with its notices, and both are there now");
    env.run(&["audit", "verify"]).must(0);
}
