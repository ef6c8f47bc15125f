//! A new run: counts the input, asks once for confirmation, and begins.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::super::context::Context;
use super::{BulkRunArgs, InputKind, Invocation, report, run_invocation};
use crate::bulk::folder::{Counted, count, folder_of_run, fresh_id, spool};
use crate::bulk::{Change, InputFormat, Journal, OutputTarget, OutputWriter, RowFormat, RunSettings, sealing};
use crate::domain::ports::{Clock, Prompter};
use crate::domain::{Error, ExitCode, Kind, Reason};
use crate::platform::{SystemClock, SystemRandom};
use crate::terminal::{ChosenReveal, RevealOptions, RevealTarget, Signals, StreamReveal, TerminalPrompter};
use crate::texts::Localization;

/// Above this many rows, the agent confirms by typing the number of rows.
const TYPED_COUNT_ABOVE: u64 = 25;

impl From<InputKind> for InputFormat {
    fn from(kind: InputKind) -> Self {
        match kind {
            InputKind::Csv => Self::Csv,
            InputKind::Jsonl => Self::Jsonl,
        }
    }
}

/// Plans the run, asks for confirmation, and runs it.
pub(super) async fn run(context: &Context, args: &BulkRunArgs, early: RevealTarget) -> Result<ExitCode> {
    let mut prompter = context.prompter(args.yes);
    if args.input.as_deref() == Some(Path::new("-")) {
        prompter = prompter.beside_standard_input();
    }
    context.refuse_practice_by_accident(prompter.can_ask() && !args.yes)?;
    if args.yes && args.expect.is_none() || !args.yes && !prompter.can_ask() {
        bail!(Error::missing_answer(
            "A run without a question says beforehand how many rows it is.",
            "Add `--yes --expect N`, where N is the number of rows.",
        ));
    }
    let clear_output = clear_way(&context.signals, args, early)?;
    let recipients = recipients(args)?;
    let case = context.case(args.case.clone())?;
    let session = context.session().await?;
    let run = fresh_id(SystemClock.now(), &mut SystemRandom)?;
    let run_folder = folder_of_run(&context.folders, &run);
    let (input, spooled) = input_of(args, &run_folder)?;
    let has_recipients = clear_output.is_some() || !recipients.is_empty();
    let counted = match count_and_confirm(context, args, &input, has_recipients, &mut prompter) {
        Ok(counted) => counted,
        Err(error) => {
            let _ = std::fs::remove_dir_all(&run_folder); // nobody needs this copy of standard input
            return Err(error);
        }
    };
    let row_format = row_format(args);
    let (delivery, writer) = output(args, clear_output, row_format)?;
    let settings = RunSettings {
        run: run.clone(),
        started_at: SystemClock.now(),
        profile: context.profile.name.clone(),
        backend: context.profile.backend.clone(),
        agent: session.agent().to_owned(),
        input,
        spooled,
        format: counted.format,
        customer_column: args.customer_column.clone(),
        sha256: counted.sha256,
        rows: counted.rows,
        delivery,
        output_file: writer.file_number(),
        row_format,
        recipients,
        allow_plaintext_file: args.allow_plaintext_file,
        create: args.create,
        ticket: case.ticket,
        reason: case.reason,
        verified: case.verified,
        concurrency: args.concurrency.map(usize::from),
        rate: args.rate,
        limit: args.limit,
        abort_after: args.abort_after,
        wait_seconds: args.wait.as_secs(),
    };
    let journal = Journal::open(&run_folder)?;
    let value = serde_json::to_string(&settings).context("The settings could not be written down.")?;
    journal.write(Change::Fact { name: "settings", value }).await?;
    context.screen.notice(&format!("Run {run}. If it is interrupted: {}", report::command(&settings)));
    run_invocation(
        context,
        session,
        context.ledger_for_run(),
        Invocation { settings, journal, writer, progress: args.progress },
    )
    .await
}

