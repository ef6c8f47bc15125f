//! Agents sign in in each way, stay signed in while other processes renew the session, and sign out at the server.

use std::process::Child;

use crate::support::CommandOutput;
use crate::support::TestEnvironment;
use crate::support::keycloak::{PROTECTED, Realm, RealmOptions, Rights, Server, old_password};

fn end(child: Child) -> CommandOutput {
    CommandOutput::from(child.wait_with_output().unwrap())
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn by_device_code_and_out_again() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    assert_eq!(env.reset("ada.lovelace", &["-o", "json"]).must(4).error()["reason"], "not_signed_in");
    let (child, address) = env.begin_sign_in("--device", "which has the code in it");
    realm.browser().approve_device(&address, "sam", old_password()).unwrap();
    end(child).must(0);
    let who = env.run(&["-o", "json", "whoami"]).must(0).json();
    assert_eq!((&who["agent"], &who["backend"]), (&"sam".into(), &"keycloak".into()));
    assert_eq!(realm.sessions("sam"), 1);
    env.reset("ada.lovelace", &["-o", "json"]).must(0);
    env.run(&["logout"]).must(0);
    assert_eq!(realm.sessions("sam"), 0, "it is ended at the server");
    env.reset("ada.lovelace", &["-o", "json"]).must(4);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_refusal_in_the_browser_is_a_refusal() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let (child, address) = env.begin_sign_in("--device", "which has the code in it");
    realm.browser().refuse_device(&address, "sam", old_password()).unwrap();
    assert_eq!(end(child).code, 4);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn in_a_browser_that_comes_back() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let (child, address) = env.begin_sign_in("--web", "openid-connect/auth");
    realm.browser().approve_web(&address, "sam", old_password()).unwrap();
    assert!(end(child).must(0).stdout.contains("sam"));
    env.reset("ada.lovelace", &["-o", "json"]).must(0);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn the_browser_that_is_opened_gets_none_of_our_variables_and_no_descriptors() {
    use std::os::unix::fs::PermissionsExt as _;
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let programs = env.file("programs");
    std::fs::create_dir(&programs).unwrap();
    let browser = programs.join("xdg-open");
    std::fs::write(&browser, "#!/bin/sh\nenv >\"$HOME/environment\"\nls -l /proc/self/fd >\"$HOME/descriptors\"\n")
        .unwrap();
    std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let mut child = env
        .program("bash")
        .args(["-c", "exec \"$T\" login --web --store file 9<config.toml"])
        .env("T", crate::support::BINARY)
        .env("PATH", path)
        .env("TELLONCE_PROFILE", "live")
        .spawn()
        .unwrap();
    let mut told = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("openid-connect/auth") {
        line.clear();
        assert!(std::io::BufRead::read_line(&mut told, &mut line).unwrap() > 0);
    }
    realm.browser().approve_web(line.trim(), "sam", old_password()).unwrap();
    end(child).must(0);
    let read = |name: &str| env.read(name);
    assert!(read("environment").contains("HOME=") && !read("environment").contains("TELLONCE_"));
    assert_eq!(read("descriptors").lines().filter(|line| line.contains("->")).count(), 4, "{}", read("descriptors"));
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_script_by_its_clients_secret_from_a_file_or_standard_input() {
    use std::os::unix::fs::PermissionsExt as _;
    let options = RealmOptions { robot: Some(Rights::AndViewRealm), ..RealmOptions::default() };
    let realm = Realm::with(Server::shared(), &options);
    let client = format!("{PROTECTED}\nclient_id = 'robot'\nsign_in = 'client-credentials'\n");
    let env = TestEnvironment::for_realm(&realm, &client);
    let login = ["-o", "json", "login", "--client-credentials", "--password-stdin", "--store", "file"];
    assert_eq!(env.run_with(&login, "wrong\n").must(4).error()["reason"], "sign_in_refused");
    env.run_with(&login, &format!("{}\n", realm.robot_secret())).must(0);
    env.reset("ada.lovelace", &["-o", "json"]).must(0);
    let env = TestEnvironment::for_realm(&realm, &format!("{client}credential = {{ file = 'secret' }}\n"));
    let secret = env.path().join("secret");
    std::fs::write(&secret, realm.robot_secret()).unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(env.reset("ada.lovelace", &["-o", "json"]).must(2).error()["hint"].as_str().unwrap().contains("chmod 600"));
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    env.reset("ada.lovelace", &["-o", "json"]).must(0);
}

/// Here a refresh token is valid once, and an access token for seconds. Presenting an old one ends the session.
///
/// The resets are of one user, so that one may lose the race: rolled back (8), or answered with a 500 (9).
#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn processes_beside_each_other_do_not_end_each_others_session() {
    let options = RealmOptions {
        refresh_rotation: true,
        more: serde_json::json!({ "accessTokenLifespan": 11 }), // below the tool's margin after a second
        ..RealmOptions::default()
    };
    let realm = Realm::with(Server::shared(), &options);
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let (child, address) = env.begin_sign_in("--device", "which has the code in it");
    realm.browser().approve_device(&address, "sam", old_password()).unwrap();
    end(child).must(0);
    for _ in 0..3 {
        let children: Vec<Child> = (0..4)
            .map(|_| {
                env.command(&["-o", "json", "reset", "ada.lovelace", "--yes", "--reveal", "stdout"]).spawn().unwrap()
            })
            .collect();
        for child in children {
            let ran = end(child);
            assert!([0, 8, 9].contains(&ran.code), "it may lose the race, but is never signed out: {ran:?}");
            if ran.code == 8 {
                assert_eq!(ran.error()["reason"], "reset_at_the_same_time", "{ran:?}");
            }
        }
    }
    env.run(&["whoami"]).must(0);
    env.run(&["audit", "verify"]).must(0);
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn what_is_no_realm_or_no_keycloak_is_told_so() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let config = env.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace(realm.name(), "no such realm")).unwrap();
    let told = env.run(&["login", "--device", "--store", "file"]).must(2).stderr;
    assert!(told.contains("no such realm"), "{told}");
    std::fs::write(&config, text.replace(realm.url(), &format!("{}/elsewhere", realm.url()))).unwrap();
    let told = env.run(&["login", "--device", "--store", "file"]).must(2).stderr;
    assert!(told.contains("Check url and realm"), "{told}");
}
