//! `--dry-run`: everyone is looked up, and nothing is changed.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;

use super::super::context::Context;
use super::plan::{input_of, recipients};
use super::{BulkRunArgs, at_a_pace, audit};
use crate::bulk::folder::{fresh_id, of};
use crate::bulk::{
    Beforehand, InputFormat, Journal, Numbered, RowLog, RowOutcome, Rows, sealing, stops_the_run, unusable,
};
use crate::domain::ports::Clock;
use crate::domain::{
    Action, Assessed, Customer, Error, ExitCode, Kind, Reset, ResetRequest, Result, Services, Session, assess,
};
use crate::platform::{SystemClock, SystemRandom};

#[derive(Serialize)]
struct WouldJson<'a> {
    schema: &'static str,
    line: u64,
    given: &'a str,
    customer: Option<&'a str>,
    would: &'a str,
    exit_code: u8,
    message: Option<&'a str>,
}

/// Removes the folder that a dry run needs meanwhile.
struct Meanwhile(std::path::PathBuf);

impl Drop for Meanwhile {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0); // nothing in it is of use to anybody
    }
}

/// What would happen to a row.
#[derive(Default)]
struct Would {
    given: String,
    customer: Option<Customer>,
    does: &'static str,
    exit_code: u8,
    message: Option<String>,
}

/// Says for each row what would happen.
pub(super) async fn run(context: &Context, args: &BulkRunArgs) -> anyhow::Result<ExitCode> {
    let id = format!("dry-{}", fresh_id(SystemClock.now(), &mut SystemRandom)?);
    let folder = of(&context.folders, &id);
    let _meanwhile = Meanwhile(folder.clone());
    recipients(args)?; // a key that is none is said before a thousand rows
    let case = context.case(args.case.clone())?;
    let (input, _) = input_of(args, &folder)?;
    let rows = Rows::open(&input, args.input_format.map(InputFormat::from))?;
    let mut rows = rows.with_tickets_of(&context.profile.guards);
    let (session, _) = at_a_pace(context.session().await?, args.concurrency.map(usize::from), args.wait).await?;
    let journal = Rc::new(Journal::open(&folder)?);
    let log = audit(context, &id, &folder)?;
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut failed = false;
    let mut left = args.limit.unwrap_or(u64::MAX);
    while left > 0
        && let Some(Numbered { line, row }) = rows.next_row()?
    {
        left -= 1;
        let would = match row {
            Err(why) => Would::default().but(&unusable(line, &why)),
            Ok(row) => {
                let mut log = RowLog::new(log.row(line), &journal, line);
                let mut random = SystemRandom;
                let mut services = Services {
                    audit: &mut log,
                    prompter: &mut Beforehand,
                    clock: &SystemClock,
                    random: &mut random,
                    interruptions: &context.signals,
                    guards: &context.profile.guards,
                };
                let mut customer = None;
                let rehearsed = if let Some(Err(why)) = row.recipient.as_deref().map(sealing::recipient) {
                    Err(unusable(line, &why))
                } else {
                    let claim = |customer: &Customer| journal.claim(customer, line)?.check(customer);
                    would_do(&mut services, &session, row.request(&case, args.create), claim, &mut customer).await
                };
                Would { given: row.customer, customer, ..Would::default() }.after(rehearsed)?
            }
        };
        failed |= would.exit_code != 0;
        *counts.entry(would.does).or_default() += 1;
        tell(context, line, &would)?;
    }
    for (would, count) in counts {
        context.screen.notice(&format!("{}: {count}", does_in_words(would)));
    }
    context.screen.notice("Nothing was changed.");
    Ok(if failed { ExitCode::SOME_FAILED } else { ExitCode::DONE })
}

/// Finds the customer, claims them for the row as a run does, and says what a reset would do. It is assessed and goes no
/// further.
///
/// # Errors
/// What the reset itself would be refused for, with the same exit code.
async fn would_do(
    services: &mut Services<'_>,
    session: &Session,
    mut request: ResetRequest,
    claim: impl FnOnce(&Customer) -> Result<()>,
    found: &mut Option<Customer>,
) -> Result<Action> {
    claim(found.insert(request.find_customer(session).await?))?;
    match assess::<Reset>(&mut services.for_assessment(), session, &request).await? {
        Assessed::Planned(assessment) => Ok(assessment.plan().action),
        Assessed::Needs { needs, .. } => {
            for need in needs {
                need.ask(services.prompter, services.guards)?;
            }
            Err(Error::bug("A row was answered that nobody can answer."))
        }
    }
}

impl Would {
    /// With what the rehearsal came to. What stops a run stops this as well.
    fn after(self, rehearsed: Result<Action>) -> Result<Self> {
        match rehearsed {
            Ok(Action::CreateAndSet) => Ok(Self { does: "create_and_set", ..self }),
            Ok(_) => Ok(Self { does: "set", ..self }),
            Err(failure) if failure.kind == Kind::Unavailable || stops_the_run(&failure) => Err(failure),
            Err(failure) => Ok(self.but(&failure)),
        }
    }

    /// "ada@example.com → Ada Lovelace (C-1001): would be reset"
    fn words(&self) -> String {
        let who = self.customer.as_ref().map(|customer| format!("{} ({})", customer.name, customer.id));
        let who = match (self.given.as_str(), who) {
            ("", None) => String::new(),
            (given, None) => format!("{given}: "),
            (given, Some(who)) => format!("{given} → {who}: "),
        };
        format!(
            "{who}{}{}",
            does_in_words(self.does),
            self.message.as_ref().map_or_else(String::new, |why| format!(": {why}"))
        )
    }

    /// Nothing would be set.
    fn but(self, failure: &Error) -> Self {
        let (outcome, exit_code) = RowOutcome::of(failure);
        Self { does: outcome.name(), exit_code, message: Some(failure.message.clone()), ..self }
    }
}

fn does_in_words(does: &str) -> &str {
    match does {
        "set" => "would be reset",
        "create_and_set" => "would get a user and be reset",
        outcome => outcome,
    }
}

fn tell(context: &Context, line: u64, would: &Would) -> Result<()> {
    if context.json() {
        let object = WouldJson {
            schema: "tellonce.bulk-dry-run/v1",
            line,
            given: &would.given,
            customer: would.customer.as_ref().map(|customer| customer.id.as_str()),
            would: would.does,
            exit_code: would.exit_code,
            message: would.message.as_deref(),
        };
        return context.screen.json(&object).map(drop);
    }
    context.screen.line(&format!("line {line}: {}", would.words()));
    Ok(())
}
