//! Bad input gets a clear error and changes nothing.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::support::{CommandOutput, TestEnvironment};

#[test]
fn a_customer_that_there_is_not() {
    let env = TestEnvironment::signed_in("sam");
    for text in [
        "nobody@example.com",
        "C-9999",
        "%",
        "_",
        "' OR 1=1 --",
        "\"; DROP TABLE customer; --",
        "\u{202e}ada",
        "*",
        "NEAR(a b)",
    ] {
        let error = env.reset(text, &["-o", "json"]).must(3).error();
        assert_eq!(error["changed"], "no");
    }
    for text in ["", "   ", &"x".repeat(10_000), "a\tb"] {
        env.reset(text, &["-o", "json"]).must(2).error();
    }
    assert!(env.records().is_empty());
}

#[test]
fn an_argument_that_is_not_text() {
    let env = TestEnvironment::signed_in("sam");
    let output = env.command(&["reset", "--yes"]).arg(OsStr::from_bytes(b"\xff\xfe")).output().unwrap();
    let ran = CommandOutput::from(output).must(2);
    assert!(ran.stderr.contains("UTF-8"), "{ran:?}");
}

#[test]
fn an_address_that_several_share_lists_them_masked() {
    let env = TestEnvironment::signed_in("sam");
    let error = env.reset("mary@example.com", &["-o", "json"]).must(5).error();
    assert_eq!(error["reason"], "ambiguous");
    let candidates = error["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 2);
    assert_eq!(candidates[0]["id"], "C-1004");
    assert_eq!(candidates[0]["email"], "m***@example.com");
    assert!(env.records().is_empty());
}

#[test]
fn part_of_a_name_is_never_accepted_beforehand() {
    let env = TestEnvironment::signed_in("sam");
    let error = env.reset("lovel", &["-o", "json"]).must(3).error();
    assert_eq!((error["reason"].as_str(), error["candidates"][0]["id"].as_str()), (Some("name_only"), Some("C-1001")));
}

#[test]
fn id_username_and_address_of_different_people() {
    let env = TestEnvironment::signed_in("sam");
    env.run(&[
        "--profile",
        "practice",
        "reset",
        "c-1001@example.org",
        "--create",
        "--email",
        "c-1001@example.org",
        "--first-name",
        "C",
        "--last-name",
        "1001x",
        "--yes",
        "--reveal",
        "stdout",
    ])
    .must(0);
    // A customer whose username is somebody else's id.
    env.run(&[
        "--profile",
        "practice",
        "reset",
        "x@example.org",
        "--create",
        "--email",
        "x@example.org",
        "--first-name",
        "C-1001",
        "--last-name",
        "Clash",
        "--yes",
        "--reveal",
        "stdout",
    ])
    .must(0);
    let directory = rusqlite::Connection::open(env.path().join("practice.db")).unwrap();
    directory.execute("UPDATE user SET username = 'C-1001' WHERE username LIKE '%clash'", []).unwrap();
    drop(directory);
    // The id wins to the letter; in another case it is one match among others.
    let done = env.reset("C-1001", &["-o", "json"]).must(0).json();
    assert_eq!((&done["customer"]["id"], &done["customer"]["name"]), (&"C-1001".into(), &"Ada Lovelace".into()));
    let error = env.reset("c-1001", &["-o", "json"]).must(5).error();
    assert_eq!(error["candidates"].as_array().unwrap().len(), 2, "{error}");
    for words in [&["show", "C-1001"][..], &["status", "C-1001"], &["withdraw", "C-1001", "--yes"]] {
        let shown = env.run(&[&["--profile", "practice", "-o", "json"], words].concat()).must(0).json();
        assert_eq!(shown["customer"]["name"], "Ada Lovelace", "{words:?}");
    }
    // Also in a row, and with --create, which then creates nobody.
    let key = age::x25519::Identity::generate().to_public().to_string();
    std::fs::write(env.path().join("in.csv"), "customer\nC-1001\nc-1001\n").unwrap();
    let bulk = ["bulk", "in.csv", "--yes", "--expect", "2", "--out", "out.jsonl", "--seal-to", &key];
    env.run(&[&["--profile", "practice"], &bulk[..]].concat()).must(10);
    let rows = std::fs::read_to_string(env.path().join("out.jsonl")).unwrap();
    assert!(rows.contains("\"delivered\"") && rows.contains("\"ambiguous\""), "{rows}");
    let names = ["--create", "--email", "x2@example.org", "--first-name", "X", "--last-name", "Y", "-o", "json"];
    assert_eq!(env.reset("C-1001", &names).must(0).json()["user_created"], false);
}

#[test]
fn where_nobody_can_be_asked_the_flag_is_named() {
    let env = TestEnvironment::signed_in("sam");
    let error =
        env.run(&["--profile", "practice", "reset", "C-1001", "--reveal", "stdout", "-o", "json"]).must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("--yes"), "{error}");
    let error = env.run(&["--profile", "practice", "reset", "C-1001", "--yes", "-o", "json"]).must(2).error();
    assert_eq!(error["reason"], "no_terminal");
    assert!(error["hint"].as_str().unwrap().contains("--reveal"), "{error}");
    let error = env.run(&["--profile", "practice", "withdraw", "C-1006", "-o", "json"]).must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("--yes"), "{error}");
    assert!(env.records().is_empty());
}

