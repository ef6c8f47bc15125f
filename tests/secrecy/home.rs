//! A home of its own, an agent signed in to it, and the binaries that are tried.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// The release binary: the one named by `TELLONCE_RELEASE`, else built here.
pub fn release() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os("TELLONCE_RELEASE").map_or_else(|| build(&target(), &[]), PathBuf::from))
}

/// The same with fail-points, in a folder of its own: what is measured is the release profile.
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

/// A home with `sam` signed in.
pub struct Home {
    folder: TempDir,
    binary: PathBuf,
}

impl Home {
    pub fn signed_in(binary: &Path) -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap(), binary: binary.to_owned() };
        home.sign_in(&mut home.command(&LOGIN));
        home
    }

    /// Everything belongs to this user of the system, and so does the sign-in.
    pub fn signed_in_as(binary: &Path, user: u32) -> Self {
        use std::os::unix::fs::chown;
        use std::os::unix::process::CommandExt;
        let folder = tempfile::tempdir().unwrap();
        let copy = folder.path().join("tellonce-binary");
        std::fs::copy(binary, &copy).unwrap();
        chown(folder.path(), Some(user), Some(user)).unwrap();
        let home = Self { folder, binary: copy };
        home.sign_in(home.command(&LOGIN).uid(user).gid(user));
        home
    }

    fn sign_in(&self, login: &mut Command) {
        let mut login = login.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        login.stdin.take().unwrap().write_all(b"practice\n").unwrap();
        assert!(login.wait().unwrap().success());
        assert!(self.path().join("tellonce/practice.db").exists());
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What a child's environment holds.
    pub fn environment(&self) -> Vec<(&'static str, std::ffi::OsString)> {
        vec![
            ("PATH", std::env::var_os("PATH").unwrap_or_default()),
            ("HOME", self.path().into()),
            ("TELLONCE_HOME", self.path().join("tellonce").into()),
            ("TERM", "xterm-256color".into()),
        ]
    }

    /// The command line, after what it is run under (`strace ...`).
    pub fn line(&self, arguments: &[&str]) -> Vec<std::ffi::OsString> {
        let line = [self.binary.as_os_str(), OsStr::new("--profile"), OsStr::new("practice")];
        line.into_iter().chain(arguments.iter().map(OsStr::new)).map(OsStr::to_owned).collect()
    }

    /// The tool, run in this home.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_under(&[], arguments)
    }

    pub fn command_under(&self, under: &[&OsStr], arguments: &[&str]) -> Command {
        let line: Vec<_> = under.iter().map(|one| (*one).to_owned()).chain(self.line(arguments)).collect();
        let mut command = Command::new(&line[0]);
        command.args(&line[1..]).env_clear().envs(self.environment()).stdin(Stdio::null());
        command
    }
}

const LOGIN: [&str; 6] = ["login", "--agent", "sam", "--password-stdin", "--store", "file"];
