//! The recorded incidents: an agent is talked into a password for somebody else. None comes out.

use serde_json::Value;

use crate::support::TestEnvironment;
use crate::support::verification::{KIMS_PROFILE, STRICT, desk, lock_out, mails, refused, reset, sign_kim_in, verify};

fn hint(error: &Value) -> &str {
    error["hint"].as_str().unwrap()
}

#[test]
fn a_caller_whom_nobody_verified_gets_no_password_whatever_the_agent_says() {
    let env = desk("sam", STRICT);
    let error = refused(&env, "C-1001", &[], "not_verified");
    assert!(hint(&error).contains("`tellonce verify C-1001`"), "{error}");
    for words in ["he sounded right", "code 12345678", "callback"] {
        let error = refused(&env, "C-1001", &["--verified", words], "not_verified");
        assert!(error["message"].as_str().unwrap().contains("does not take `--verified`"), "{error}");
    }
    assert!(env.records().is_empty(), "{:?}", env.records());
    assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "signed_in");
    let plain = env.run(&["reset", "C-1001", "--yes", "--reveal", "stdout"]).must(7);
    assert_eq!(plain.stdout, "");
    for command in [["unlock", "C-1001", "--yes"], ["withdraw", "C-1006", "--yes"]] {
        assert_eq!(env.run(&[&["-o", "json"], &command[..]].concat()).must(7).stdout, "", "{command:?}");
    }
    assert!(mails(&env, "notice").is_empty() && mails(&env, "code").is_empty());
}

#[test]
fn another_customers_code_gets_no_password() {
    let env = desk("sam", STRICT);
    verify(&env, "C-1002", "reset");
    refused(&env, "C-1001", &[], "not_verified");
    reset(&env, "C-1002", &[]).must(0);
}

#[test]
fn another_agents_code_gets_no_password() {
    let env = desk("sam", &format!("{STRICT}{KIMS_PROFILE}"));
    sign_kim_in(&env);
    verify(&env, "C-1001", "reset");
    let reset_by = |profile: &str| {
        env.run(&["--profile", profile, "reset", "C-1001", "--yes", "--reveal", "stdout", "-o", "json"])
    };
    assert_eq!(reset_by("kims").must(7).error()["reason"], "not_verified");
    reset_by("practice").must(0);
}

#[test]
fn a_code_for_another_change_gets_no_password_and_one_for_a_reset_lifts_no_lock() {
    let env = desk("sam", STRICT);
    verify(&env, "C-1001", "unlock");
    verify(&env, "C-1001", "withdraw");
    refused(&env, "C-1001", &[], "not_verified");
    lock_out(&env, "C-1004");
    verify(&env, "C-1004", "reset");
    let unlock = ["unlock", "C-1004", "--yes", "-o", "json"];
    assert_eq!(env.run(&unlock).must(7).error()["reason"], "not_verified");
    verify(&env, "C-1004", "unlock");
    let unlocked = env.run(&unlock).must(0).json();
    assert_eq!(unlocked["status"], "active", "{unlocked}");
}

#[test]
fn a_verification_gets_one_password_and_no_second_one() {
    let env = desk("sam", STRICT);
    verify(&env, "C-1001", "reset");
    let first = reset(&env, "C-1001", &[]).must(0).password();
    refused(&env, "C-1001", &[], "not_verified");
    assert_eq!(env.sign_in("ada.lovelace", &first), "change_required", "the first one still works");
}

#[test]
fn of_resets_at_once_one_uses_the_verification() {
    let env = desk("sam", STRICT);
    verify(&env, "C-1001", "reset");
    let ended: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| reset(&env, "C-1001", &[]))).collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(ended.iter().filter(|output| output.code == 0).count(), 1, "{ended:?}");
    for output in ended.iter().filter(|output| output.code != 0) {
        let reason = output.error()["reason"].as_str().unwrap().to_owned();
        assert!(output.code == 7 && ["not_verified", "verification_used"].contains(&reason.as_str()), "{output:?}");
    }
    assert_eq!(env.records().iter().filter(|record| record["event"] == "set").count(), 1);
    env.run(&["audit", "verify"]).must(0);
}

