//! Opens files that somebody names on a command line or in a configuration.

use std::fs::{File, OpenOptions};
use std::io::Result;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a regular file for reading. Returns `None` for a pipe, a device, a folder or a socket, and never waits for one.
pub(crate) fn open_regular_file(path: &Path) -> Result<Option<File>> {
    // Without NONBLOCK, a pipe that nobody writes to is waited for; without NOCTTY, a terminal may become ours.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    if !std::fs::metadata(path)?.is_file() {
        return Ok(None); // a socket cannot be opened, and some devices do something when they are
    }
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    Ok(file.metadata()?.is_file().then_some(file))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn only_a_regular_file_is_opened_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("file"), "x").unwrap();
        std::os::unix::fs::symlink("file", path("link")).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, path("fifo"), rustix::fs::Mode::RUSR).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        let is_opened = |path: &Path| open_regular_file(path).unwrap().is_some();
        assert!(is_opened(&path("file")) && is_opened(&path("link")));
        for other in [path("fifo"), path("socket"), folder.path().to_owned(), "/dev/zero".into()] {
            assert!(!is_opened(&other), "{}", other.display());
        }
        assert!(open_regular_file(&path("none")).is_err());
    }
}
