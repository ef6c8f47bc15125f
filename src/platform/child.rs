//! Starts other programs with a clean environment, and without this process's descriptors.

use std::ffi::OsStr;
use std::io::{Error, ErrorKind, Result};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::fs::Access;

/// The environment variables that a started program inherits.
const INHERITED: [&str; 8] = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR"];
/// The prefix of the locale's variables (POSIX.1-2024, section 8.2), which are inherited too.
const LOCALE_PREFIX: &str = "LC_";
/// The prefix of tellonce's own variables, one of which may hold a token.
const OWN_PREFIX: &str = "TELLONCE_";
/// A browser that has not failed within this time counts as open.
const LAUNCH_TIMEOUT: Duration = Duration::from_millis(500);
/// The pause between two checks whether it failed.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Makes a command with a clean environment.
///
/// It inherits no descriptor: those from before this process are close-on-exec (see `harden`), and so are its own.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command.envs(std::env::vars_os().filter(|(name, _)| is_inherited(name)));
    command
}

fn is_inherited(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| INHERITED.contains(&name) || name.starts_with(LOCALE_PREFIX))
}

/// Finds an executable program by its path, or by its name in `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let is_program = |path: &PathBuf| {
        path.metadata().is_ok_and(|found| found.is_file()) && rustix::fs::access(path, Access::EXEC_OK).is_ok()
    };
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(is_program);
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(is_program).filter(|_| !program.is_empty())
}

/// Opens an address in the desktop's browser, which inherits the environment without tellonce's own variables.
///
/// # Errors
/// No browser can be started.
pub(crate) fn open_browser(address: &str) -> Result<()> {
    let mut last = Error::new(ErrorKind::NotFound, "there is no browser");
    for mut command in open::commands(address) {
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_none_or(|name| name.starts_with(OWN_PREFIX)) {
                command.env_remove(name);
            }
        }
        match launch(&mut command) {
            Ok(()) => return Ok(()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Starts a command, and waits shortly for it to fail.
fn launch(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    let mut child = command.spawn()?;
    let started = Instant::now();
    while started.elapsed() < LAUNCH_TIMEOUT {
        match child.try_wait()? {
            Some(ended) if ended.success() => return Ok(()),
            Some(ended) => return Err(Error::other(format!("it ended with {ended}"))),
            None => std::thread::sleep(POLL_INTERVAL),
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
            assert_eq!(is_inherited(OsStr::new(name)), passed, "{name}");
        }
    }
}
