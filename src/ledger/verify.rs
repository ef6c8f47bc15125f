//! Verifies the chain from its beginning, or from the checkpoint, to its end.

use super::hash::Hash;
use super::pages::Pages;
use super::store::{Head, Query, RecordStore};
use crate::domain::{Error, Kind, Reason, Result};

/// What [`verify`] returns for a chain without a break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The number of records.
    pub records: u64,
    /// The newest record, or the checkpoint; `None` if there is neither.
    pub head: Option<Head>,
}

/// Verifies every record; with `head`, also that this record is there, so that a cut-off end is found.
///
/// # Errors
/// Exit 11, naming the first broken record, what the store found, or the head that is missing. Exit 8: the store cannot
/// be read.
pub async fn verify(store: &dyn RecordStore, head: Option<Hash>) -> Result<Verified> {
    let start = store.checkpoint().await?;
    let mut last = start.unwrap_or(Head::START);
    let mut is_head_there = head.is_none_or(|head| last.hash == head && start.is_some());
    let mut records = 0;
    let mut pages = Pages::new(store, Query::default()).after(last.number);
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            break;
        }
        for record in page {
            let broken = |why: &str| broken(&format!("record {}: {why}", record.number));
            if record.number != last.number + 1 {
                if store.checkpoint().await? != start {
                    return Box::pin(verify(store, head)).await; // older records were removed meanwhile
                }
                return Err(broken("it does not follow the record before: records are missing"));
            }
            if record.prev != last.hash {
                return Err(broken("it does not follow the record before: records are missing, added or moved"));
            }
            if !record.is_whole() {
                return Err(broken("its content does not match its hash"));
            }
            last = Head { number: record.number, hash: record.hash };
            is_head_there |= head == Some(record.hash);
            records += 1;
        }
    }
    if let Some(fault) = store.faults().await?.first() {
        return Err(broken(fault));
    }
    if let (Some(head), false) = (head, is_head_there) {
        let message =
            format!("none of its {records} records has the hash {head}: its end was cut off, or it was replaced");
        return Err(broken(&message));
    }
    Ok(Verified { records, head: (last != Head::START).then_some(last) })
}

/// Makes the error of a ledger that somebody changed (exit 11).
pub(super) fn broken(why: &str) -> Error {
    Error::new(Kind::CheckFailed, Reason::ChainBroken, format!("The ledger is not as it was written: {why}."))
        .hint("Somebody or something changed it. Compare it with a forwarded or saved copy.")
}