#[test]
fn an_address_that_was_changed_yesterday_gets_no_code() {
    let env = desk("sam", STRICT);
    let verify = |to: &str| env.run(&["-o", "json", "verify", "C-1033", "--by", "code", "--to", to, "--code-stdin"]);
    let error = verify("1").must(7).error();
    assert_eq!((&error["reason"], &error["changed"]), (&"no_contact".into(), &"no".into()));
    assert!(error["message"].as_str().unwrap().contains("t***@example.com was changed too recently"), "{error}");
    assert!(hint(&error).contains("in person"), "{error}");
    assert!(mails(&env, "code").is_empty() && env.records().is_empty());
    verify("2").must(7); // nobody reads the code, and it went to the telephone
    assert_eq!(mails(&env, "code").len(), 1);
    assert!(mails(&env, "code")[0].to.starts_with("+44"));
}

#[test]
fn a_customer_without_an_address_is_not_verified() {
    let env = desk("sam", STRICT);
    for more in [&["--by", "code", "--code-stdin"][..], &["--by", "callback"], &[]] {
        let error = env.run(&[&["-o", "json", "verify", "C-1038"], more].concat()).must(7).error();
        assert_eq!(error["reason"], "no_contact", "{error}");
        assert!(hint(&error).contains("in person"), "{error}");
    }
    refused(&env, "C-1038", &[], "not_verified");
    assert!(env.records().is_empty());
}

/// The directory of the desk, seen through the profile without a rule as well.
fn with_lenient_profile() -> TestEnvironment {
    let env = desk("sam", &format!("{STRICT}[profiles.lenient]\nbackend = 'practice'\n"));
    let login = ["--profile", "lenient", "login", "--agent", "kim", "--password-stdin", "--store", "file"];
    env.run_with(&login, "practice\n").must(0);
    env
}

#[test]
fn an_address_that_the_agent_typed_verifies_nobody() {
    let env = with_lenient_profile();
    let create = |profile: &str| {
        let new = ["--create", "--email", "mal.lory@example.net", "--first-name", "Mal", "--last-name", "Lory"];
        let reset =
            ["--profile", profile, "reset", "mal.lory@example.net", "--yes", "--reveal", "stdout", "-o", "json"];
        env.run(&[&reset[..], &new].concat())
    };
    assert_eq!(create("practice").must(7).error()["reason"], "not_verified");
    let verify = ["-o", "json", "verify", "mal.lory@example.net", "--by", "code", "--code-stdin"];
    assert_eq!(env.run(&verify).must(3).error()["reason"], "no_such_customer");
    create("lenient").must(0);
    let error = env.run(&verify).must(7).error();
    assert_eq!(error["reason"], "no_contact", "an address that was entered just now: {error}");
    assert!(mails(&env, "code").is_empty());
}

#[test]
fn a_sweep_needs_no_caller_and_gives_nobody_a_password() {
    let env = desk("kim", STRICT);
    verify(&env, "C-1001", "reset");
    let password = reset(&env, "C-1001", &[]).must(0).password();
    let sweep = ["withdraw", "--all", "--older-than", "0s", "--yes", "-o", "json"];
    let swept = env.run(&sweep).must(0).json();
    assert_eq!(swept["withdrawn"][0]["id"], "C-1001", "{swept}");
    assert_eq!(env.sign_in("ada.lovelace", &password), "refused");
}

#[test]
fn a_customer_on_file_who_gets_their_first_user_is_verified_by_what_is_on_file() {
    let env = desk("kim", STRICT);
    let error = reset(&env, "C-1026", &[]).must(7).error();
    assert_eq!(error["reason"], "not_verified");
    verify(&env, "C-1026", "reset");
    reset(&env, "C-1026", &[]).must(0);
    assert_eq!(reset(&env, "C-1026", &[]).must(7).error()["reason"], "not_verified");
}
