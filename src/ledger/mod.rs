//! The audit log: who did what to whom, hash-chained, one JSON object a line.
//!
//! It detects accidents and edits by others, not by its owner: for that, records are forwarded off the machine.

mod attempts;
mod chain;
mod export;
mod file;
mod file_check;
mod forward;
mod index;
mod lease;
mod list;
mod log;
mod record;
mod row_ledger;
mod warnings;

pub(crate) use attempts::open_attempts;
pub(crate) use chain::verify;
pub(crate) use export::{export_csv, export_jsonl};
pub(crate) use file::try_to_append;
pub(crate) use forward::try_out as try_forwarding;
pub(crate) use list::{Filter, digest_of_run, records};
pub use log::FileAuditLog;
pub(crate) use record::Record;
pub(crate) use row_ledger::{RowAuditLog, RunAuditLog};
pub use warnings::Warnings;

#[cfg(test)]
pub(crate) mod tests;
