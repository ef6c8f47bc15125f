//! The release builds that are tried, and environments in which an agent has signed in to one.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock};

use crate::support::{TestEnvironment, feed};

const LOGIN: [&str; 6] = ["login", "--agent", "sam", "--password-stdin", "--store", "file"];

/// Returns the release binary: the one named by `TELLONCE_RELEASE`, else the one built here.
pub fn release() -> &'static Path {
    static RELEASE: OnceLock<PathBuf> = OnceLock::new();
    RELEASE.get_or_init(|| named("TELLONCE_RELEASE").unwrap_or_else(|| build(&[])))
}

/// Returns the same with fail-points: the one named by `TELLONCE_RELEASE_WITH_FAIL_POINTS`, else the one built here.
pub fn release_with_fail_points() -> &'static Path {
    static RELEASE: OnceLock<PathBuf> = OnceLock::new();
    RELEASE.get_or_init(|| {
        named("TELLONCE_RELEASE_WITH_FAIL_POINTS").unwrap_or_else(|| build(&["--features", "fail-points"]))
    })
}

fn named(variable: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os(variable)?);
    assert!(path.is_file(), "{variable} names {}, which is no file", path.display());
    Some(path)
}

/// Builds a release in the target folder of these tests, so that the dependencies are built once. Cargo gives both
/// builds the same name there, so the binary is moved to one of its own.
fn build(features: &[&str]) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--bin", "tellonce", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .args(features)
        .status()
        .unwrap();
    assert!(built.success());
    let binary =
        target.join(if features.is_empty() { "release/tellonce-plain" } else { "release/tellonce-with-fail-points" });
    std::fs::rename(target.join("release/tellonce"), &binary).unwrap();
    binary
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
