//! The spool: ends of attempts that could not be written to the store, for the next command.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::outbox_item::QueuedNotice;
use super::record::Draft;
use super::store::Append;
use crate::config::write_private_file;
use crate::platform::{Access, FileRule, Holds, Links};

/// More than a record is long, in bytes.
const LONGEST: u64 = 64 * 1024;

/// A file of the spool: a record, and what the customer is told once it is in the ledger.
#[derive(Serialize, Deserialize)]
struct Waiting {
    #[serde(flatten)]
    draft: Draft,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notices: Vec<QueuedNotice>,
}

/// The folder of records that wait.
pub(super) struct Spool(pub(super) PathBuf);

impl Spool {
    /// Keeps a record for the next command, with its notices and their addresses.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn keep(&self, Append { draft, notices, .. }: Append) -> io::Result<()> {
        let name = format!("{}-{}.json", file_name(&draft.attempt), draft.event.name());
        write_private_file(&self.0.join(name), &serde_json::to_vec(&Waiting { draft, notices })?)
    }

    /// Returns the records that wait, each with its file. A file that cannot be used is returned as its error.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(super) fn waiting(&self) -> io::Result<Vec<(PathBuf, io::Result<Append>)>> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let append = read(&path);
                found.push((path, append));
            }
        }
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found)
    }
}

/// Returns the part of an id that may stand in the name of a file.
fn file_name(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn read(path: &Path) -> io::Result<Append> {
    let rule = FileRule::new(Holds::Settings, Links::Refused);
    let opened = rule.open(path, Access::Read).map_err(|found| io::Error::other(found.what))?;
    let mut text = Vec::new();
    opened.ok_or(io::ErrorKind::NotFound)?.take(LONGEST).read_to_end(&mut text)?;
    let Waiting { draft, notices } = serde_json::from_slice(&text)?;
    Ok(Append { notices, ..Append::from(draft) })
}
