//! Exports records for other programs: as CSV with formula cells defused, or with hashes and exact text as JSON Lines.

use super::record::Record;
use super::stored_record::StoredRecord;
use crate::domain::{Error, Result};
use crate::output::defuse_formula;

/// The columns of a CSV export.
const HEADER: [&str; 18] = [
    "number",
    "at",
    "attempt",
    "event",
    "agent",
    "machine",
    "system_user",
    "profile",
    "backend",
    "backend_id",
    "customer",
    "user",
    "action",
    "outcome",
    "ticket",
    "reason",
    "verified",
    "hash",
];

/// Returns the header row of a CSV export.
///
/// # Errors
/// Exit 1: the row could not be made.
pub fn csv_header() -> Result<String> {
    csv_row(HEADER.map(str::to_owned))
}

/// Returns the CSV row of a record.
///
/// Free text that a spreadsheet would take for a formula is defused; ids are never altered. A record that cannot be read
/// has only its number and hash.
///
/// # Errors
/// Exit 1: the row could not be made.
pub fn csv_line(stored: &StoredRecord) -> Result<String> {
    let (number, hash) = (stored.number.to_string(), stored.hash.to_string());
    let Ok(Record { at, writer, draft, .. }) = stored.record() else {
        let mut row: [String; 18] = std::array::from_fn(|_| String::new());
        row[0] = number;
        "cannot be read".clone_into(&mut row[13]);
        row[17] = hash;
        return csv_row(row);
    };
    let free_text = |text: Option<&str>| defuse_formula(text.unwrap_or_default()).into_owned();
    let (reason, verified) = draft.event.free_texts();
    csv_row([
        number,
        at.to_string(),
        draft.attempt,
        draft.event.name().to_owned(),
        draft.agent,
        free_text(writer.machine.as_deref()),
        free_text(Some(&writer.system_user())),
        draft.profile,
        draft.backend,
        draft.backend_id.unwrap_or_default(),
        draft.customer.unwrap_or_default(),
        draft.user.unwrap_or_default(),
        draft.action.unwrap_or_default(),
        draft.event.describe(),
        free_text(draft.ticket.as_deref()),
        free_text(reason),
        free_text(verified),
        hash,
    ])
}

/// Returns one row of CSV, with its line end.
///
/// # Errors
/// Exit 1: the row could not be made.
pub(crate) fn csv_row(cells: impl IntoIterator<Item = String>) -> Result<String> {
    let to_error = |error: csv::Error| Error::bug("The export could not be made.").because(error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).map_err(to_error)?;
    let bytes =
        writer.into_inner().map_err(|error| Error::bug("The export could not be made.").because(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Error::bug("The export is not text.").because(error))
}
