//! `bulk`: makes many resets, which are planned and confirmed once, and can be resumed.

mod dry_run;
mod plan;
mod report;
mod resume;
mod runs;

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};

use super::case_args::CaseArgs;
use super::context::Context;
use super::outbox;
use crate::bulk::{
    Change, InputFormat, InputOptions, Journal, Limiter, OutputTarget, OutputWriter, Rows, Run, RunSettings, folder,
    limited,
};
use crate::cli::ProgressKind;
use crate::config::parse_duration;
use crate::domain::{Error, ExitCode, Reason, Session};
use crate::ledger::Ledger;
use crate::output::Progress;
use crate::platform::SystemClock;
use crate::terminal::{ProgressReporter, RevealTarget};

/// Many resets, resumable at any moment
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  tellonce bulk customers.csv --dry-run\n  tellonce bulk customers.csv --out sealed.csv --seal-to age1...\n  tellonce bulk --resume 20260109-0830     (a file called list: ./list)"
)]
pub(super) struct BulkArgs {
    /// Look at runs
    #[command(subcommand)]
    command: Option<BulkCommand>,
    /// What to run, and how.
    #[command(flatten)]
    pub(super) run: BulkRunArgs,
}

/// Commands about earlier runs.
#[derive(Debug, Subcommand)]
enum BulkCommand {
    /// All runs, newest first
    #[command(after_help = "Example:\n  tellonce bulk list -o json")]
    List,
    /// How far a run has come
    #[command(after_help = "Example:\n  tellonce bulk show 20260109-0830")]
    Show {
        /// The run's id, or its beginning
        run: String,
    },
}

/// How the input is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum InputKind {
    /// CSV with a header row.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// What to run, and how.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "independent flags of a command line")]
pub(super) struct BulkRunArgs {
    /// CSV or JSON Lines with a column "customer"; - is standard input
    #[arg(required_unless_present = "resume", value_name = "FILE")]
    input: Option<PathBuf>,
    /// Go on with a run that was interrupted, as it was asked for
    #[arg(long, value_name = "RUN", conflicts_with_all = ["input", "dry_run", "out", "seal_to", "recipients", "limit", "rate", "format", "input_format", "customer_column", "strict", "expect", "create"])]
    resume: Option<String>,
    /// How the input is written (default: its content tells)
    #[arg(long, value_enum, value_name = "FORMAT")]
    input_format: Option<InputKind>,
    /// The column with the customers' ids, usernames or e-mail addresses
    #[arg(long, value_name = "NAME")]
    customer_column: Option<String>,
    /// Refuse the whole input if a row cannot be read
    #[arg(long)]
    strict: bool,
    /// Look everyone up and say what would happen; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask for confirmation (a new run needs --expect as well)
    #[arg(long)]
    yes: bool,
    /// How many rows the input must have
    #[arg(long, value_name = "N")]
    expect: Option<u64>,
    /// A new file for the rows, with each password sealed
    #[arg(long, value_name = "FILE", conflicts_with = "reveal")]
    out: Option<PathBuf>,
    /// Seal to this age public key; may be given more than once
    #[arg(long, value_name = "KEY", requires = "out")]
    seal_to: Vec<String>,
    /// Seal to the age public keys in this file
    #[arg(long, value_name = "FILE", requires = "out")]
    recipients: Option<PathBuf>,
    /// Passwords in clear, to stdout or fd:N
    #[arg(long, value_name = "WHERE")]
    pub(super) reveal: Option<String>,
    /// Let --reveal go to a regular file, in clear
    #[arg(long)]
    allow_plaintext_file: bool,
    /// How rows are written (default: as --out ends, else jsonl)
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<InputKind>,
    /// Enter customers that the directory does not know, from email, `first_name` and `last_name`
    #[arg(long)]
    create: bool,
    /// Stop after so many rows; resume does the next ones
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Stop after so many failures in a row
    #[arg(long, value_name = "N", default_value_t = 20)]
    abort_after: u64,
    /// Calls to the backend at once (default: as many as it takes well)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: Option<u16>,
    /// Never more rows a second than this, as in 5 or 5/s
    #[arg(long, value_name = "N/s", value_parser = parse_rate)]
    rate: Option<f64>,
    /// How long a backend that is gone is waited for
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration)]
    wait: Duration,
    /// How progress is told
    #[arg(long, value_enum, default_value_t = ProgressKind::Auto)]
    progress: ProgressKind,
    /// For rows that do not say it themselves
    #[command(flatten)]
    case: CaseArgs,
}

impl BulkRunArgs {
    /// Returns how the input is read.
    fn input_options(&self) -> InputOptions {
        InputOptions { format: self.input_format.map(InputFormat::from), customer_column: self.customer_column.clone() }
    }
}