/// Opens the destination of the rows.
fn output(
    args: &BulkRunArgs,
    clear_output: Option<(String, StreamReveal)>,
    format: RowFormat,
) -> Result<(OutputTarget, OutputWriter)> {
    if let Some((way, stream)) = clear_output {
        let (descriptor, is_file) = stream.into_parts();
        let writer = OutputWriter::clear(descriptor, is_file, format, &way)?;
        return Ok((OutputTarget::Clear(way), writer));
    }
    let out = std::path::absolute(args.out.clone().unwrap_or_default())
        .map_err(|error| Error::usage("--out is not a path.").because(error))?;
    let writer = OutputWriter::create(&out, format)?;
    Ok((OutputTarget::Sealed(out), writer))
}

/// Opens the destination of passwords in clear, if the command line names one.
fn clear_way(signals: &Signals, args: &BulkRunArgs, early: RevealTarget) -> Result<Option<(String, StreamReveal)>> {
    let Some(way) = &args.reveal else {
        if args.out.is_none() {
            bail!(
                Error::usage("Nothing says where the passwords go.")
                    .hint("Sealed into a file: `--out FILE --seal-to age1…`. In clear to a pipe: `--reveal stdout`.")
            );
        }
        return Ok(None);
    };
    stream(signals, early, args.allow_plaintext_file, way).map(|stream| Some((way.clone(), stream)))
}

/// Opens the descriptor that gets passwords in clear. Refuses the terminal, which reveals only one password.
pub(super) fn stream(
    signals: &Signals,
    early: RevealTarget,
    allow_plaintext_file: bool,
    way: &str,
) -> Result<StreamReveal> {
    let options = RevealOptions {
        show_for: std::time::Duration::ZERO,
        allow_plaintext_file,
        json: false,
        localization: Localization::english(), // a row has no words for the customer
        signals: signals.clone(),
    };
    match early.with(options)? {
        ChosenReveal::Stream(stream) => Ok(stream),
        ChosenReveal::Terminal(_) => {
            Err(Error::new(Kind::Usage, Reason::RevealWay, format!("A run's passwords do not go to --reveal {way}."))
                .hint("There are: `--reveal stdout` and `--reveal fd:N`; or `--out FILE`, sealed.")
                .into())
        }
    }
}

pub(super) fn recipients(args: &BulkRunArgs) -> Result<Vec<String>> {
    for key in &args.seal_to {
        sealing::recipient(key).map_err(|why| Error::usage(format!("--seal-to: {why}.")))?;
    }
    let mut keys = args.seal_to.clone();
    if let Some(file) = &args.recipients {
        keys.extend(sealing::recipients_of(file)?);
    }
    Ok(keys)
}

/// Returns the path of the input, and whether it is the run's own copy of standard input.
pub(super) fn input_of(args: &BulkRunArgs, run_folder: &Path) -> Result<(PathBuf, bool)> {
    match args.input.as_deref() {
        Some(path) if path == Path::new("-") => Ok((spool(run_folder)?, true)),
        Some(path) => std::path::absolute(path)
            .map(|path| (path, false))
            .map_err(|error| Error::usage("FILE is not a path.").because(error).into()),
        None => Err(Error::bug("There is no FILE.").into()),
    }
}

fn row_format(args: &BulkRunArgs) -> RowFormat {
    match args.format {
        Some(InputKind::Csv) => RowFormat::Csv,
        Some(InputKind::Jsonl) => RowFormat::Jsonl,
        None => {
            let is_csv = |path: &PathBuf| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"));
            if args.out.as_ref().is_some_and(is_csv) { RowFormat::Csv } else { RowFormat::Jsonl }
        }
    }
}

