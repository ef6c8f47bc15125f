//! `bulk --resume`: goes on with an interrupted run, with the settings it began with.

use anyhow::{Result, bail};

use super::super::context::Context;
use super::plan::stream;
use super::{Invocation, audit, run_invocation};
use crate::bulk::folder::{find_run, folder_of_run, read_summary, sha256};
use crate::bulk::output_reader::{FoundRow, for_each};
use crate::bulk::{Change, Journal, OutputTarget, OutputWriter, RowOutcome, RowState, RunSettings};
use crate::cli::ProgressKind;
use crate::domain::ports::AuditLog;
use crate::domain::{Customer, CustomerId, Error, ExitCode, Session};
use crate::ledger::RunAuditLog;
use crate::terminal::RevealTarget;

/// Goes on with the run.
pub(super) async fn run(
    context: &Context,
    name: &str,
    progress: ProgressKind,
    early: RevealTarget,
) -> Result<ExitCode> {
    let run = find_run(&context.folders, name)?;
    let never_began = || {
        Error::usage(format!("The run {run} never began: nothing was changed."))
            .hint("Begin it again: `tellonce bulk FILE`.")
    };
    read_summary(&context.folders, &run)?.ok_or_else(never_began)?;
    let folder = folder_of_run(&context.folders, &run);
    let journal = Journal::open(&folder)?;
    let settings = journal.settings()?.ok_or_else(never_began)?;
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
    let writer = match &settings.delivery {
        OutputTarget::Sealed(out) => {
            let rows = read_output(out, &settings, &journal)?;
            for row in &rows.changes {
                record_outcome(&session, &audit, &journal, row).await?;
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
    run_invocation(context, session, audit, Invocation { settings, journal, writer, progress }).await
}

struct OutputRows {
    whole: u64,
    changes: Vec<FoundRow>,
}

/// Reads the output, and collects the rows that the journal does not know yet: the few that were in flight.
///
/// If a row was begun again, its output from an earlier attempt is ignored.
fn read_output(out: &std::path::Path, settings: &RunSettings, journal: &Journal) -> Result<OutputRows> {
    let mut changes = Vec::new();
    let whole = for_each(out, settings.row_format, &mut |row| {
        let is_unknown = match journal.known(row.line)? {
            RowState::Done | RowState::InDoubt(_) => false,
            RowState::Begun(begun) => row.attempt.as_ref().is_none_or(|attempt| *attempt == begun.attempt),
            RowState::Nothing => true,
        };
        if is_unknown {
            changes.push(FoundRow { sealed: None, ..row });
        }
        Ok(())
    })?;
    Ok(OutputRows { whole, changes })
}

/// Records in the journal and the audit log an outcome that only the output holds.
///
/// The run may have ended after it wrote the output and before it wrote the other two.
async fn record_outcome(session: &Session, audit: &RunAuditLog, journal: &Journal, found: &FoundRow) -> Result<()> {
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
