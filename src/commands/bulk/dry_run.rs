//! `--dry-run`: looks everybody up, and changes nothing.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use serde::Serialize;

use super::super::context::Context;
use super::plan::{count_checked, customers_from, input_of, recipients};
use super::{BulkRunArgs, with_limiter};
use crate::bulk::folder::{folder_of_run, fresh_id};
use crate::bulk::{Beforehand, Journal, Numbered, RowLog, RowOutcome, Rows, sealing, stops_the_run, unusable};
use crate::domain::ports::Clock;
use crate::domain::{
    Action, Assessed, Customer, Error, ExitCode, Kind, Plan, Reset, ResetRequest, Result, Services, Session,
    UserProfile, assess,
};
use crate::platform::{SystemClock, SystemRandom};

#[derive(Serialize)]
struct DryRunRowJson<'a> {
    schema: &'static str,
    line: u64,
    given: &'a str,
    customer: Option<&'a str>,
    would: &'a str,
    exit_code: u8,
    message: Option<&'a str>,
    user: Option<&'a UserProfile>,
    differences: Vec<String>,
}

/// The temporary folder of a dry run, which is removed with it.
struct TemporaryFolder(std::path::PathBuf);

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0); // what is left behind there is of no use to anybody
    }
}

/// What would happen to one row.
#[derive(Default)]
struct DryRunRow {
    given: String,
    customer: Option<Customer>,
    does: &'static str,
    exit_code: u8,
    message: Option<String>,
    plan: Option<Box<Plan>>,
}

/// Shows for each row what would happen.
pub(super) async fn run(context: &Context, args: &BulkRunArgs) -> anyhow::Result<ExitCode> {
    let id = format!("dry-{}", fresh_id(SystemClock.now(), &mut SystemRandom)?);
    let folder = folder_of_run(&context.folders, &id);
    let _temporary = TemporaryFolder(folder.clone());
    recipients(args)?; // a wrong key is reported before any row is read
    let case = context.case(args.case.clone())?;
    let (input, _) = input_of(args, &folder)?;
    let counted = count_checked(context, args, &input)?;
    if let Some(line) = customers_from(&counted) {
        context.screen.notice(&line);
    }
    let mut rows = Rows::open(&input, &args.input_options())?.with_tickets_of(&context.profile.guards);
    let (session, _) = with_limiter(context.session().await?, args.concurrency.map(usize::from), args.wait).await?;
    let journal = Rc::new(Journal::open(&folder)?);
    let ledger = context.ledger();
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut failed = false;
    let mut left = args.limit.unwrap_or(u64::MAX);
    while left > 0
        && let Some(Numbered { line, row }) = rows.next_row()?
    {
        left -= 1;
        let dry_run_row = match row {
            Err(reason) => DryRunRow::default().with_error(&unusable(line, &reason)),
            Ok(row) => {
                let mut log = RowLog::new(ledger.of_row(&id, line), &journal, line);
                let mut random = SystemRandom;
                let mut services = Services {
                    audit: &mut log,
                    prompter: &mut Beforehand,
                    clock: &SystemClock,
                    random: &mut random,
                    interruptions: &context.signals,
                    guards: &context.profile.guards,
                    verifier: None,
                };
                let mut customer = None;
                let assessed = if let Some(Err(reason)) = row.recipient.as_deref().map(sealing::recipient) {
                    Err(unusable(line, &reason))
                } else {
                    let request = row.request(&case, args.create);
                    assess_row(&mut services, &session, request, (&*journal, line), &mut customer).await
                };
                DryRunRow { given: row.customer, customer, ..DryRunRow::default() }.with_assessment(assessed)?
            }
        };
        failed |= dry_run_row.exit_code != 0;
        *counts.entry(dry_run_row.does).or_default() += 1;
        if show_row(context, line, &dry_run_row)?.is_break() {
            break;
        }
    }
    for (does, count) in counts {
        context.screen.notice(&format!("{}: {count}", does_in_words(does)));
    }
    context.screen.notice("Nothing was changed.");
    Ok(if failed { ExitCode::SOME_FAILED } else { ExitCode::DONE })
}

