//! The locks of attempts in progress. A lock ends with its process, however the process ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::config::make_private_folder;
use crate::platform::{Access, FileRule, Holds, Links};

/// The lock that a process holds while it works at an attempt.
#[derive(Debug)]
pub(super) struct Held {
    path: PathBuf,
    _file: File,
}

impl Held {
    /// Passes the lock on to a new attempt; the old attempt must have ended. A new file for each attempt would cost a
    /// bulk run a tenth of its processor time.
    ///
    /// # Errors
    /// The file cannot be renamed. The lock is released then.
    pub(super) fn pass_on(mut self, folder: &Path, attempt: &str) -> io::Result<Self> {
        let path = lock_file(folder, attempt);
        std::fs::rename(&self.path, &path)?;
        self.path = path;
        Ok(self)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path); // `is_held` removes a file that is left behind
    }
}

fn lock_file(folder: &Path, attempt: &str) -> PathBuf {
    folder.join(format!("{attempt}.lock"))
}

/// Takes the lock of a new attempt.
pub(super) fn hold(folder: &Path, attempt: &str) -> io::Result<Held> {
    make_private_folder(folder)?;
    let path = lock_file(folder, attempt);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.lock()?;
    Ok(Held { path, _file: file })
}

/// Whether a process is working at this attempt. Removes a lock that a crash left behind.
pub(super) fn is_held(folder: &Path, attempt: &str) -> bool {
    let path = lock_file(folder, attempt);
    let rule = FileRule::new(Holds::Settings, Links::Refused);
    let Ok(Some(file)) = rule.open(&path, Access::Write) else { return false };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(_)) => false,
        Ok(()) => {
            let _ = std::fs::remove_file(&path); // somebody else may have removed it just now
            false
        }
    }
}
