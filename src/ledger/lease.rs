//! Which attempts a process is still at: each holds a lock that ends with it, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::config::make_private_folder;

/// A lock held while an attempt is worked at.
#[derive(Debug)]
pub(super) struct Held {
    path: PathBuf,
    _file: File,
}

impl Held {
    /// The same lock, from now on that of a new attempt; the old one has to be at its end. A file of its own for each of
    /// many attempts would cost a run a tenth of its processor time.
    ///
    /// # Errors
    /// Its file cannot be renamed; then nobody holds it any more.
    pub(super) fn pass_on(mut self, folder: &Path, attempt: &str) -> io::Result<Self> {
        let path = lock_file(folder, attempt);
        std::fs::rename(&self.path, &path)?;
        self.path = path;
        Ok(self)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path); // one left behind is removed by whoever looks
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

/// Whether a process is at this attempt. A lock that a crash left behind is removed.
pub(super) fn is_held(folder: &Path, attempt: &str) -> bool {
    let path = lock_file(folder, attempt);
    let Ok(file) = OpenOptions::new().write(true).open(&path) else { return false };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => true,
        Err(TryLockError::Error(_)) => false,
        Ok(()) => {
            let _ = std::fs::remove_file(&path); // somebody else may have removed it just now
            false
        }
    }
}
