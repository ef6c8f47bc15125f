//! The release builds that are tried, and environments in which an agent has signed in to one.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::{TestEnvironment, feed};

const LOGIN: [&str; 6] = ["login", "--agent", "sam", "--password-stdin", "--store", "file"];

/// Returns the release binary: the one named by `TELLONCE_RELEASE`, else built here.
pub fn release() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os("TELLONCE_RELEASE").map_or_else(|| build(&target(), &[]), PathBuf::from))
}

/// Returns the same with fail-points, in a folder of its own: what is measured is the release profile.
pub fn release_with_fail_points() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| build(&target().join("secrecy"), &["--features", "fail-points"]))
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}

fn build(target: &Path, features: &[&str]) -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--bin", "tellonce", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .args(features)
        .status()
        .unwrap();
    assert!(built.success());
    target.join("release/tellonce")
}

/// Creates an environment in which `sam` is signed in to the practice directory by this binary.
pub fn signed_in(binary: &Path) -> TestEnvironment {
    let env = TestEnvironment::with_binary(binary).with_variable("TELLONCE_PROFILE", "practice");
    sign_in(&env, &mut env.command(&LOGIN));
    env
}

/// Creates the same for another user of the system, who owns everything in it.
pub fn signed_in_as(binary: &Path, user: u32) -> TestEnvironment {
    let env = TestEnvironment::with_copy_of(binary).with_variable("TELLONCE_PROFILE", "practice");
    chown(env.path(), Some(user), Some(user)).unwrap();
    sign_in(&env, env.command(&LOGIN).uid(user).gid(user));
    env
}

fn sign_in(env: &TestEnvironment, login: &mut Command) {
    feed(login, "practice\n").must(0);
    assert!(env.file("practice.db").exists());
}
