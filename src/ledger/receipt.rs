//! The receipt: the newest record that this machine has written, kept outside the store.
//!
//! A store that was rewritten, or put back from an old copy, does not have it any more.

use std::cell::Cell;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::hash::Hash;
use super::store::{Head, Query, RecordStore};
use crate::config::{make_private_folder, write_private_file_unsynced};
use crate::domain::Result;
use crate::platform::{Access, FileRule, Holds, Links};

/// The most often that the file is written while a process goes on.
const EVERY: Duration = Duration::from_secs(1);
/// More than a receipt is long, in bytes.
const LONGEST: u64 = 1024;

/// The file of the receipt.
pub(super) struct ReceiptFile {
    path: PathBuf,
    newest: Cell<Option<Head>>,
    /// The number that this process has written to the file.
    in_file: Cell<Option<u64>>,
    /// When this process tried last to write the file.
    tried: Cell<Option<Instant>>,
}

#[derive(Serialize, Deserialize)]
struct Receipt {
    number: u64,
    hash: String,
}

/// What the store says to the receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReceiptCheck {
    /// The record is there, or was removed by a prune; or there is no receipt yet.
    Kept,
    /// The record is not there any more, or is another one.
    Missing(Head),
    /// The file of the receipt cannot be read.
    Unreadable,
}

impl ReceiptFile {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path, newest: Cell::new(None), in_file: Cell::new(None), tried: Cell::new(None) }
    }

    /// Returns the receipt as it was kept; `None` if there is none.
    fn load(&self) -> io::Result<Option<Head>> {
        let rule = FileRule::new(Holds::Settings, Links::Refused);
        let opened = rule.open(&self.path, Access::Read).map_err(|found| io::Error::other(found.what))?;
        let Some(file) = opened else { return Ok(None) };
        let mut text = String::new();
        file.take(LONGEST).read_to_string(&mut text)?;
        let receipt: Receipt = serde_json::from_str(&text)?;
        let hash = Hash::from_hex(&receipt.hash).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Some(Head { number: receipt.number, hash }))
    }

    /// Compares the receipt with the store.
    pub(super) async fn check(&self, store: &dyn RecordStore) -> Result<ReceiptCheck> {
        let receipt = match self.load() {
            Ok(Some(receipt)) => receipt,
            Ok(None) => return Ok(ReceiptCheck::Kept),
            Err(error) => {
                tracing::debug!(%error, "the receipt cannot be read");
                return Ok(ReceiptCheck::Unreadable);
            }
        };
        if store.checkpoint().await?.is_some_and(|head| head.number >= receipt.number) {
            return Ok(ReceiptCheck::Kept);
        }
        let found = store.page(&Query::default(), receipt.number.saturating_sub(1), 1).await?;
        let is_there = found
            .first()
            .is_some_and(|record| (record.number, record.hash) == (receipt.number, receipt.hash) && record.is_whole());
        Ok(if is_there { ReceiptCheck::Kept } else { ReceiptCheck::Missing(receipt) })
    }

    /// Keeps a newer receipt. The file is written at once or a little later; a process that is killed in between leaves an
    /// older receipt, which holds as well.
    pub(super) fn keep(&self, head: Head) {
        if self.newest.get().is_none_or(|newest| newest.number < head.number) {
            self.newest.set(Some(head));
        }
        if self.tried.get().is_none_or(|tried| tried.elapsed() >= EVERY) {
            self.write_newest();
        }
    }

    /// Writes the newest receipt, unless the file has it.
    pub(super) fn write_newest(&self) {
        let Some(head) = self.newest.get() else { return };
        if self.in_file.get() == Some(head.number) {
            return;
        }
        self.tried.set(Some(Instant::now()));
        let receipt = Receipt { number: head.number, hash: head.hash.to_string() };
        let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
        let written = serde_json::to_vec(&receipt)
            .map_err(io::Error::from)
            .and_then(|text| make_private_folder(folder).and_then(|()| write_private_file_unsynced(&self.path, &text)));
        match written {
            Ok(()) => self.in_file.set(Some(head.number)),
            Err(error) => tracing::warn!(%error, "the receipt of the newest record could not be kept"),
        }
    }
}

impl Drop for ReceiptFile {
    fn drop(&mut self) {
        self.write_newest();
    }
}
