//! The agent's session.

use std::os::unix::fs::PermissionsExt;

use crate::support::TestEnvironment;

#[test]
fn who_is_signed_out_is_told_how_to_sign_in() {
    let env = TestEnvironment::new();
    for arguments in [
        &["find", "ada"][..],
        &["show", "C-1001"],
        &["status", "C-1001"],
        &["whoami"],
        &["--profile", "practice", "reset", "C-1001", "--yes", "--reveal", "stdout"],
        &["--profile", "practice", "withdraw", "C-1001", "--yes"],
        &["--profile", "practice", "unlock", "C-1001", "--yes"],
    ] {
        let error = env.run(&[arguments, &["-o", "json"]].concat()).must(4).error();
        assert_eq!(error["reason"], "not_signed_in", "{arguments:?}");
        assert!(error["hint"].as_str().unwrap().contains("tellonce login"), "{error}");
    }
    env.run(&["logout"]).must(0);
}

#[test]
fn it_begins_is_kept_and_ends() {
    let env = TestEnvironment::signed_in("sam");
    let who = env.run(&["whoami", "-o", "json"]).must(0).json();
    assert_eq!((who["agent"].as_str(), who["rights"].as_array().unwrap().len()), (Some("sam"), 5));
    assert_eq!(who["rights_told"], true);
    assert!(who["kept_in"].as_str().unwrap().contains("sessions/practice.json"));
    let file = env.path().join("sessions/practice.json");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let token: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let directory = std::fs::read(env.path().join("practice.db")).unwrap();
    let token = token["secret"].as_str().unwrap().as_bytes().to_owned();
    assert!(!directory.windows(token.len()).any(|bytes| bytes == token), "the directory has its hash only");
    let copy = std::fs::read(&file).unwrap();
    env.run(&["logout"]).must(0);
    env.run(&["whoami"]).must(4);
    std::fs::write(&file, copy).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    env.run(&["whoami"]).must(4); // it was ended at the backend, not only forgotten here
}

#[test]
fn a_session_file_open_to_others_or_damaged_is_not_taken() {
    let env = TestEnvironment::signed_in("sam");
    let file = env.path().join("sessions/practice.json");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = env.run(&["whoami", "-o", "json"]).must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("chmod 600"), "{error}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&file, "{}").unwrap();
    let error = env.run(&["whoami", "-o", "json"]).must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("tellonce logout"), "{error}");
    env.run(&["logout"]).must(0);
    env.run(&["whoami"]).must(4);
}

#[test]
fn wrong_passwords_are_refused_and_throttled_for_known_and_unknown_names_alike() {
    let env = TestEnvironment::new();
    for agent in ["sam", "nobody"] {
        let login = |password: &str| {
            env.run_with(&["login", "--agent", agent, "--password-stdin", "--store", "file", "-o", "json"], password)
        };
        for _ in 0..5 {
            assert_eq!(login("wrong\n").must(4).error()["reason"], "sign_in_refused");
        }
        assert_eq!(login("practice\n").must(4).error()["reason"], "throttled", "{agent}");
    }
    env.sign_agent_in("kim"); // others are not
    env.run_with(&["login", "--agent", "sam", "--password-stdin", "--store", "file"], "").must(2);
    env.run(&["login", "--agent", "lee", "--store", "file"]).must(2);
}

#[test]
fn a_keyring_that_is_not_there_is_a_clear_sentence() {
    let env = TestEnvironment::new();
    let error =
        env.run_with(&["login", "--agent", "sam", "--password-stdin", "-o", "json"], "practice\n").must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("--store file"), "{error}");
    assert!(!env.path().join("sessions").exists(), "never silently in a file");
    env.run_with(&["login", "--agent", "sam", "--password-stdin", "--web"], "practice\n").must(2);
}
