//! Exports records for other programs: as CSV with formula cells defused, or as the lines of the log.

use super::chain::line_of;
use super::record::Record;
use crate::domain::{Error, Result};
use crate::output::defuse_formula;

/// Exports records as CSV with a header row.
///
/// Free text that a spreadsheet would take for a formula is defused; ids are never altered.
///
/// # Errors
/// Exit 1: the rows could not be made.
pub(crate) fn export_csv(records: &[Record]) -> Result<String> {
    let to_error = |error: csv::Error| Error::bug("The export could not be made.").because(error);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record([
            "at",
            "attempt",
            "event",
            "agent",
            "system_user",
            "profile",
            "backend",
            "customer",
            "action",
            "outcome",
            "ticket",
            "reason",
            "verified",
            "hash",
        ])
        .map_err(to_error)?;
    for record in records {
        let free_text = |text: &Option<String>| defuse_formula(text.as_deref().unwrap_or_default()).into_owned();
        let event = serde_json::to_value(record.event).ok();
        writer
            .write_record([
                &record.at.to_string(),
                &record.attempt,
                event.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default(),
                &record.agent,
                &defuse_formula(&record.system_user),
                &record.profile,
                &record.backend,
                &record.customer,
                &record.action,
                &record.describe(),
                &free_text(&record.ticket),
                &free_text(&record.reason),
                &free_text(&record.verified),
                &record.hash,
            ])
            .map_err(to_error)?;
    }
    let bytes =
        writer.into_inner().map_err(|error| Error::bug("The export could not be made.").because(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Error::bug("The export is not text.").because(error))
}

/// Exports the lines as they stand in the log. A line that was changed there keeps the hash that it does not match.
///
/// # Errors
/// Exit 1: a record could not be written down.
pub(crate) fn export_jsonl(records: &[Record]) -> Result<String> {
    let mut text = String::new();
    for record in records {
        text.push_str(&line_of(record)?);
        text.push('\n');
    }
    Ok(text)
}
