//! The lease of this process: a locked file that shows others that the process is still running.
//!
//! The lock ends with its process, however the process ends (flock(2)).

use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::fault::Fault;
use crate::config::make_private_folder;
use crate::domain::ports::RandomSource;
use crate::platform::{Access, FileRule, Holds, Links, SystemRandom};

/// The length of a lease's id, in bytes.
const LENGTH: usize = 10;

/// The lease that this process holds.
#[derive(Debug)]
pub(super) struct Lease {
    id: String,
    path: PathBuf,
    file: RefCell<File>,
}

impl Lease {
    /// Takes a new lease.
    pub(super) fn take(folder: &Path) -> Result<Self, Fault> {
        let mut bytes = [0; LENGTH];
        SystemRandom.fill(&mut bytes).map_err(|error| Fault::new(error.message))?;
        let mut id = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            let _ = write!(id, "{byte:02x}"); // writing to a String cannot fail
        }
        let path = lock_file(folder, &id);
        let file = RefCell::new(make_and_lock(folder, &path)?);
        Ok(Self { id, path, file })
    }

    /// Makes the file anew if somebody took it away, as programs do that clean up old files.
    pub(super) fn keep(&self, folder: &Path) -> Result<(), Fault> {
        if self.path.try_exists()? {
            return Ok(());
        }
        let file = make_and_lock(folder, &self.path)?;
        self.file.replace(file);
        Ok(())
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path); // `is_live` removes a file that is left behind
    }
}

fn make_and_lock(folder: &Path, path: &Path) -> Result<File, Fault> {
    let to_fault = |error: io::Error| Fault::new(format!("{}: {error}", path.display()));
    make_private_folder(folder).map_err(to_fault)?;
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(to_fault)?;
    file.lock().map_err(to_fault)?;
    Ok(file)
}

fn lock_file(folder: &Path, id: &str) -> PathBuf {
    folder.join(format!("{id}.lock"))
}

/// Whether the process with this lease is still running. Removes a file that a crash left behind.
///
/// # Errors
/// The file cannot be opened or locked, so that nobody knows.
pub(super) fn is_live(folder: &Path, id: &str) -> Result<bool, Fault> {
    if id.len() != 2 * LENGTH || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(false); // a record names no path, and no name that a file cannot have
    }
    let path = lock_file(folder, id);
    let rule = FileRule::new(Holds::Settings, Links::Refused);
    let Some(file) = rule.open(&path, Access::Write)? else { return Ok(false) };
    // A shared lock: several that look at once must not take each other for the process.
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(Fault::new(format!("{}: {error}", path.display()))),
        Ok(()) => {
            let _ = std::fs::remove_file(&path); // somebody else may have removed it just now
            Ok(false)
        }
    }
}
