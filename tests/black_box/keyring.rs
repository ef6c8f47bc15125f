//! A keyring that is missing, gone or silent is a clear sentence, never a hang, and never silently a file.
#![cfg(target_os = "linux")]

use std::io::ErrorKind;
use std::os::unix::net::UnixListener;

use crate::support::{CommandOutput, PRACTICE, TestEnvironment};

fn run(env: &TestEnvironment, arguments: &[&str]) -> CommandOutput {
    env.run_with(&[&PRACTICE[..], arguments].concat(), "practice\n")
}

fn login(env: &TestEnvironment, store: &str) -> CommandOutput {
    run(env, &["login", "--agent", "sam", "--password-stdin", "--store", store])
}

fn session_file(env: &TestEnvironment) -> bool {
    env.file("sessions").exists()
}

fn refused(env: &TestEnvironment, why: &str) {
    let told = login(env, "keyring").must(2).stderr;
    assert!(told.contains(why) && told.contains("tellonce login --store file"), "{told}");
    assert!(!session_file(env), "nothing goes silently to a file");
}

/// An environment whose session bus has this address.
fn with_bus(env: TestEnvironment, name: &str) -> TestEnvironment {
    let address = format!("unix:path={}", env.file(name).display());
    env.with_variable("DBUS_SESSION_BUS_ADDRESS", address)
}

/// A session bus that takes connections and says nothing.
fn with_silent_bus() -> (TestEnvironment, UnixListener) {
    let env = with_bus(TestEnvironment::new(), "bus");
    let listener = UnixListener::bind(env.file("bus")).unwrap();
    listener.set_nonblocking(true).unwrap();
    (env, listener)
}

fn was_reached(bus: &UnixListener) -> bool {
    match bus.accept() {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::WouldBlock => false,
        Err(error) => unreachable!("a listener that accepts: {error}"),
    }
}

#[test]
fn without_a_bus_there_is_no_keyring() {
    refused(&TestEnvironment::new(), "there is none on this machine");
}

#[test]
fn a_keyring_that_says_nothing_is_given_up() {
    let (env, bus) = with_silent_bus();
    refused(&env, "does not answer");
    assert!(was_reached(&bus), "the control: it was tried");
}

#[test]
fn a_bus_that_is_gone_is_reported() {
    refused(&with_bus(TestEnvironment::new(), "gone"), "keyring");
}

#[test]
fn with_a_silent_keyring_nobody_is_signed_in_and_a_file_still_serves() {
    let (env, bus) = with_silent_bus();
    run(&env, &["whoami"]).must(4);
    assert!(was_reached(&bus), "the control: it was tried");

    login(&env, "file").must(0);
    assert!(session_file(&env));
    while was_reached(&bus) {} // what signing in may have asked of it
    let object = run(&env, &["-o", "json", "whoami"]).must(0).json();
    assert_eq!(object["agent"], "sam");
    assert!(object["kept_in"].as_str().unwrap().contains("sessions/practice.json"), "{object}");
    assert!(!was_reached(&bus), "a session in a file needs no keyring");
}

#[test]
fn a_credential_that_the_keyring_does_not_give_is_named_as_that_and_a_file_is_offered() {
    let env = TestEnvironment::new();
    let server = "backend = 'active-directory'\nurl = 'ldaps://127.0.0.1:1'\nbase = 'ou=c,dc=x'\nprotected = 'none'\n";
    let profile =
        format!("default = 'acme'\n[profiles.acme]\n{server}agent = 'sweeper'\ncredential = {{ keyring = 'x' }}\n");
    std::fs::write(env.file("config.toml"), profile).unwrap();
    let error = env.run(&["-o", "json", "pending"]).must(2).error();
    let message = "The profile's credential cannot be read from the keyring: there is none on this machine.";
    assert_eq!(error["message"], message);
    assert!(error["hint"].as_str().unwrap().contains("credential = { file = "), "{error}");
}
