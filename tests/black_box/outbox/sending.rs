//! `outbox send`: at once, killed, and of another profile.

use std::collections::BTreeMap;

use super::fixture::{count, desk_with_sender, let_time_pass, reset, send, sender_ends, sent, waiting};
use crate::support::TestEnvironment;
use crate::support::verification::wait_for;

/// How often each message was sent, by its id.
fn times_sent(env: &TestEnvironment) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for message in sent(env) {
        *times.entry(message["id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    times
}

#[test]
fn of_processes_that_send_at_once_each_notice_is_sent_by_one() {
    let env = desk_with_sender("sam", &["email", "phone"], "75");
    for customer in ["C-1001", "C-1002", "C-1004", "C-1005", "C-1016"] {
        reset(&env, customer);
    }
    assert_eq!(waiting(&env).len(), 10);
    let_time_pass(&env);
    sender_ends(&env, "0");
    let total: u64 = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| send(&env, 0)["sent"].as_u64().unwrap())).collect();
        runs.into_iter().map(|run| run.join().unwrap()).sum()
    });
    let times = times_sent(&env);
    assert_eq!((total, times.len(), times.values().max()), (10, 10, Some(&1)), "{times:?}");
    assert_eq!(count(&env, "notice_sent"), 10);
    env.run(&["audit", "verify"]).must(0);
}

#[test]
fn a_command_that_is_killed_while_it_sends_sends_the_same_message_at_most_twice() {
    let env = desk_with_sender("sam", &["email", "phone"], "75");
    for customer in ["C-1001", "C-1002"] {
        reset(&env, customer);
    }
    let_time_pass(&env);
    sender_ends(&env, "0");
    env.write("hold", "");
    let mut child = env.command(&["outbox", "send"]).spawn().unwrap();
    wait_for("the first message", || (!sent(&env).is_empty()).then_some(()));
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::remove_file(env.file("hold")).unwrap();
    assert_eq!(waiting(&env).len(), 4, "nobody wrote down that it was sent");
    let others = send(&env, 0);
    assert_eq!((&others["sent"], &others["waiting"]), (&3.into(), &1.into()), "the one in doubt is put off");
    let_time_pass(&env);
    assert_eq!(send(&env, 0)["sent"], 1);
    let times = times_sent(&env);
    assert_eq!((times.len(), times.values().sum::<usize>()), (4, 5), "one twice, by the same id: {times:?}");
    assert!(waiting(&env).is_empty());
    assert_eq!(count(&env, "notice_sent"), 4);
    env.run(&["audit", "verify"]).must(0);
}

#[test]
fn a_reset_that_is_killed_before_its_notice_was_sent_leaves_it_in_the_outbox() {
    let env = desk_with_sender("sam", &["email"], "0");
    env.write("hold", "");
    let arguments = ["reset", "C-1001", "--yes", "--reveal", "stdout"];
    let mut child = env.command(&arguments).spawn().unwrap();
    wait_for("the message", || (!sent(&env).is_empty()).then_some(()));
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    std::fs::remove_file(env.file("hold")).unwrap();
    let password = String::from_utf8(output.stdout).unwrap();
    assert_eq!(env.sign_in("ada.lovelace", password.trim()), "change_required", "it was delivered before");
    assert_eq!(waiting(&env).len(), 1);
    let_time_pass(&env);
    assert_eq!(send(&env, 0)["sent"], 1);
    assert_eq!(times_sent(&env).values().collect::<Vec<_>>(), [&2]);
}

#[test]
fn a_profile_sends_its_own_notices_alone_and_one_without_a_sender_says_so() {
    let env = desk_with_sender("sam", &["email"], "75");
    reset(&env, "C-1001");
    let_time_pass(&env);
    let other = "[profiles.other]\nbackend = 'practice'\n[profiles.away]\nbackend = 'keycloak'\nurl = 'https://id.example.com'\nrealm = 'x'\nprotected = 'none'\n";
    let text = env.read("config.toml");
    env.write("config.toml", &format!("{text}{other}"));
    let object = env.run(&["--profile", "other", "-o", "json", "outbox", "send"]).must(0).json();
    assert_eq!((&object["sent"], &object["waiting"]), (&0.into(), &0.into()), "{object}");
    assert_eq!(waiting(&env).len(), 1, "the list has those of every profile");
    let error = env.run(&["--profile", "away", "-o", "json", "outbox", "send"]).must(2).error();
    assert_eq!(error["reason"], "configuration", "{error}");
}

#[test]
fn an_outbox_that_was_never_used_is_empty() {
    let env = TestEnvironment::new();
    assert!(waiting(&env).is_empty());
    env.run(&["outbox"]).must_say(0, "No notice waits.");
    env.run(&["outbox", "nonsense"]).must(2);
}
