//! `bulk --resume`: goes on with an interrupted run, with the settings it began with.

use std::fs::File;
use std::path::Path;

use anyhow::{Result, bail};

use super::super::context::Context;
use super::super::view::moment;
use super::plan::stream;
use super::{BulkRunArgs, Invocation, run_invocation};
use crate::bulk::folder::{find_run, folder_of_run, read_summary, sha256};
use crate::bulk::output_reader::{FoundRow, for_each_in};
use crate::bulk::run_files::open_output;
use crate::bulk::{Change, Journal, OutputTarget, OutputWriter, RowOutcome, RowState, RunSettings};
use crate::domain::ports::{AuditLog, Prompter};
use crate::domain::{AttemptId, Customer, CustomerId, Error, ExitCode, Kind, Reason, Session};
use crate::ledger::Ledger;
use crate::terminal::{RevealTarget, TerminalPrompter};

/// Goes on with the run.
pub(super) async fn run(context: &Context, name: &str, args: &BulkRunArgs, early: RevealTarget) -> Result<ExitCode> {
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
    let ledger = context.ledger_for_run();
    check_unchanged(&ledger, &journal, &settings).await?;
    let mut prompter = context.prompter(args.yes);
    if !args.yes && !prompter.can_ask() {
        bail!(context.nobody_can_confirm("Going on with a run"));
    }
    let session = context.session().await?;
    confirm(context, &settings, rows_left(&settings, &journal)?, session.agent(), &mut prompter)?;
    let writer = match &settings.delivery {
        OutputTarget::Sealed(out) => {
            let file = open_output(out, settings.output_file)?;
            let rows = read_output(&file, out, &settings, &journal)?;
            for row in &rows.changes {
                record_outcome(&session, &ledger, &journal, row).await?;
            }
            OutputWriter::take_up(file, out, settings.row_format, rows.whole)?
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
    run_invocation(context, session, ledger, Invocation { settings, journal, writer, progress: args.progress }).await
}

/// Checks that settings, recipients and input are those that the ledger says the run began with.
///
/// # Errors
/// Exit 7: the settings are others. Exit 2: the input is another one, or the ledger has no start of the run.
async fn check_unchanged(ledger: &Ledger, journal: &Journal, settings: &RunSettings) -> Result<()> {
    let run = &settings.run;
    let Some(begun_with) = ledger.digest_of_run(run).await? else {
        bail!(
            Error::usage(format!("The ledger has no start of the run {run}: nothing was changed."))
                .hint("If the ledger was moved aside, put it back. Else begin the run again: `tellonce bulk FILE`.")
        );
    };
    if journal.settings_digest()?.as_ref() != Some(&begun_with) {
        let message = format!("The settings of the run {run} are not those that it began with. Nothing was changed.");
        bail!(
            Error::new(Kind::Refused, Reason::RunChanged, message)
                .hint("Somebody edited its journal. Begin a new run for the rows that are left.")
        );
    }
    if sha256(&settings.input)? != settings.sha256 {
        bail!(
            Error::usage(format!("{} is not what it was when the run began.", settings.input.display()))
                .hint("Put the same file there again, or begin a new run for what is new.")
        );
    }
    Ok(())
}

/// Counts the rows that are not done, with those whose password nobody received or that are in doubt.
fn rows_left(settings: &RunSettings, journal: &Journal) -> Result<u64> {
    let counts = journal.counts()?;
    let ended = counts.iter().filter(|(outcome, _)| *outcome != RowOutcome::NotDelivered).map(|(_, count)| count);
    Ok(settings.rows.saturating_sub(ended.sum()) + journal.in_doubt()?)
}

/// Shows what the run goes on with, and asks. Nothing is asked if no row is left.
///
/// # Errors
/// Exit 6: the agent says no.
fn confirm(
    context: &Context,
    settings: &RunSettings,
    left: u64,
    agent: &str,
    prompter: &mut TerminalPrompter,
) -> Result<()> {
    for line in plan_lines(settings, left, agent) {
        if prompter.can_choose() { prompter.say(&line) } else { context.screen.notice(&line) }
    }
    let now = settings.limit.map_or(left, |limit| limit.min(left));
    let question = if now == 1 { "Reset this customer?".to_owned() } else { format!("Reset these {now} customers?") };
    if left == 0 || !prompter.can_choose() || prompter.yes(&question, false)? {
        return Ok(());
    }
    Err(Error::new(Kind::Declined, Reason::Declined, "Nothing was changed.").into())
}

fn plan_lines(settings: &RunSettings, left: u64, agent: &str) -> Vec<String> {
    let RunSettings { run, profile, backend, agent: begun_by, rows, recipients, .. } = settings;
    let begun_at = moment(Some(settings.started_at));
    let mut lines = vec![format!("Run {run} was begun {begun_at} by {begun_by}, on {profile} ({backend}).")];
    if agent != begun_by {
        lines.push(format!("You are {agent}."));
    }
    let source = if settings.spooled { "standard input".to_owned() } else { settings.input.display().to_string() };
    lines.push(format!("{left} of {rows} rows of {source} are left."));
    if let Some(limit) = settings.limit {
        lines.push(format!("Of these the first {limit} now."));
    }
    match &settings.delivery {
        OutputTarget::Clear(way) => {
            lines.push(format!("The passwords go to {way} in clear: whoever reads it has them."));
        }
        OutputTarget::Sealed(out) => {
            lines.push(format!("The passwords go to {}, sealed: whoever holds the key opens them.", out.display()));
            lines.extend(recipients.iter().map(|key| format!("  - sealed to {key}")));
            let others = if recipients.is_empty() { "each row" } else { "a row that names another" };
            lines.push(format!("  - {others}: to the recipient in it"));
        }
    }
    lines
}

struct OutputRows {
    whole: u64,
    changes: Vec<FoundRow>,
}

/// Reads the output, and collects the rows that the journal does not know yet: the few that were in flight.
///
/// If a row was begun again, its output from an earlier attempt is ignored.
fn read_output(file: &File, out: &Path, settings: &RunSettings, journal: &Journal) -> Result<OutputRows> {
    let mut changes = Vec::new();
    let file = file.try_clone().map_err(|error| Error::bug("A descriptor could not be duplicated.").because(error))?;
    let whole = for_each_in(file, out, settings.row_format, &mut |row| {
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

/// Records in the journal and the ledger an outcome that only the output holds.
///
/// The run may have ended after it wrote the output and before it wrote the other two.
async fn record_outcome(session: &Session, ledger: &Ledger, journal: &Journal, found: &FoundRow) -> Result<()> {
    let Some(outcome) = found.outcome else { return Ok(()) };
    if matches!(journal.known(found.line)?, RowState::Done) {
        return Ok(());
    }
    if let (RowOutcome::Delivered, Some(customer), Some(attempt)) = (outcome, &found.customer, &found.attempt) {
        let customer = CustomerId::new(customer.clone());
        let history = ledger.history(session, &Customer::known_by(customer), None).await?;
        let is_open = history.attempts.iter().any(|known| known.id.as_str() == attempt && known.end.is_none());
        if is_open {
            ledger.delivered_after_all(session, &AttemptId::known(attempt.clone())).await?;
        }
    }
    Ok(journal.write(Change::Ended { line: found.line, outcome, exit_code: found.exit_code }).await?)
}
