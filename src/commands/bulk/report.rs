//! The report of a run: a table of outcomes, and the command that goes on with it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::context::Context;
use crate::bulk::{Ended, FailedRow, OutputTarget, RowOutcome, RunSettings};
use crate::domain::{Error, ExitCode, Kind, Reason, Result};
use crate::terminal::Effect;

#[derive(Serialize)]
struct ReportJson<'a> {
    schema: &'static str,
    backend: &'a str,
    run: &'a str,
    rows: u64,
    outcomes: BTreeMap<&'static str, u64>,
    resume: Option<String>,
}

/// Returns the command that goes on with a run.
pub(super) fn command(settings: &RunSettings) -> String {
    let profile = format!("--profile {} ", settings.profile);
    let reveal = match &settings.delivery {
        OutputTarget::Clear(way) if way != "stdout" => format!(" --reveal {way}"),
        _ => String::new(),
    };
    format!("tellonce {profile}bulk --resume {}{reveal}", settings.run)
}

/// Tells whether a password was set that nobody received.
pub(super) fn has_undelivered(counts: &[(RowOutcome, u64)]) -> bool {
    counts.iter().any(|(outcome, count)| *outcome == RowOutcome::NotDelivered && *count > 0)
}

/// Describes for the ledger what was begun.
pub(super) fn begun(settings: &RunSettings) -> String {
    let destination = match &settings.delivery {
        OutputTarget::Sealed(path) => format!("sealed to {}", path.display()),
        OutputTarget::Clear(way) => format!("in clear to {way}"),
    };
    format!("{} rows, input SHA-256 {}, {destination}", settings.rows, settings.sha256)
}

/// Describes for the ledger how the run ended.
pub(super) fn ended(counts: &[(RowOutcome, u64)], stopped: Option<&Error>) -> String {
    let mut parts: Vec<String> = counts.iter().map(|(outcome, count)| format!("{} {count}", outcome.name())).collect();
    parts.extend(stopped.map(|error| format!("stopped: {error}")));
    parts.join(", ")
}

/// Lists the first rows that failed, with customer and reason, and says where the others are.
fn failures(failed: u64, first: &[FailedRow], delivery: &OutputTarget) -> Vec<String> {
    if failed == 0 {
        return Vec::new();
    }
    let mut lines = vec![format!("{failed} failed:")];
    if first.is_empty() {
        lines = vec![format!("{failed} failed before the run was resumed.")];
    }
    lines.extend(first.iter().map(|FailedRow { line, who, why }| format!("  line {line}: {who}: {why}")));
    if let (true, OutputTarget::Sealed(out)) = (failed > first.len() as u64, delivery) {
        lines.push(format!("The rows of {} say why, of each of them.", out.display()));
    }
    lines
}

/// Shows the report, and returns exit code 10 if a row failed, else 0.
///
/// # Errors
/// 128+n or exit 8: the run was stopped. Exit 9: a password was set that nobody received.
pub(super) fn finish(
    context: &Context,
    settings: &RunSettings,
    counts: &[(RowOutcome, u64)],
    ended: Ended,
    (is_clear, first_failures): (bool, &[FailedRow]),
) -> Result<ExitCode> {
    context.screen.note_effect(Effect::Changed);
    let undelivered = has_undelivered(counts);
    let command = command(settings);
    let is_resumable = ended.stopped.is_some() || ended.limited || undelivered;
    let is_error = ended.stopped.is_some() || undelivered;
    if !context.json() {
        let rows: Vec<Vec<String>> =
            counts.iter().map(|(outcome, count)| vec![outcome.name().to_owned(), count.to_string()]).collect();
        if is_clear {
            for row in rows {
                context.screen.notice(&row.join(": "));
            }
        } else {
            context.screen.table(&["OUTCOME", "ROWS"], rows);
        }
        let failed: u64 = counts.iter().filter(|(outcome, _)| outcome.is_failure()).map(|(_, count)| count).sum();
        for line in failures(failed, first_failures, &settings.delivery) {
            context.screen.notice(&line);
        }
        if ended.limited && !is_error {
            context.screen.notice(&format!("The limit is reached. To do the next ones: {command}"));
        }
    } else if !is_error {
        let report = ReportJson {
            schema: "tellonce.bulk/v1",
            backend: &settings.backend,
            run: &settings.run,
            rows: settings.rows,
            outcomes: counts.iter().map(|(outcome, count)| (outcome.name(), *count)).collect(),
            resume: is_resumable.then(|| command.clone()),
        };
        if is_clear {
            context.screen.json_beside(&report);
        } else {
            context.screen.json(&report)?;
        }
    }
    let hint = format!("Go on with it: `{command}`.");
    if let Some(error) = ended.stopped {
        let kind = if matches!(error.kind, Kind::Interrupted(_)) { error.kind } else { Kind::Unavailable };
        let first_hint = error.hint.clone().map_or_else(String::new, |hint| format!("{hint} "));
        return Err(Error { kind, ..error }.hint(format!("{first_hint}{hint}")));
    }
    if undelivered {
        let message = "Some customers have a temporary password, or may have, that nobody was told.";
        return Err(Error::new(Kind::NotDelivered, Reason::RevealFailed, message).hint(hint));
    }
    let failed = counts.iter().any(|(outcome, count)| outcome.is_failure() && *count > 0);
    Ok(if failed { ExitCode::SOME_FAILED } else { ExitCode::DONE })
}
