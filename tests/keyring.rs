//! A keyring that is missing, gone or silent is a clear sentence, never a hang, and never silently a file.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]
#![cfg(target_os = "linux")]

use std::io::ErrorKind;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

/// A home of its own, and the session bus that its commands are told of.
struct Home {
    folder: tempfile::TempDir,
    bus: Option<String>,
}

impl Home {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), bus: None }
    }

    fn tellonce(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tellonce"));
        command.env_clear().env("HOME", self.folder.path()).env("TELLONCE_HOME", self.folder.path().join("tellonce"));
        if let Some(bus) = &self.bus {
            command.env("DBUS_SESSION_BUS_ADDRESS", bus);
        }
        command.args(["--profile", "practice"]).args(arguments).write_stdin("practice\n").output().unwrap()
    }

    fn login(&self, store: &str) -> Output {
        self.tellonce(&["login", "--agent", "sam", "--password-stdin", "--store", store])
    }

    fn session_file(&self) -> bool {
        self.folder.path().join("tellonce/sessions").exists()
    }
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn refused(home: &Home, why: &str) {
    let output = home.login("keyring");
    let told = told(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains(why) && told.contains("tellonce login --store file"), "{told}");
    assert!(!home.session_file(), "nothing goes silently to a file");
}

/// A session bus that takes connections and says nothing.
fn silent_bus(folder: &Path) -> (UnixListener, String) {
    let path = folder.join("bus");
    let listener = UnixListener::bind(&path).unwrap();
    listener.set_nonblocking(true).unwrap();
    (listener, format!("unix:path={}", path.display()))
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
    refused(&Home::new(), "there is none on this machine");
}

#[test]
fn a_keyring_that_says_nothing_is_given_up() {
    let mut home = Home::new();
    let (bus, address) = silent_bus(home.folder.path());
    home.bus = Some(address);
    refused(&home, "does not answer");
    assert!(was_reached(&bus), "the control: it was tried");
}

#[test]
fn a_bus_that_is_gone_is_told() {
    let mut home = Home::new();
    home.bus = Some(format!("unix:path={}", home.folder.path().join("gone").display()));
    refused(&home, "keyring");
}

#[test]
fn with_a_silent_keyring_nobody_is_signed_in_and_a_file_still_serves() {
    let mut home = Home::new();
    let (bus, address) = silent_bus(home.folder.path());
    home.bus = Some(address);
    let nobody = home.tellonce(&["whoami"]);
    assert_eq!(nobody.status.code(), Some(4), "{}", told(&nobody));
    assert!(was_reached(&bus), "the control: it was tried");

    let kept = home.login("file");
    assert_eq!(kept.status.code(), Some(0), "{}", told(&kept));
    assert!(home.session_file());
    while was_reached(&bus) {} // what signing in may have asked of it
    let sam = home.tellonce(&["-o", "json", "whoami"]);
    assert_eq!(sam.status.code(), Some(0), "{}", told(&sam));
    let object: serde_json::Value = serde_json::from_slice(&sam.stdout).unwrap();
    assert_eq!(object["agent"], "sam");
    assert!(object["kept_in"].as_str().unwrap().contains("sessions/practice.json"), "{object}");
    assert!(!was_reached(&bus), "a session in a file needs no keyring");
}