/// Reads the whole input, and checks what holds for a run and for a dry run.
///
/// # Errors
/// Exit 2: the input cannot be used, has no rows or another number of them, or with `--strict` a row cannot be read.
pub(super) fn count_checked(context: &Context, args: &BulkRunArgs, input: &Path) -> Result<Counted> {
    let counted = count(input, &args.input_options(), &context.profile.guards)?;
    if counted.rows == 0 {
        bail!(Error::usage("The input has no rows."));
    }
    if let (true, Some((line, why))) = (args.strict, &counted.first_unusable) {
        let message = format!("{} cannot be read; line {line}: {why}.", rows(counted.unusable));
        bail!(Error::usage(message).hint("Mend the input, or leave out --strict: then each is told in its own row."));
    }
    if let Some(expected) = args.expect
        && expected != counted.rows
    {
        bail!(
            Error::usage(format!("The input has {}, not {expected}.", rows(counted.rows)))
                .hint("Look at it: `--dry-run` says what would happen.")
        );
    }
    Ok(counted)
}

/// Says which column the customers are read from; `None` if its name says so.
pub(super) fn customers_from(counted: &Counted) -> Option<String> {
    let column = &counted.customer_column;
    (!column.eq_ignore_ascii_case("customer")).then(|| format!("Customers are read from the column \"{column}\"."))
}

/// Reads the whole input, and asks once for confirmation.
fn count_and_confirm(
    context: &Context,
    args: &BulkRunArgs,
    input: &Path,
    has_recipients: bool,
    prompter: &mut TerminalPrompter,
) -> Result<Counted> {
    let counted = count_checked(context, args, input)?;
    if !has_recipients && counted.with_recipient == 0 {
        bail!(
            Error::usage("Nothing says whom the passwords are sealed to.")
                .hint("Add `--seal-to age1…` or `--recipients FILE`, or fill the column \"recipient\".")
        );
    }
    let lines = plan_lines(context, args, &counted);
    if args.yes {
        for line in &lines {
            context.screen.notice(line);
        }
        return Ok(counted);
    }
    for line in &lines {
        prompter.say(line);
    }
    let agreed = if counted.rows > TYPED_COUNT_ABOVE {
        let typed = prompter.line(&format!("Type {} to go on", counted.rows), "--yes --expect N")?;
        if typed.trim() != counted.rows.to_string() {
            let message = format!("You typed {}, not {}. Nothing was changed.", typed.trim(), counted.rows);
            bail!(Error::new(Kind::Declined, Reason::Declined, message));
        }
        true
    } else {
        let these =
            if counted.rows == 1 { "this customer".to_owned() } else { format!("these {} customers", counted.rows) };
        prompter.yes(&format!("Reset {these}?"), false)?
    };
    if agreed {
        return Ok(counted);
    }
    Err(Error::new(Kind::Declined, Reason::Declined, "Nothing was changed.").into())
}

/// Formats a number of rows.
fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

fn plan_lines(context: &Context, args: &BulkRunArgs, counted: &Counted) -> Vec<String> {
    let profile = &context.profile;
    let mut lines = vec![format!("{} on {} ({}).", rows(counted.rows), profile.name, profile.backend)];
    if profile.backend == "practice" {
        lines.push("Practice directory: nothing here is real.".to_owned());
    }
    lines.push("Each customer is locked out until they have used their temporary password.".to_owned());
    if let Some(limit) = args.limit {
        lines.push(format!("Of these the first {limit} now."));
    }
    if counted.unusable > 0 {
        lines.push(format!("{} cannot be read; why is told in the output.", rows(counted.unusable)));
    }
    lines.extend(customers_from(counted));
    if !counted.unused.is_empty() {
        lines.push(format!("Columns that are not used: {}.", counted.unused.join(", ")));
    }
    lines.push(match (&args.reveal, &args.out) {
        (Some(way), _) => format!("The passwords go to {way} in clear: whoever reads it has them."),
        (None, Some(out)) => {
            format!("The passwords go to {}, sealed: whoever holds the key opens them.", out.display())
        }
        (None, None) => String::new(),
    });
    lines
}
