//! What must not be done is refused, and nothing changes, whatever flags are given.

use crate::support::TestEnvironment;

#[track_caller]
fn refused(env: &TestEnvironment, customer: &str, more: &[&str], code: i32, reason: &str) {
    let before = env.records().len();
    let error = env.reset(customer, &[more, &["-o", "json"]].concat()).must(code).error();
    assert_eq!(
        (error["reason"].as_str(), error["changed"].as_str()),
        (Some(reason), Some("no")),
        "{customer}: {error}"
    );
    assert_eq!(env.records().len(), before, "no attempt is recorded");
}

#[test]
fn no_flag_gets_around_a_rule() {
    let env = TestEnvironment::signed_in("sam");
    for more in [&[][..], &["--unlock"]] {
        refused(&env, "C-1003", more, 7, "disabled");
        refused(&env, "C-1007", more, 7, "external");
        refused(&env, "C-1008", more, 7, "protected");
        refused(&env, "C-1009", more, 7, "own_user");
    }
    assert_eq!(env.sign_in("annie@example.com", "Practice-makes-1"), "signed_in");
}

#[test]
fn another_agent_may_reset_sams_user() {
    TestEnvironment::signed_in("kim").issue("C-1009");
}

#[test]
fn a_locked_customer_needs_unlock() {
    let env = TestEnvironment::signed_in("sam");
    for _ in 0..5 {
        assert_eq!(env.sign_in("ada.lovelace", "wrong"), "refused");
    }
    assert_eq!(env.sign_in("ada.lovelace", "Practice-makes-1"), "refused", "locked");
    assert_eq!(env.status("C-1001")["status"], "locked");
    refused(&env, "C-1001", &[], 7, "locked");
    let hint = env.reset("C-1001", &["-o", "json"]).must(7).error()["hint"].clone();
    assert!(hint.as_str().unwrap().contains("tellonce unlock C-1001"), "{hint}");
    let password = env.reset("C-1001", &["--unlock"]).must(0).stdout;
    assert_eq!(env.sign_in("ada.lovelace", password.trim()), "change_required");
}

#[test]
fn who_may_not_issue_changes_nothing() {
    let env = TestEnvironment::signed_in("lee");
    refused(&env, "C-1001", &[], 4, "missing_right");
    env.run(&["find", "ada"]).must(0);
    assert_eq!(env.run(&["show", "C-1001", "-o", "json"]).must(0).json()["action"], "none");
    assert_eq!(env.run(&["doctor", "-o", "json"]).must(11).json()["schema"], "tellonce.doctor/v1");
}

#[test]
fn the_profiles_guards_hold() {
    let env = TestEnvironment::new();
    std::fs::write(
        env.path().join("config.toml"),
        "default = 'desk'\n[profiles.desk]\nbackend = 'practice'\nrequire = ['ticket', 'verified']\nmax_resets_per_customer_24h = 2\nprotected = { groups = ['other'] }\n",
    )
    .unwrap();
    env.run_with(&["login", "--agent", "sam", "--password-stdin", "--store", "file"], "practice\n").must(0);
    put_into_group(&env, 20, "other");
    let reset =
        |more: &[&str]| env.run(&[&["reset", "C-1001", "--yes", "--reveal", "stdout", "-o", "json"], more].concat());
    let error = reset(&["--ticket", "T-1"]).must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("--verified"), "{error}");
    let error = reset(&["--ticket", " ", "--verified", "called back"]).must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("--ticket"), "{error}");
    for _ in 0..2 {
        reset(&["--ticket", "T-1", "--verified", "called back"]).must(0);
    }
    assert_eq!(reset(&["--ticket", "T-1", "--verified", "called back"]).must(7).error()["reason"], "too_many_resets");
    let record = &env.records()[0];
    assert_eq!((record["ticket"].as_str(), record["verified"].as_str()), (Some("T-1"), Some("called back")));
    env.run(&["reset", "C-1008", "--yes", "--reveal", "stdout", "--ticket", "x", "--verified", "y"]).must(0);
}

