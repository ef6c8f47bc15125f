//! The practice directory, seen as the customer.

use crate::support::TestEnvironment;

#[test]
fn signing_in_as_the_app_does() {
    let env = TestEnvironment::signed_in("sam");
    assert_eq!(env.sign_in("ada@example.com", "Practice-makes-1"), "signed_in");
    assert_eq!(env.sign_in("ada@example.com", "practice-makes-1"), "refused");
    assert_eq!(env.sign_in("nobody@example.com", "Practice-makes-1"), "refused");
    assert_eq!(env.sign_in("mary@example.com", "Practice-makes-1"), "refused", "shared: by username");
    assert_eq!(env.sign_in("mary.jackson", "Practice-makes-1"), "signed_in");
    let temporary = env.issue("C-1001");
    env.choose("ada.lovelace", "Practice-makes-1", "x").must(4);
    let asked = env
        .run_with(&["practice", "sign-in", "ada.lovelace", "--password-stdin", "-o", "json"], &format!("{temporary}\n"))
        .must(7);
    assert_eq!(asked.json()["rules"].as_array().unwrap().len(), 8);
    let broken = |new: &str| env.choose("ada.lovelace", &temporary, new).must(7).json()["broken"].clone();
    assert_eq!(broken("short"), serde_json::json!(["min_length", "upper", "digits", "special"]));
    assert_eq!(broken("My-Ada.Lovelace-1"), serde_json::json!(["not_contains_username", "not_contains_email"]));
    assert_eq!(broken(&temporary), serde_json::json!(["history"]));
    assert_eq!(broken("Practice-makes-1"), serde_json::json!(["history"]));
    assert_eq!(env.choose("ada.lovelace", &temporary, "My-own-choice-7").must(0).json()["result"], "signed_in");
    assert_eq!(env.sign_in("ada.lovelace", &temporary), "refused");
    assert_eq!(env.sign_in("ada.lovelace", "My-own-choice-7"), "signed_in");
    assert_eq!(env.status("C-1001")["status"], "active");
}

#[test]
fn self_service_works_only_with_nothing_pending() {
    let env = TestEnvironment::signed_in("sam");
    let ask = |email: &str| env.run(&["practice", "forgot-password", email]).must(0).stdout;
    assert_eq!(ask("ada@example.com"), ask("nobody@example.com"), "the same answer");
    let mails = || {
        let mut mails =
            env.run(&["practice", "outbox", "-o", "json"]).must(0).json()["mails"].as_array().unwrap().clone();
        mails.retain(|mail| mail["kind"] == "self_service"); // each reset tells the customer as well
        mails
    };
    let token = || {
        let body = mails().last().unwrap()["body"].as_str().unwrap().to_owned();
        body.split_once("token=").map(|(_, rest)| rest.trim().to_owned())
    };
    let redeem = |token: &str, new: &str| {
        env.run_with(&["practice", "forgot-password", "--token", token, "--password-stdin"], &format!("{new}\n"))
    };
    let early = token().unwrap();
    let temporary = env.issue("C-1001");
    redeem(&early, "Mailed-choice-77").must(4);
    ask("ada@example.com");
    assert_eq!(token(), None, "no link while it is pending");
    env.choose("ada.lovelace", &temporary, "My-own-choice-7").must(0);
    redeem(&early, "Mailed-choice-77").must(4);
    ask("ada@example.com");
    let late = token().unwrap();
    redeem(&late, "weak").must(7);
    redeem(&late, "Mailed-choice-77").must(0);
    redeem(&late, "Mailed-choice-88").must(4);
    assert_eq!(env.sign_in("ada.lovelace", "Mailed-choice-77"), "signed_in");
    ask("alan@example.com");
    assert_eq!(mails().len(), 3, "none to the disabled");
}

#[test]
fn the_case_matters_and_only_the_newest_works() {
    let env = TestEnvironment::signed_in("sam");
    let first = env.issue("C-1004");
    let second = env.issue("C-1004");
    assert_eq!(env.sign_in("mary.jackson", &first), "refused");
    assert_eq!(env.sign_in("mary.jackson", &second.to_uppercase()), "refused");
    assert_eq!(env.sign_in("mary.jackson", &second.to_lowercase()), "refused");
    assert_eq!(env.sign_in("mary.jackson", &second), "change_required");
}

#[test]
fn the_tour_tells_it_all_without_a_terminal_and_leaves_nothing() {
    let env = TestEnvironment::new();
    let temporary = env.path().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    let output = env.command(&[]).args(["practice", "tour", "-o", "json"]).env("TMPDIR", &temporary).output().unwrap();
    let told = crate::support::CommandOutput::from(output).must(0).json();
    assert_eq!((told["schema"].as_str(), told["broken"].as_u64()), (Some("tellonce.practice-tour/v1"), Some(0)));
    for promise in 1..=14 {
        let promise = format!("L{promise}");
        assert!(told["steps"].as_array().unwrap().iter().any(|step| step["promise"] == promise.as_str()), "{promise}");
    }
    assert_eq!(std::fs::read_dir(&temporary).unwrap().count(), 0, "thrown away");
    assert!(!env.path().join("practice.db").exists(), "the real one is not touched");
}

#[test]
fn two_first_commands_at_once_both_work() {
    let env = TestEnvironment::new();
    let children: Vec<_> = (0..4).map(|_| env.command(&["practice", "customers"]).spawn().unwrap()).collect();
    for child in children {
        crate::support::CommandOutput::from(child.wait_with_output().unwrap()).must(0);
    }
    let left: Vec<_> = std::fs::read_dir(env.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["practice.db"]);
}