/// Finds the customer, claims customer and user for the row as a run does, and returns the plan of a reset.
///
/// The reset is assessed and not authorized.
///
/// # Errors
/// The error that the reset itself would end with.
async fn assess_row(
    services: &mut Services<'_>,
    session: &Session,
    mut request: ResetRequest,
    (journal, line): (&Journal, u64),
    found: &mut Option<Customer>,
) -> Result<Plan> {
    let customer = found.insert(request.find_customer(session).await?);
    journal.claim(customer, line)?.check(customer)?;
    match assess::<Reset>(&mut services.for_assessment(), session, &request).await? {
        Assessed::Planned(assessment) => {
            let plan = assessment.plan().clone();
            journal.claim_user(&plan, line)?;
            Ok(plan)
        }
        Assessed::Refused { plan, reached } => Err(reached.refusal(&plan.customer, session.agent())),
        Assessed::Needs { needs, .. } => {
            for need in needs {
                need.ask(services.prompter, services.guards)?;
            }
            Err(Error::bug("A row was answered that nobody can answer."))
        }
    }
}

impl DryRunRow {
    /// Adds what the assessment found.
    ///
    /// # Errors
    /// An error that would stop a run.
    fn with_assessment(self, assessed: Result<Plan>) -> Result<Self> {
        match assessed {
            Ok(plan) => {
                let does = if plan.action == Action::CreateAndSet { "create_and_set" } else { "set" };
                Ok(Self { does, plan: Some(Box::new(plan)), ..self })
            }
            Err(error) if error.kind == Kind::Unavailable || stops_the_run(&error) => Err(error),
            Err(error) => Ok(self.with_error(&error)),
        }
    }

    /// Formats the row as in "ada@example.com → Ada Lovelace (C-1001): would be reset".
    fn describe(&self) -> String {
        let who = self.customer.as_ref().map(|customer| format!("{} ({})", customer.name, customer.id));
        let who = match (self.given.as_str(), who) {
            ("", None) => String::new(),
            (given, None) => format!("{given}: "),
            (given, Some(who)) => {
                let user = self.plan.as_ref().map(|plan| format!(", user {}", plan.describe_user()));
                format!("{given} → {who}{}: ", user.unwrap_or_default())
            }
        };
        let mut sentences = vec![format!("{who}{}", does_in_words(self.does))];
        if let Some(why) = &self.message {
            sentences = vec![format!("{}: {why}", sentences.concat())];
        }
        sentences.extend(self.plan.iter().flat_map(|plan| plan.differences()));
        sentences.join(". ")
    }

    /// Adds an error, which means that no password would be set.
    fn with_error(self, error: &Error) -> Self {
        let (outcome, exit_code) = RowOutcome::of(error);
        Self { does: outcome.name(), exit_code, message: Some(error.message.clone()), ..self }
    }
}

fn does_in_words(does: &str) -> &str {
    match does {
        "set" => "would be reset",
        "create_and_set" => "would get a user and be reset",
        outcome => outcome,
    }
}

/// Shows what would happen to a row. Breaks if nobody reads it any more.
fn show_row(context: &Context, line: u64, row: &DryRunRow) -> Result<ControlFlow<()>> {
    if context.json() {
        let object = DryRunRowJson {
            schema: "tellonce.bulk-dry-run/v1",
            line,
            given: &row.given,
            customer: row.customer.as_ref().map(|customer| customer.id.as_str()),
            would: row.does,
            exit_code: row.exit_code,
            message: row.message.as_deref(),
            user: row.plan.as_ref().and_then(|plan| plan.user.as_ref()),
            differences: row.plan.as_ref().map(|plan| plan.differences()).unwrap_or_default(),
        };
        return context.screen.stream_json(&object);
    }
    context.screen.stream_line(&format!("line {line}: {}", row.describe()))
}
