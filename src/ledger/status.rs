//! The state of a ledger: how far it goes, and what its own records say is wrong with it.

use jiff::Timestamp;
use serde::Serialize;

use super::event::Event;
use super::pages::Pages;
use super::store::{Query, RecordStore};
use super::stored_record::StoredRecord;
use crate::domain::Result;

/// How far a ledger's clock may be ahead of this machine's, in minutes, before it is a finding.
const AHEAD_MINUTES: i64 = 5;

/// The most findings of one kind that are named.
const MOST: usize = 10;

/// The state of a ledger.
#[derive(Clone, Debug, Default, Serialize)]
pub struct LedgerStatus {
    /// How many records there are.
    pub records: u64,
    /// The time of the first record.
    pub oldest: Option<Timestamp>,
    /// The time of the newest record.
    pub newest: Option<Timestamp>,
    /// The newest record's hash, in hexadecimal.
    pub head: Option<String>,
    /// The last record that was removed.
    pub removed_through: Option<u64>,
    /// What is wrong, in sentences.
    pub findings: Vec<String>,
}

/// Reads the state. It does not verify the chain.
///
/// # Errors
/// Exit 8: the store cannot be read.
pub(super) async fn status(store: &dyn RecordStore, now: Timestamp) -> Result<LedgerStatus> {
    let (checkpoint, head) = (store.checkpoint().await?, store.head().await?);
    let removed = checkpoint.map_or(0, |head| head.number);
    let time = |records: Vec<StoredRecord>| records.first().and_then(|record| record.record().ok()).map(|read| read.at);
    let oldest = time(store.page(&Query::default(), removed, 1).await?);
    let newest = match head {
        Some(head) => time(store.page(&Query::default(), head.number - 1, 1).await?),
        None => None,
    };
    let mut findings = findings(store).await?;
    if let Some(newest) = newest
        && newest.duration_since(now).as_mins() >= AHEAD_MINUTES
    {
        findings.push(format!(
            "The newest record is from {}, which this machine's clock has not reached. Until then, limits count every reset as new.",
            newest.strftime("%F %T UTC")
        ));
    }
    Ok(LedgerStatus {
        records: head.map_or(0, |head| head.number - removed),
        oldest,
        newest,
        head: head.map(|head| head.hash.to_string()),
        removed_through: checkpoint.map(|head| head.number),
        findings,
    })
}

/// Returns what the records themselves say is wrong. A prune removes what it is about, and the finding with it.
async fn findings(store: &dyn RecordStore) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for event in ["imported", "receipt_missing", "unreadable"] {
        let (mut pages, mut found) = (Pages::new(store, Query { event: Some(event), ..Query::default() }), Vec::new());
        loop {
            let page = pages.next().await?; // beside an older version, there is an import for each of its commands
            found.extend(page.iter().filter_map(finding).take(MOST - found.len()));
            if page.is_empty() || found.len() == MOST {
                break;
            }
        }
        findings.extend(found);
    }
    Ok(findings)
}

fn finding(stored: &StoredRecord) -> Option<String> {
    let number = stored.number;
    match stored.record() {
        Err(why) => Some(format!("Record {number} cannot be read: {why}. Attempts of a customer may be missing.")),
        Ok(record) => match record.draft.event {
            Event::Imported { broken_line: Some(line), broken_reason, sha256, .. } => Some(format!(
                "Line {line} of the imported audit.jsonl is broken: {}. Compare audit.jsonl.imported (SHA-256 {sha256}) with a saved copy.",
                broken_reason.unwrap_or_default()
            )),
            Event::ReceiptMissing { missing_number, .. } => Some(format!(
                "Record {missing_number} was missing or replaced when record {number} was written: the ledger had been changed, or was an old copy."
            )),
            _ => None,
        },
    }
}