/// Parses a number of rows a second.
fn parse_rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.trim_end_matches("/s").parse().map_err(|_| "give a number, as in 5 or 5/s".to_owned())?;
    if rate.is_finite() && rate > 0.0 && rate <= 100_000.0 { Ok(rate) } else { Err("it must be above 0".to_owned()) }
}

/// Lists, shows, begins or resumes runs, or says what a run would do.
pub(super) async fn run(context: &mut Context, args: BulkArgs, early: RevealTarget) -> Result<ExitCode> {
    let run = args.run;
    match (args.command, &run.resume) {
        (Some(BulkCommand::List), _) => runs::list(context),
        (Some(BulkCommand::Show { run }), _) => runs::show(context, &run),
        (None, _) if context.profile.guards.takes_no_words() => Err(nobody_is_verified(context).into()),
        (None, Some(name)) => resume::run(context, name, &run, early).await,
        (None, None) if run.dry_run => dry_run::run(context, &run).await,
        (None, None) => plan::run(context, &run, early).await,
    }
}

/// Returns the refusal of a run where callers have to be verified one by one.
fn nobody_is_verified(context: &Context) -> Error {
    let message = format!(
        "The profile {} requires that each caller is verified by the tool, and in a bulk run nobody calls.",
        context.profile.name
    );
    Error::refused(Reason::NotVerified, message)
        .hint("Use a profile for bulk runs whose rules take the agent's word (`verification.attested`).")
}

/// What one invocation of a run works with. A run has an invocation for its start, and one for each time it is resumed.
struct Invocation {
    settings: RunSettings,
    journal: Journal,
    writer: OutputWriter,
    progress: ProgressKind,
}

/// Limits the calls of the session, and returns the limiter too.
async fn with_limiter(session: Session, concurrency: Option<usize>, wait: Duration) -> Result<(Session, Rc<Limiter>)> {
    let concurrency = match concurrency {
        Some(limit) => limit,
        None => session.backend().capabilities().await?.concurrency,
    };
    let limiter = Rc::new(Limiter::new(concurrency, wait));
    Ok((limited(session, &limiter), limiter))
}

/// Works until the end of the input or until something stops the run, and reports the result.
async fn run_invocation(
    context: &Context,
    session: Session,
    ledger: Ledger,
    invocation: Invocation,
) -> Result<ExitCode> {
    let Invocation { settings, journal, writer, progress } = invocation;
    let journal = Rc::new(journal);
    let writer = Rc::new(writer);
    let (session, limiter) =
        with_limiter(session, settings.concurrency, Duration::from_secs(settings.wait_seconds)).await?;
    let rows = Rows::open(&settings.input, &settings.input_options())?.with_tickets_of(&context.profile.guards);
    context.signals.run_begins();
    journal.write(Change::Fact { name: "state", value: "stopped".to_owned() }).await?;
    let digest = journal.settings_digest()?.unwrap_or_default();
    ledger.run_started(&session, &settings.run, &report::begun(&settings), digest).await?;
    let work = Run {
        session: &session,
        limiter,
        journal: Rc::clone(&journal),
        ledger: ledger.clone(),
        output: Rc::clone(&writer),
        guards: &context.profile.guards,
        clock: &SystemClock,
        interruptions: &context.signals,
        settings: &settings,
    };
    let mut reporter = ProgressReporter::new(context.screen.clone(), progress, settings.rows, context.global.quiet);
    let mut last = Progress::default();
    let outcome = work
        .work(rows, &mut |progress| {
            reporter.tell(&settings.run, progress);
            last.clone_from(progress);
        })
        .await;
    reporter.end(&settings.run, &last);
    drop(work);
    let counts = journal.counts()?;
    let reason = report::ended(&counts, outcome.stopped.as_ref());
    let recorded = ledger.run_ended(&session, &settings.run, &reason).await;
    for warning in ledger.warnings().take() {
        context.screen.warning(&warning);
    }
    let finished = outcome.stopped.is_none() && !outcome.limited && !report::has_undelivered(&counts);
    if finished {
        journal.write(Change::Fact { name: "state", value: "finished".to_owned() }).await?;
        if settings.spooled {
            let _ = std::fs::remove_file(folder::input_copy(&folder::folder_of_run(&context.folders, &settings.run)));
        }
    }
    recorded?;
    outbox::deliver_now(context).await;
    let is_clear = matches!(settings.delivery, OutputTarget::Clear(_));
    Ok(report::finish(context, &settings, &counts, outcome, (is_clear, &writer.first_failures()))?)
}