#[test]
fn practice_passwords_are_not_issued_by_accident() {
    let env = TestEnvironment::signed_in("sam");
    for verb in ["reset", "unlock", "withdraw"] {
        let error = env.run(&[verb, "C-1001", "--yes", "-o", "json"]).must(2).error();
        assert_eq!(error["reason"], "practice_by_accident");
        assert!(error["hint"].as_str().unwrap().contains("--profile practice"), "{error}");
    }
}

#[test]
fn what_cannot_be_parsed_is_a_usage_error_also_as_json() {
    let env = TestEnvironment::new();
    env.run(&["reset"]).must(2);
    let ran = env.run(&["reset", "-o", "json"]).must(2);
    assert_eq!(ran.error()["reason"], "usage");
    env.run(&["--output=json", "find", "x", "--limit", "0"]).must(2).error();
    env.run(&["reset", "x", "--create"]).must(2);
    env.run(&["reset", "x", "--show-for", "soon"]).must(2);
    env.run(&["frobnicate"]).must(2);
    assert!(env.run(&["--help"]).must(0).stdout.contains("Example"));
}

#[test]
fn what_create_is_told_is_checked() {
    let env = TestEnvironment::signed_in("sam");
    let create = |email: &str, first: &str| {
        env.reset(
            "new@example.org",
            &["--create", "--email", email, "--first-name", first, "--last-name", "Person", "-o", "json"],
        )
    };
    create("not an address", "New").must(2).error();
    create("two@at@example.org", "New").must(2).error();
    create("new@example.org", " ").must(2).error();
    create("new@example.org", "Esc\u{1b}[2J").must(2).error();
    assert_eq!(create("ada@example.com", "New").must(2).error()["reason"], "customer_exists");
    let made = create("new@example.org", "New").must(0).json();
    assert_eq!(
        (made["user_created"].as_bool(), made["customer"]["username"].as_str()),
        (Some(true), Some("new.person"))
    );
    let again = create("new@example.org", "New").must(0).json();
    assert_eq!(again["user_created"], false, "known by now: a plain reset");
    assert_eq!(env.run(&["find", "new.pers", "-o", "json"]).must(0).json()["total"], 1);
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let env = TestEnvironment::new();
    let verbs = [
        "login",
        "logout",
        "whoami",
        "find",
        "show",
        "reset",
        "withdraw",
        "status",
        "audit",
        "profile",
        "setup",
        "doctor",
        "practice",
        "completions",
        "man",
    ];
    let nested = [
        ["audit", "list"],
        ["audit", "verify"],
        ["audit", "export"],
        ["profile", "add"],
        ["profile", "list"],
        ["profile", "show"],
        ["profile", "use"],
        ["profile", "remove"],
        ["practice", "customers"],
        ["practice", "sign-in"],
        ["practice", "forgot-password"],
        ["practice", "outbox"],
        ["practice", "start-over"],
        ["practice", "tour"],
    ];
    for words in verbs.iter().map(std::slice::from_ref).chain(nested.iter().map(<[&str; 2]>::as_slice)) {
        let help = env.run(&[words, &["--help"]].concat()).must(0).stdout;
        assert!(help.contains("Example"), "{words:?}:\n{help}");
    }
}
