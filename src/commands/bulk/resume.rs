//! A run that was interrupted is taken up again, as it was asked for.

use anyhow::{Result, bail};

use super::super::context::Context;
use super::plan::stream;
use super::{Sitting, audit, sit};
use crate::bulk::folder::{look, named, of, sha256};
use crate::bulk::output_reader::{FoundRow, for_each};
use crate::bulk::{Change, Journal, OutputTarget, OutputWriter, RowOutcome, RowState, RunSettings};
use crate::cli::ProgressKind;
use crate::domain::ports::AuditLog;
use crate::domain::{Customer, CustomerId, Error, ExitCode, Session};
use crate::ledger::RunAuditLog;
use crate::terminal::RevealTarget;

/// Takes the run up.
pub(super) async fn run(
    context: &Context,
    name: &str,
    progress: ProgressKind,
    early: RevealTarget,
) -> Result<ExitCode> {
    let run = named(&context.folders, name)?;
    let never = || {
        Error::usage(format!("The run {run} never began: nothing was changed."))
            .hint("Begin it again: `tellonce bulk FILE`.")
    };
    look(&context.folders, &run)?.ok_or_else(never)?;
    let folder = of(&context.folders, &run);
    let journal = Journal::open(&folder)?;
    let settings = journal.settings()?.ok_or_else(never)?;
    if settings.profile != context.profile.name || settings.backend != context.profile.backend {
        let profile = &settings.profile;
        bail!(
            Error::usage(format!("The run {run} is on the profile {profile}, not {}.", context.profile.name))
                .hint(format!("Say so: `tellonce --profile {profile} bulk --resume {run}`."))
        );
    }
    if sha256(&settings.input)? != settings.sha256 {
        bail!(
            Error::usage(format!("{} is not what it was when the run began.", settings.input.display()))
                .hint("Put the same file there again, or begin a new run for what is new.")
        );
    }
    let session = context.session().await?;
    let audit = audit(context, &run, &folder)?;
    let sink = match &settings.delivery {
        OutputTarget::Sealed(out) => {
            let rows = rows_of(out, &settings, &journal)?;
            for found in &rows.changes {
                settle(&session, &audit, &journal, found).await?;
            }
            OutputWriter::take_up(out, settings.row_format, rows.whole)?
        }
        OutputTarget::Clear(way) => {
            let early = match &early {
                RevealTarget::Terminal if way == "stdout" => RevealTarget::open(Some("stdout")),
                RevealTarget::Terminal => {
                    bail!(
                        Error::usage(format!("The run's passwords go to {way}, which is not open here."))
                            .hint(format!("Open it, and add `--reveal {way}`."))
                    );
                }
                _ => early,
            };
            let (descriptor, is_file) =
                stream(&context.signals, early, settings.allow_plaintext_file, way)?.into_parts();
            OutputWriter::clear(descriptor, is_file, settings.row_format, way)?
        }
    };
    sit(context, session, audit, Sitting { settings, journal, sink, progress }).await
}

struct Read {
    whole: u64,
    changes: Vec<FoundRow>,
}

/// Reads what the output holds, and keeps what the journal does not know yet: the few rows that were in flight. Of one
/// that was begun again, the row that stands there of an earlier attempt says nothing.
fn rows_of(out: &std::path::Path, settings: &RunSettings, journal: &Journal) -> Result<Read> {
    let mut changes = Vec::new();
    let whole = for_each(out, settings.row_format, &mut |row| {
        let is_news = match journal.known(row.line)? {
            RowState::Done | RowState::InDoubt(_) => false,
            RowState::Begun(begun) => row.attempt.as_ref().is_none_or(|attempt| *attempt == begun.attempt),
            RowState::Nothing => true,
        };
        if is_news {
            changes.push(FoundRow { sealed: None, ..row });
        }
        Ok(())
    })?;
    Ok(Read { whole, changes })
}

/// What the output shows and the journal, or the audit log, was cut before it knew.
async fn settle(session: &Session, audit: &RunAuditLog, journal: &Journal, found: &FoundRow) -> Result<()> {
    let Some(outcome) = found.outcome else { return Ok(()) };
    if matches!(journal.known(found.line)?, RowState::Done) {
        return Ok(());
    }
    if let (RowOutcome::Delivered, Some(customer), Some(attempt)) = (outcome, &found.customer, &found.attempt) {
        let customer = CustomerId::new(customer.clone());
        let row = audit.row(found.line);
        let history = row.history(session, &Customer::known_by(customer.clone())).await?;
        let is_open = history.attempts.iter().any(|known| known.id.as_str() == attempt && known.end.is_none());
        if is_open {
            row.delivered_after_all(session, &customer, attempt).await?;
        }
    }
    Ok(journal.write(Change::Ended { line: found.line, outcome, exit_code: found.exit_code }).await?)
}
