//! `--dry-run`: everyone is looked up, and nothing is changed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::super::context::Context;
use super::plan::input_of;
use super::{at_a_pace, audit};
use crate::bulk::folder::{fresh_id, of};
use crate::bulk::{InputFormat, Journal, Numbered, Outcome, Rows};
use crate::cli::BulkRunArgs;
use crate::domain::ports::{Clock, Prompter};
use crate::domain::{Action, Answer, Case, Desk, ExitCode, Failure, ResetRequest, rehearse};
use crate::system::{SystemClock, SystemRandom};

#[derive(Serialize)]
struct WouldJson<'a> {
    schema: &'static str,
    line: u64,
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
struct Would {
    customer: Option<String>,
    does: &'static str,
    exit_code: u8,
    message: Option<String>,
}

/// Says for each row what would happen.
pub(super) async fn run(context: &Context, args: &BulkRunArgs) -> Answer<ExitCode> {
    let id = format!("dry-{}", fresh_id(SystemClock.now(), &mut SystemRandom)?);
    let folder = of(&context.folders, &id);
    let _meanwhile = Meanwhile(folder.clone());
    let (input, _) = input_of(args, &folder)?;
    let mut rows = Rows::open(&input, args.input_format.map(InputFormat::from))?;
    let (session, _) = at_a_pace(context.session().await?, args.concurrency.map(usize::from), args.wait).await?;
    let journal = Journal::open(&folder)?;
    let log = audit(context, &id, &folder)?;
    let case: Case = args.case.clone().into();
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut failed = false;
    let mut left = args.limit.unwrap_or(u64::MAX);
    while left > 0
        && let Some(Numbered { line, row }) = rows.next_row()?
    {
        left -= 1;
        let would = match row {
            Err(why) => refused(&Failure::usage(format!("It cannot be used: {why}."))),
            Ok(row) => {
                let mut prompter = context.prompter(true);
                let mut audit = log.row(line);
                let mut random = SystemRandom;
                let mut desk = Desk {
                    audit: &mut audit,
                    prompter: &mut Silent(&mut prompter),
                    clock: &SystemClock,
                    random: &mut random,
                    interruptions: &context.signals,
                    guards: &context.profile.guards,
                };
                would(&mut desk, &session, &journal, line, row.request(&case, args.create)).await?
            }
        };
        failed |= would.exit_code != 0;
        *counts.entry(would.does).or_default() += 1;
        tell(context, line, &would)?;
    }
    for (would, count) in counts {
        context.screen.notice(&format!("{would}: {count}"));
    }
    context.screen.notice("Nothing was changed.");
    Ok(if failed { ExitCode::SOME_FAILED } else { ExitCode::DONE })
}

fn refused(failure: &Failure) -> Would {
    Would {
        customer: None,
        does: Outcome::of(failure).name(),
        exit_code: failure.exit_code().number(),
        message: Some(failure.message.clone()),
    }
}

async fn would(
    desk: &mut Desk<'_>,
    session: &crate::domain::Session,
    journal: &Journal,
    line: u64,
    request: ResetRequest,
) -> Answer<Would> {
    match rehearse(desk, session, request).await {
        Ok(rehearsed) => {
            let customer = rehearsed.customer.id;
            if let Some(other) = journal.claim(&customer, line)? {
                let message = Some(format!("{customer} is the customer of line {other} as well."));
                let does = Outcome::Duplicate.name();
                return Ok(Would { customer: Some(customer.to_string()), does, exit_code: 0, message });
            }
            let does = if rehearsed.action == Action::CreateAndSet { "create_and_set" } else { "set" };
            Ok(Would { customer: Some(customer.to_string()), does, exit_code: 0, message: None })
        }
        Err(failure) if failure.kind == crate::domain::Kind::Unavailable => Err(failure),
        Err(failure) if failure.reason == crate::domain::Reason::SessionOver => Err(failure),
        Err(failure) => Ok(refused(&failure)),
    }
}

fn tell(context: &Context, line: u64, would: &Would) -> Answer<()> {
    if context.json() {
        let object = WouldJson {
            schema: "tellonce.bulk-dry-run/v1",
            line,
            customer: would.customer.as_deref(),
            would: would.does,
            exit_code: would.exit_code,
            message: would.message.as_deref(),
        };
        return context.screen.json(&object).map(drop);
    }
    let who = would.customer.as_deref().map_or_else(String::new, |customer| format!(" {customer}"));
    let why = would.message.as_deref().map_or_else(String::new, |message| format!(" ({message})"));
    context.screen.line(&format!("line {line}:{who} {}{why}", would.does));
    Ok(())
}

/// Asks nothing: a dry run says what a run would meet, in which nobody is asked.
struct Silent<'a>(&'a mut dyn Prompter);

impl Prompter for Silent<'_> {
    fn can_ask(&self) -> bool {
        false
    }

    fn choose(&mut self, question: &str, customers: &[crate::domain::Customer]) -> Answer<usize> {
        self.0.choose(question, customers)
    }

    fn confirm(&mut self, plan: &crate::domain::Plan) -> Answer<crate::domain::Consent> {
        self.0.confirm(plan)
    }

    fn line(&mut self, question: &str, flag: &str) -> Answer<String> {
        Err(Failure::missing_answer(format!("\"{question}\" has no answer in this row."), format!("Add `{flag}`.")))
    }

    fn secret(&mut self, question: &str, flag: &str) -> Answer<zeroize::Zeroizing<String>> {
        self.0.secret(question, flag)
    }

    fn yes(&mut self, _: &str, default: bool) -> Answer<bool> {
        Ok(default)
    }

    fn say(&mut self, words: &str) {
        self.0.say(words);
    }
}
