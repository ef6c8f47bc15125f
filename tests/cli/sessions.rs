//! The agent's session.

use std::os::unix::fs::PermissionsExt;

use super::home::Home;

#[test]
fn who_is_signed_out_is_told_how_to_sign_in() {
    let home = Home::new();
    for arguments in [
        &["find", "ada"][..],
        &["show", "C-1001"],
        &["status", "C-1001"],
        &["whoami"],
        &["--profile", "practice", "reset", "C-1001", "--yes", "--reveal", "stdout"],
        &["--profile", "practice", "withdraw", "C-1001", "--yes"],
    ] {
        let error = home.run(&[arguments, &["-o", "json"]].concat()).must(4).error();
        assert_eq!(error["reason"], "not_signed_in", "{arguments:?}");
        assert!(error["hint"].as_str().unwrap().contains("tellonce login"), "{error}");
    }
    home.run(&["logout"]).must(0);
}

#[test]
fn it_begins_is_kept_and_ends() {
    let home = Home::of_sam();
    let who = home.run(&["whoami", "-o", "json"]).must(0).json();
    assert_eq!((who["agent"].as_str(), who["rights"].as_array().unwrap().len()), (Some("sam"), 5));
    assert_eq!(who["rights_told"], true);
    assert!(who["kept_in"].as_str().unwrap().contains("sessions/practice.json"));
    let file = home.path().join("sessions/practice.json");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let token: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let directory = std::fs::read(home.path().join("practice.db")).unwrap();
    let token = token["secret"].as_str().unwrap().as_bytes().to_owned();
    assert!(!directory.windows(token.len()).any(|bytes| bytes == token), "the directory has its hash only");
    let copy = std::fs::read(&file).unwrap();
    home.run(&["logout"]).must(0);
    home.run(&["whoami"]).must(4);
    std::fs::write(&file, copy).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    home.run(&["whoami"]).must(4); // it was ended at the backend, not only forgotten here
}

#[test]
fn a_session_file_open_to_others_or_damaged_is_not_taken() {
    let home = Home::of_sam();
    let file = home.path().join("sessions/practice.json");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = home.run(&["whoami", "-o", "json"]).must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("chmod 600"), "{error}");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&file, "{}").unwrap();
    let error = home.run(&["whoami", "-o", "json"]).must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("tellonce logout"), "{error}");
    home.run(&["logout"]).must(0);
    home.run(&["whoami"]).must(4);
}

#[test]
fn wrong_passwords_are_refused_and_throttled_for_known_and_unknown_names_alike() {
    let home = Home::new();
    for agent in ["sam", "nobody"] {
        let login = |password: &str| {
            home.run_with(&["login", "--agent", agent, "--password-stdin", "--store", "file", "-o", "json"], password)
        };
        for _ in 0..5 {
            assert_eq!(login("wrong\n").must(4).error()["reason"], "sign_in_refused");
        }
        assert_eq!(login("practice\n").must(4).error()["reason"], "throttled", "{agent}");
    }
    home.login("kim"); // others are not
    home.run_with(&["login", "--agent", "sam", "--password-stdin", "--store", "file"], "").must(2);
    home.run(&["login", "--agent", "lee", "--store", "file"]).must(2);
}

#[test]
fn a_keyring_that_is_not_there_is_a_clear_sentence() {
    let home = Home::new();
    let error =
        home.run_with(&["login", "--agent", "sam", "--password-stdin", "-o", "json"], "practice\n").must(2).error();
    assert!(error["hint"].as_str().unwrap().contains("--store file"), "{error}");
    assert!(!home.path().join("sessions").exists(), "never silently in a file");
    home.run_with(&["login", "--agent", "sam", "--password-stdin", "--web"], "practice\n").must(2);
}
