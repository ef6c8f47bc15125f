//! The ledger: who did what to whom, in one hash-chained sequence of records.
//!
//! It detects accidents and edits by others, not by its owner: for that, records are forwarded off the machine.

mod attempts;
mod drafts;
mod event;
mod event_words;
mod export;
mod forward;
mod forwarder;
mod hash;
mod ids;
mod intent_limits;
#[allow(clippy::module_inception, reason = "the ledger is the room's one implementation of its port")]
mod ledger;
mod outbox;
mod outbox_item;
mod outstanding;
mod pages;
mod pseudonyms;
mod receipt;
mod record;
mod record_writer;
mod report;
mod run_records;
mod shared;
mod spool;
mod sqlite;
mod status;
mod store;
mod stored_record;
mod verifications;
mod verify;
mod version_1;
mod views;
mod warnings;
mod writer;

pub(crate) use attempts::abandoned_attempts;
pub use event::{ConsentGiven, Event, LimitKind, UsedVerification};
pub(crate) use export::csv_row;
pub use export::{csv_header, csv_line};
pub(crate) use forward::try_out as try_forwarding;
pub use hash::Hash;
pub use ledger::Ledger;
pub use outbox::NoticeEnd;
pub use outbox_item::{QueuedNotice, WaitingNotice};
pub use pages::Pages;
pub use record::{Draft, Record, Writer};
pub use report::{Counts, Grouping, Report, ReportBuilder, ReportGroup};
pub use sqlite::{Now, SqliteFiles, SqliteStore};
pub use status::LedgerStatus;
pub use store::{Append, Appended, Head, Limit, Query, RecordStore, StoreLocation, Subject};
pub use stored_record::StoredRecord;
pub use verify::{Verified, verify};
pub(crate) use views::View;
pub use warnings::Warnings;
pub use writer::LazyWriter;

#[cfg(test)]
pub(crate) mod tests;