#[test]
fn a_limit_that_cannot_be_counted_refuses_in_single_resets_and_in_bulk() {
    let env = TestEnvironment::new();
    let profile = "[profiles.desk]\nbackend = 'practice'\nmax_resets_per_customer_24h = 2\nprotected = 'none'\n";
    std::fs::write(env.path().join("config.toml"), format!("default = 'desk'\n{profile}")).unwrap();
    env.run_with(&["login", "--agent", "sam", "--password-stdin", "--store", "file"], "practice\n").must(0);
    let reset = ["reset", "C-1001", "--yes", "--reveal", "stdout", "-o", "json"];
    // An earlier version has left a line that is no text before the customer's id, or in it.
    let line = "{\"v\":1,\"attempt\":\"a\",\"customer\":\"C-1001\",\"prev\":\"0\",\"hash\":\"0\"}\n";
    let middle = line.find("C-1001").unwrap();
    for damage in [middle - 20, middle] {
        let mut bytes = line.as_bytes().to_vec();
        bytes[damage] = 0xff;
        for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger-receipt.json"] {
            let _ = std::fs::remove_file(env.path().join(name)); // the third is there only while one is open
        }
        std::fs::write(env.path().join("audit.jsonl"), &bytes).unwrap();
        let error = env.run(&reset).must(7).error();
        assert_eq!((error["reason"].as_str(), error["changed"].as_str()), (Some("unreadable"), Some("no")), "{error}");
        assert!(error["hint"].as_str().unwrap().contains("tellonce ledger status"), "{error}");
        std::fs::write(env.path().join("in.csv"), "customer\nC-1001\n").unwrap();
        let key = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
        let out = env.path().join(format!("out-{damage}.jsonl"));
        let bulk = ["bulk", "in.csv", "--yes", "--expect", "1", "--seal-to", key, "--out"];
        let input = env.path().join("in.csv");
        let mut arguments = bulk.map(str::to_owned).to_vec();
        arguments[1] = input.display().to_string();
        arguments.push(out.display().to_string());
        env.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).must(10);
        let row = std::fs::read_to_string(out).unwrap();
        assert!(row.contains("\"refused\"") && row.contains("damaged record"), "{row}");
    }
    env.run_must_say(&["ledger", "status"], 0, "cannot be read");
    env.run_must_say(&["doctor"], 11, "Attempts of a customer may be missing");
}

/// Puts the customer of this row into a group.
fn put_into_group(env: &TestEnvironment, customer: i64, group: &str) {
    let directory = rusqlite::Connection::open(env.path().join("practice.db")).unwrap();
    directory.execute("INSERT INTO user_group VALUES(?1, ?2)", rusqlite::params![customer, group]).unwrap();
}

#[test]
fn a_protected_group_that_there_is_not_refuses_everybody() {
    let env = TestEnvironment::signed_in("sam");
    env.issue("C-1006");
    let protecting = |groups: &str| {
        let text =
            format!("default = 'desk'\n[profiles.desk]\nbackend = 'practice'\nprotected = {{ groups = [{groups}] }}\n");
        std::fs::write(env.path().join("config.toml"), text).unwrap();
        env.run_with(&["login", "--agent", "sam", "--password-stdin", "--store", "file"], "practice\n").must(0);
    };
    let json = |words: &[&str]| env.run(&[&["-o", "json"], words].concat());
    let create = ["--create", "--email", "new@example.org", "--first-name", "New", "--last-name", "Person"];
    // A typo, another case, a space more, and one that is there beside one that is not.
    for groups in ["'staf-admins'", "'Staff-Admins'", "'staff-admins '", "'staff-admins', 'board'"] {
        protecting(groups);
        for customer in ["C-1001", "C-1002", "C-1008", "new@example.org"] {
            let words = [&["reset", customer, "--yes", "--reveal", "stdout"][..], &create].concat();
            let error = json(&words).must(7).error();
            let is_protected = customer == "C-1008" && groups.contains("board");
            let reason = if is_protected { "protected" } else { "protection_unreadable" };
            assert_eq!((&error["reason"], &error["changed"]), (&reason.into(), &"no".into()), "{error}");
            let message = error["message"].as_str().unwrap();
            assert!(is_protected || message.contains("has no group"), "{message}");
        }
        assert_eq!(json(&["withdraw", "C-1006", "--yes"]).must(7).error()["reason"], "protection_unreadable");
        let swept = env.run(&["withdraw", "--older-than", "0", "--all", "--yes", "-o", "json"]);
        assert!(swept.must(4).error()["reason"] == "missing_right", "only a team lead sweeps");
        let key = age::x25519::Identity::generate().to_public().to_string();
        std::fs::write(env.path().join("in.csv"), "customer\nC-1001\n").unwrap();
        let _ = std::fs::remove_file(env.path().join("out.jsonl"));
        env.run(&["bulk", "in.csv", "--yes", "--expect", "1", "--out", "out.jsonl", "--seal-to", &key]).must(10);
        assert!(std::fs::read_to_string(env.path().join("out.jsonl")).unwrap().contains("\"refused\""));
        assert_eq!(json(&["show", "C-1001"]).must(0).json()["action"], "none");
        let found = json(&["doctor"]).must(11).json();
        let check = found["checks"].as_array().unwrap().iter().find(|check| check["id"] == "protection").unwrap();
        assert_eq!(check["state"], "fault");
        assert!(check["words"].as_str().unwrap().contains("has no group"), "{check}");
    }
    protecting("'staff-admins'");
    json(&["reset", "C-1001", "--yes", "--reveal", "stdout"]).must(0);
    let add = |group: &str| json(&["profile", "add", "more", "--backend", "practice", "--protect", group]);
    let refused = add("Staff-admins").must(2).error();
    assert!(refused["message"].as_str().unwrap().contains("has no group \"Staff-admins\""), "{refused}");
    add("staff-admins").must(0);
}
