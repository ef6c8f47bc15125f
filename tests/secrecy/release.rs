//! The release builds that are tried, and environments in which an agent has signed in to one.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::support::{TestEnvironment, feed};

const LOGIN: [&str; 6] = ["login", "--agent", "sam", "--password-stdin", "--store", "file"];

/// The release profile's binaries. What is measured of either is the release profile.
struct Release {
    plain: PathBuf,
    with_fail_points: PathBuf,
}

/// Returns the release binary: the one named by `TELLONCE_RELEASE`, else the one built here.
pub fn release() -> &'static Path {
    static NAMED: OnceLock<Option<PathBuf>> = OnceLock::new();
    let named = NAMED.get_or_init(|| std::env::var_os("TELLONCE_RELEASE").map(PathBuf::from));
    named.as_deref().unwrap_or_else(|| &built().plain)
}

/// Returns the same with fail-points.
pub fn release_with_fail_points() -> &'static Path {
    &built().with_fail_points
}

/// Builds both in one target folder, so that their dependencies are built once. Cargo gives both the same name there:
/// the one with fail-points is moved away before the plain one is built.
fn built() -> &'static Release {
    static RELEASE: OnceLock<Release> = OnceLock::new();
    RELEASE.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let with_fail_points = target.join("release/tellonce-with-fail-points");
        std::fs::rename(build(target, &["--features", "fail-points"]), &with_fail_points).unwrap();
        Release { plain: build(target, &[]), with_fail_points }
    })
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
