//! How often codes are sent and guessed, over all agents and processes.

use std::collections::BTreeSet;
use std::process::Stdio;

use crate::support::verification::{
    KIMS_PROFILE, STRICT, Verifying, desk, guess, mails, refused, reset, sign_kim_in, verify, wrong,
};
use crate::support::{CommandOutput, TestEnvironment, feed};

fn count(env: &TestEnvironment, event: &str) -> usize {
    env.records().iter().filter(|record| record["event"] == event).count()
}

#[track_caller]
fn too_many(output: CommandOutput, words: &str) {
    let error = output.must(7).error();
    assert_eq!((&error["reason"], &error["changed"]), (&"too_many_codes".into(), &"no".into()), "{error}");
    assert!(error["message"].as_str().unwrap().contains(words), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("--by callback"), "{error}");
}

#[test]
fn a_code_that_was_wrong_three_times_is_gone() {
    let env = desk("sam", STRICT);
    let mut verifying = Verifying::start(&env, &["-o", "json", "verify", "C-1001", "--to", "1"]);
    let code = verifying.code(&env);
    for line in [&wrong(&code), &wrong(&code), &wrong(&code), &code] {
        verifying.type_(line);
    }
    let error = verifying.end().must(7).error();
    assert_eq!((&error["reason"], &error["changed"]), (&"code_wrong".into(), &"no".into()), "{error}");
    assert_eq!((count(&env, "code_tried"), count(&env, "verified")), (3, 0));
    refused(&env, "C-1001", &[], "not_verified");
}

#[test]
fn after_six_wrong_tries_the_right_code_is_refused_and_a_call_is_named() {
    let env = desk("sam", STRICT);
    assert_eq!(guess(&env, "C-1001", 3).must(7).error()["reason"], "code_wrong");
    env.sign_agent_in("kim");
    assert_eq!(guess(&env, "C-1001", 3).must(7).error()["reason"], "code_wrong");
    let mut verifying = Verifying::start(&env, &["-o", "json", "verify", "C-1001", "--to", "1"]);
    let code = verifying.code(&env);
    verifying.type_(&code);
    too_many(verifying.end(), "6 wrong codes were tried");
    assert_eq!((count(&env, "code_tried"), count(&env, "verified"), count(&env, "refused")), (6, 0, 1));
    verify(&env, "C-1002", "reset");
    env.run(&["audit", "verify"]).must(0);
}

#[test]
fn tries_for_a_right_code_count_only_where_they_were_wrong() {
    let env = desk("sam", STRICT);
    for _ in 0..4 {
        let mut verifying = Verifying::start(&env, &["-o", "json", "verify", "C-1001", "--to", "1"]);
        let code = verifying.code(&env);
        verifying.type_(&wrong(&code));
        verifying.type_(&code);
        verifying.end().must(0);
        reset(&env, "C-1001", &[]).must(0);
    }
    assert_eq!((count(&env, "code_tried"), count(&env, "verified")), (8, 4));
}

#[test]
fn the_sixth_code_in_an_hour_is_not_sent() {
    let env = desk("sam", STRICT);
    let verify = ["-o", "json", "verify", "C-1001", "--by", "code", "--to", "1", "--code-stdin"];
    for _ in 0..5 {
        assert_eq!(env.run(&verify).must(7).error()["reason"], "not_verified");
    }
    too_many(env.run(&verify), "was sent 5 codes in the last hour");
    env.sign_agent_in("kim");
    too_many(env.run(&verify), "was sent 5 codes in the last hour");
    let phone = ["-o", "json", "verify", "C-1001", "--by", "code", "--to", "2", "--code-stdin"];
    too_many(env.run(&phone), "was sent 5 codes in the last hour");
    assert_eq!((mails(&env, "code").len(), count(&env, "code_sent")), (5, 5));
}

#[test]
fn guesses_by_many_processes_and_two_agents_at_once_are_counted_together() {
    let env = desk("sam", &format!("{STRICT}{KIMS_PROFILE}"));
    sign_kim_in(&env);
    let guesses = "00000000\n11111111\n22222222\n";
    let ended: Vec<CommandOutput> = std::thread::scope(|scope| {
        let guess = |profile| {
            let verify = ["verify", "C-1001", "--by", "code", "--to", "1", "--code-stdin", "-o", "json"];
            feed(env.command(&[&["--profile", profile], &verify[..]].concat()).stdin(Stdio::piped()), guesses)
        };
        let profiles = ["practice", "kims"].into_iter().cycle().take(8);
        let runs: Vec<_> = profiles.map(|profile| scope.spawn(move || guess(profile))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    for output in &ended {
        let reason = output.error()["reason"].as_str().unwrap().to_owned();
        assert!(output.code == 7 && ["code_wrong", "too_many_codes"].contains(&reason.as_str()), "{output:?}");
    }
    assert_eq!((mails(&env, "code").len(), count(&env, "code_sent")), (5, 5));
    assert_eq!((count(&env, "code_tried"), count(&env, "verified")), (6, 0));
    let agents: BTreeSet<String> = env.records().iter().map(|record| record["agent"].to_string()).collect();
    assert_eq!(agents.len(), 2, "the control: both took part");
    too_many(
        env.run(&["-o", "json", "verify", "C-1001", "--by", "code", "--to", "2", "--code-stdin"]),
        "was sent 5 codes",
    );
    refused(&env, "C-1001", &[], "not_verified");
    env.run(&["audit", "verify"]).must(0);
}
