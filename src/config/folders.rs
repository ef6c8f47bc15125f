//! The folders of tellonce's files, and writes to them that are private and atomic.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::domain::{Error, Kind, Reason, Result};

/// The folders of configuration, data and state: all `TELLONCE_HOME`, or those of XDG or the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    config: PathBuf,
    data: PathBuf,
    state: PathBuf,
}

impl Folders {
    /// Finds the folders from the environment. Makes nothing.
    ///
    /// # Errors
    /// Exit 2: neither `TELLONCE_HOME` nor a home folder is known, or `TELLONCE_HOME` is not an absolute path.
    pub(crate) fn find(environment: &dyn Fn(&str) -> Option<OsString>) -> Result<Self> {
        if let Some(home) = environment("TELLONCE_HOME").filter(|home| !home.is_empty()) {
            let home = std::path::absolute(&home)
                .map_err(|error| Error::usage("TELLONCE_HOME is not a path.").because(error))?;
            return Ok(Self::all_in(&home));
        }
        let base = etcetera::choose_base_strategy().map_err(|error| {
            Error::new(Kind::Usage, Reason::Configuration, "Your home folder is not known.")
                .hint("Set HOME, or TELLONCE_HOME to a folder for tellonce's own files.")
                .because(error)
        })?;
        let state = base.state_dir().unwrap_or_else(|| base.data_dir());
        Ok(Self {
            config: base.config_dir().join("tellonce"),
            data: base.data_dir().join("tellonce"),
            state: state.join("tellonce"),
        })
    }

    /// Returns folders that are all the same one.
    pub fn all_in(folder: &Path) -> Self {
        Self { config: folder.to_owned(), data: folder.to_owned(), state: folder.to_owned() }
    }

    /// The folder of the configuration.
    pub(crate) fn config(&self) -> &Path {
        &self.config
    }

    /// The folder of the practice directory.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// The folder of the audit log, sessions and bulk runs.
    pub(crate) fn state(&self) -> &Path {
        &self.state
    }

    /// The configuration file.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }

    /// The practice directory's file.
    pub(crate) fn practice_directory(&self) -> PathBuf {
        self.data.join("practice.db")
    }

    /// The ledger.
    pub(crate) fn ledger(&self) -> PathBuf {
        self.state.join("ledger.db")
    }

    /// The audit log of an earlier version, which the ledger takes over.
    pub(crate) fn audit_log(&self) -> PathBuf {
        self.state.join("audit.jsonl")
    }

    /// The folder of the leases of processes that work at attempts.
    pub(crate) fn leases(&self) -> PathBuf {
        self.state.join("leases")
    }

    /// The folder of records that wait for the ledger.
    pub(crate) fn ledger_spool(&self) -> PathBuf {
        self.state.join("ledger-spool")
    }

    /// The receipt of the newest record. It is not beside the ledger, so that both are not put back together.
    pub(crate) fn ledger_receipt(&self) -> PathBuf {
        self.data.join("ledger-receipt.json")
    }

    /// The folder of bulk runs, each of which has one of its own below it.
    pub(crate) fn bulk_runs(&self) -> PathBuf {
        self.state.join("bulk")
    }

    /// The lock file under which a profile's session is renewed.
    pub(crate) fn session_lock(&self, profile: &str) -> PathBuf {
        self.sessions().join(format!("{profile}.lock"))
    }

    /// The folder of sessions with `--store file`.
    pub(crate) fn sessions(&self) -> PathBuf {
        self.state.join("sessions")
    }
}

/// Makes a folder, and those above it, for its owner only (mode 0700). An existing one stays as it is.
pub(crate) fn make_private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Tries whether a folder can be written to, or made if it does not exist. Leaves nothing behind.
///
/// # Errors
/// The error of the operating system.
pub(crate) fn try_to_write(folder: &Path) -> io::Result<()> {
    let name = format!(".tellonce-trial.{}", std::process::id());
    let mut existing = folder;
    while !existing.try_exists()? {
        existing = existing.parent().ok_or(io::ErrorKind::NotFound)?;
    }
    let trial = existing.join(name);
    if existing != folder {
        DirBuilder::new().mode(0o700).create(&trial)?;
        return std::fs::remove_dir(&trial);
    }
    let written = write_new(&trial, b"tellonce doctor tries whether this folder can be written to\n");
    let _ = std::fs::remove_file(&trial); // the error that matters is the first one
    written
}

/// Writes a file for its owner only (mode 0600), atomically, and leaves it to the system when it is durable.
pub(crate) fn write_private_file_unsynced(path: &Path, content: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let _ = std::fs::remove_file(&beside); // a crashed process with the same id may have left it
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    let written = file.write_all(content).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside); // the error that matters is the first one
    }
    written
}

/// Writes a file for its owner only (mode 0600), atomically, and syncs it.
pub(crate) fn write_private_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new("."));
    make_private_folder(folder)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}.new", std::process::id()));
    let written = write_new(&beside, content).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside); // the error that matters is the first one
    }
    written?;
    File::open(folder)?.sync_all()
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let _ = std::fs::remove_file(path); // a crashed process with the same id may have left it
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
