//! Other programs that are started: with a clean environment, and without what this process has open.

use std::ffi::OsStr;
use std::io::{Error, ErrorKind, Result};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::Access;

/// What every program gets of the environment: where programs, people and languages are, and nothing of ours.
const PASSED_ON: [&str; 8] = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR"];
/// How the names of the locale's parts begin (POSIX.1-2024, section 8.2).
const LOCALE: &str = "LC_";
/// How the names of our own variables begin; one of them may hold a token.
const OURS: &str = "TELLONCE_";
/// A browser that has not failed within this time is open.
const LOOKS_OPEN: Duration = Duration::from_millis(500);
/// Between two looks whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A command with a clean environment; what was open when this process began stays closed to it (see `harden`), and what
/// this process opens is close-on-exec.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command.envs(std::env::vars_os().filter(|(name, _)| is_passed_on(name)));
    command
}

fn is_passed_on(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| PASSED_ON.contains(&name) || name.starts_with(LOCALE))
}

/// Where a program is that could be started: a path, or a name that is looked for as `command` does.
pub fn find(program: &str) -> Option<PathBuf> {
    let is_program = |path: &PathBuf| {
        path.metadata().is_ok_and(|found| found.is_file()) && rustix::fs::access(path, Access::EXEC_OK).is_ok()
    };
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(is_program);
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(is_program).filter(|_| !program.is_empty())
}

/// Opens an address in the browser of this desktop. A browser needs the desktop's variables, but none of ours.
///
/// # Errors
/// There is none that can be started.
pub fn open_browser(address: &str) -> Result<()> {
    let mut last = Error::new(ErrorKind::NotFound, "there is no browser");
    for mut command in open::commands(address) {
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_none_or(|name| name.starts_with(OURS)) {
                command.env_remove(name);
            }
        }
        match start_and_look(&mut command) {
            Ok(()) => return Ok(()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn start_and_look(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut child = command.spawn()?;
    let started = Instant::now();
    while started.elapsed() < LOOKS_OPEN {
        match child.try_wait()? {
            Some(ended) if ended.success() => return Ok(()),
            Some(ended) => return Err(Error::other(format!("it ended with {ended}"))),
            None => std::thread::sleep(LOOK_EVERY),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_harmless_is_passed_on() {
        for (name, passed) in [
            ("PATH", true),
            ("LC_ALL", true),
            ("TZ", true),
            ("TELLONCE_TOKEN", false),
            ("TELLONCE_HOME", false),
            ("AWS_SECRET_ACCESS_KEY", false),
            ("LD_PRELOAD", false),
            ("BASH_ENV", false),
        ] {
            assert_eq!(is_passed_on(OsStr::new(name)), passed, "{name}");
        }
    }
}
