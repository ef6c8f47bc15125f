//! What `doctor` finds on the machine, before a reset would.

use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{BINARY, CommandOutput, TestEnvironment};

/// Nobody in particular: permissions hold for them, whoever runs the tests.
const NOBODY: u32 = 65534;

fn check(report: &Value, id: &str) -> Option<(String, String)> {
    let found = report["checks"].as_array().unwrap().iter().find(|check| check["id"] == id)?;
    Some((found["state"].as_str().unwrap().to_owned(), found["words"].as_str().unwrap().to_owned()))
}

#[track_caller]
fn is_fault(report: &Value, id: &str, said: &str) {
    let (state, words) = check(report, id).unwrap_or_default();
    assert_eq!(state, "fault", "{id}: {report:#}");
    assert!(words.contains(said), "{words}");
}

fn chmod(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// `doctor` as somebody for whom permissions hold.
fn as_nobody(env: &TestEnvironment) -> CommandOutput {
    let is_root = rustix::process::geteuid().is_root();
    let mut command: Command = if is_root { env.program("setpriv") } else { env.command(&[]) };
    if is_root {
        let (user, group) = (format!("--reuid={NOBODY}"), format!("--regid={NOBODY}"));
        command.args([user.as_str(), &group, "--clear-groups", BINARY]);
    }
    CommandOutput::from(command.args(["--profile", "practice", "-o", "json", "doctor"]).output().unwrap())
}

fn give_away(path: &Path) {
    if rustix::process::geteuid().is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        for entry in path.is_dir().then(|| std::fs::read_dir(path).unwrap()).into_iter().flatten() {
            give_away(&entry.unwrap().path());
        }
    }
}

#[test]
fn what_can_be_written_is_no_fault_and_nothing_is_left_of_the_trial() {
    let env = TestEnvironment::signed_in("sam");
    let report = env.run(&["--profile", "practice", "-o", "json", "doctor"]).must(0).json();
    for id in ["state folder", "data folder", "configuration folder"] {
        assert_eq!(check(&report, id).unwrap().0, "ok", "{report:#}");
    }
    assert_eq!(check(&report, "forwarding"), None, "none is configured");
    let left: Vec<_> = std::fs::read_dir(env.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("trial")), "{left:?}");
}

#[test]
fn a_folder_that_cannot_be_written_is_a_fault() {
    let env = TestEnvironment::signed_in("sam");
    let run = |name: &str, folder: &str| {
        let mut command = env.command(&[]);
        command.args(["--profile", "practice", "-o", "json", "doctor"]).env_remove("TELLONCE_HOME").env(name, folder);
        CommandOutput::from(command.output().unwrap()).must(11).json()
    };
    is_fault(&run("XDG_STATE_HOME", "/proc"), "state folder", "XDG_STATE_HOME");
    is_fault(&run("XDG_DATA_HOME", "/proc"), "data folder", "XDG_DATA_HOME");
    is_fault(&run("XDG_CONFIG_HOME", "/proc"), "configuration folder", "no profile can be added");
    // A folder inside, as a command that was run as root may have left it.
    std::fs::write(env.path().join("leases"), "").unwrap();
    let report = env.run(&["--profile", "practice", "-o", "json", "doctor"]).must(11).json();
    is_fault(&report, "state folder", "leases");
}

#[test]
fn permissions_that_stop_a_reset_are_faults() {
    let env = TestEnvironment::signed_in("sam");
    env.issue("C-1001");
    give_away(env.path());
    as_nobody(&env).must(0);
    let log = env.ledger();
    chmod(&log, 0o400);
    is_fault(&as_nobody(&env).must(11).json(), "ledger", "cannot be used");
    chmod(&log, 0o600);
    chmod(&env.path().join("leases"), 0o500);
    is_fault(&as_nobody(&env).must(11).json(), "state folder", "leases");
    chmod(&env.path().join("leases"), 0o700);
    chmod(env.path(), 0o500);
    is_fault(&as_nobody(&env).must(11).json(), "state folder", "make the folder yours");
    chmod(env.path(), 0o700);
}

#[test]
fn a_ledger_that_is_none_is_a_fault() {
    let env = TestEnvironment::signed_in("sam");
    symlink("/dev/null", env.ledger()).unwrap();
    let report = env.run(&["--profile", "practice", "-o", "json", "doctor"]).must(11).json();
    is_fault(&report, "ledger", "is a symbolic link");
}

#[test]
fn a_forward_that_goes_nowhere_is_a_fault() {
    let env = TestEnvironment::signed_in("sam");
    let doctor = |forward: &str| {
        std::fs::write(
            env.path().join("config.toml"),
            format!("[audit]\nforward = {forward}\nforward_required = true\n"),
        )
        .unwrap();
        env.run(&["--profile", "practice", "-o", "json", "doctor"])
    };
    for program in ["no-such-program", "/no/such/program", "./config.toml"] {
        let report = doctor(&format!("{{ command = ['{program}'] }}")).must(11).json();
        is_fault(&report, "forwarding", "every reset is refused");
    }
    let fine = doctor("{ command = ['sh', '-c', 'touch ran'] }").must(0).json();
    assert_eq!(check(&fine, "forwarding").unwrap().0, "ok");
    assert!(!env.path().join("ran").exists(), "it is looked for, and not run");
    if !Path::new("/dev/log").exists() {
        is_fault(&doctor("{ syslog = true }").must(11).json(), "forwarding", "/dev/log");
    }
}

#[test]
fn a_keyring_is_looked_at_where_no_session_is_kept() {
    let env = TestEnvironment::new();
    let doctor = |env: &TestEnvironment, bus: Option<&str>| {
        let mut command = env.command(&[]);
        command.args(["--profile", "practice", "-o", "json", "doctor"]);
        if let Some(bus) = bus {
            command.env("DBUS_SESSION_BUS_ADDRESS", bus);
        }
        CommandOutput::from(command.output().unwrap())
    };
    let none = doctor(&env, None).must(0).json();
    let (state, words) = check(&none, "keyring").unwrap();
    assert!(state == "warning" && words.contains("--store file"), "{words}");
    let gone = doctor(&env, Some("unix:path=/nowhere/bus")).must(11).json();
    is_fault(&gone, "keyring", "--store file");
    env.sign_agent_in("sam");
    let kept = doctor(&env, Some("unix:path=/nowhere/bus")).must(0).json();
    assert_eq!(check(&kept, "keyring"), None);
}
