//! The sign-in of `setup`'s administrator: with a second factor, and refusals that say what to do.

use serde_json::{Value, json};

use crate::support::Terminal;
use crate::support::TestEnvironment;
use crate::support::keycloak::{Authenticator, PROTECTED, Realm, Server, old_password};

/// An administrator of the realm, with an authenticator app.
fn guarded(realm: &Realm<'_>, name: &str) -> Authenticator {
    let authenticator = Authenticator::new();
    let password = json!({ "type": "password", "value": old_password(), "temporary": false });
    let id = realm.make_user(person(name, &json!([password, authenticator.credential()])));
    realm.give_roles(&id, &["realm-admin"]);
    authenticator
}

fn person(name: &str, credentials: &Value) -> Value {
    json!({ "username": name, "enabled": true, "email": format!("{name}@example.com"), "emailVerified": true,
        "firstName": name, "lastName": "Administrator", "credentials": credentials })
}

fn from_script(name: &str, more: &[&'static str]) -> Vec<String> {
    let words = ["-o", "json", "setup", "--dry-run", "--administrator", name, "--password-stdin"];
    words.iter().chain(more).map(|word| (*word).to_owned()).collect()
}

fn run(env: &TestEnvironment, name: &str, more: &[&'static str], input: &str) -> crate::support::CommandOutput {
    let words = from_script(name, more);
    env.run_with(&words.iter().map(String::as_str).collect::<Vec<_>>(), input)
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn a_script_gives_the_one_time_code_on_its_second_line() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    let app = guarded(&realm, "root");
    let password = old_password();

    let error = run(&env, "root", &[], &format!("{password}\n")).must(4).error();
    assert_eq!(error["reason"], "sign_in_refused");
    assert!(error["message"].as_str().unwrap().contains("by password alone"), "{error}");
    assert!(error["hint"].as_str().unwrap().contains("--one-time-code"), "{error}");
    let code = ["--one-time-code"];
    let error = run(&env, "root", &code, &format!("{password}\n")).must(2).error();
    assert!(error["message"].as_str().unwrap().contains("second line"), "{error}");
    let now = app.code();
    let wrong = format!("{:06}", (now.parse::<u32>().unwrap() + 1) % 1_000_000);
    let error = run(&env, "root", &code, &format!("{password}\n{wrong}\n")).must(4).error();
    assert!(error["message"].as_str().unwrap().contains("password and one-time code"), "{error}");
    let plan = run(&env, "root", &code, &format!("{password}\n{}\n", app.code())).must(0).json();
    assert_eq!(plan["administrator"], "root");
    assert_eq!(realm.sessions("root"), 0, "signed out again");
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn at_a_terminal_the_code_is_asked_for_where_the_password_alone_is_refused() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    for (name, more) in [("root", &[][..]), ("careful", &["--one-time-code"])] {
        let app = guarded(&realm, name);
        let arguments = [&["setup", "--dry-run", "--administrator", name][..], more].concat();
        let mut terminal = Terminal::run(&env, &arguments, 100, 40);
        terminal.wait_for(&format!("Password of {name}:"));
        terminal.type_(&format!("{}\r", old_password()));
        let screen = terminal.wait_for("One-time code");
        assert_eq!(screen.contains("(Enter if there is none)"), more.is_empty(), "{screen}");
        let code = app.code();
        terminal.type_(&format!("{code}\r"));
        assert_eq!(terminal.end().0, 0);
        let (all, _) = terminal.everything();
        assert!(all.contains(&format!("as {name}:")) && all.contains("- to do: "), "{all}");
        assert!(!all.contains(&code) && !all.contains(old_password()), "no echo:\n{all}");
    }
    // A wrong password gets the same refusal as a missing code. Enter says that there is no code.
    let mut terminal = Terminal::run(&env, &["setup", "--dry-run", "--administrator", "robin"], 100, 40);
    terminal.wait_for("Password of robin:");
    terminal.type_("mistyped\r");
    terminal.wait_for("(Enter if there is none)");
    terminal.type_("\r");
    assert_eq!(terminal.end().0, 4);
    assert!(terminal.everything().0.contains("by password alone"));
}

#[test]
#[ignore = "needs a Keycloak server: TELLONCE_LIVE=keycloak"]
fn an_administrator_who_cannot_sign_in_at_all_is_asked_for_no_code() {
    let realm = Realm::shipped(Server::shared());
    let env = TestEnvironment::for_realm(&realm, PROTECTED);
    realm.make_user(person("fresh", &json!([{ "type": "password", "value": old_password(), "temporary": true }])));
    let mut terminal = Terminal::run(&env, &["setup", "--administrator", "fresh"], 200, 40);
    terminal.wait_for("Password of fresh:");
    terminal.type_(&format!("{}\r", old_password()));
    assert_eq!(terminal.end().0, 4);
    let (all, _) = terminal.everything();
    assert!(all.contains("let fresh in (Account is not fully") && !all.contains("(Enter if"), "{all}");
}
