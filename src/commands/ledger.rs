//! `ledger`: the state of the ledger, and its retention.

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::context::Context;
use crate::domain::ports::Prompter as _;
use crate::domain::{Error, ExitCode, Kind, Reason};
use crate::ledger::{Ledger, LedgerStatus, abandoned_attempts};

/// The shortest time that records are kept: limits count the last 24 hours.
const KEPT_HOURS: i64 = 48;

/// The ledger's state, and how long records are kept
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce ledger status")]
pub(super) struct LedgerArgs {
    /// The verb.
    #[command(subcommand)]
    command: LedgerCommand,
}

/// The ledger's verbs.
#[derive(Debug, Subcommand)]
enum LedgerCommand {
    /// How many records there are, from when, and what is wrong with them
    #[command(after_help = "Example:\n  tellonce ledger status -o json")]
    Status,
    /// Remove the records before a time for good; the chain is verified from there on
    #[command(after_help = "Example:\n  tellonce ledger prune --before 2025-01-01T00:00:00Z")]
    Prune {
        /// Remove what is older (RFC 3339)
        #[arg(long, value_name = "TIME")]
        before: Timestamp,
        /// Do not ask for confirmation
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Serialize)]
struct StatusJson {
    schema: &'static str,
    file: String,
    #[serde(flatten)]
    status: LedgerStatus,
    open_attempts: Vec<String>,
}

#[derive(Serialize)]
struct PrunedJson {
    schema: &'static str,
    removed_through: Option<u64>,
    head: Option<String>,
}

/// Shows or prunes. Needs no session, because the ledger is on this machine.
pub(super) async fn run(context: &Context, args: LedgerArgs) -> Result<ExitCode> {
    let ledger = context.ledger();
    let code = match args.command {
        LedgerCommand::Status => status(context, &ledger).await,
        LedgerCommand::Prune { before, yes } => prune(context, &ledger, before, yes).await,
    };
    for warning in ledger.warnings().take() {
        context.screen.warning(&warning);
    }
    code
}

async fn status(context: &Context, ledger: &Ledger) -> Result<ExitCode> {
    let status = ledger.status().await?;
    let open = abandoned_attempts(ledger.store().await?).await?;
    let open_attempts: Vec<String> = open.into_iter().map(|record| record.draft.attempt).collect();
    let file = ledger.location().await?.to_string();
    if context.json() {
        let object = StatusJson { schema: "tellonce.ledger-status/v1", file, status, open_attempts };
        return Ok(context.screen.json(&object)?);
    }
    let time = |at: Option<Timestamp>| at.map_or_else(|| "none".to_owned(), |at| at.strftime("%F %T UTC").to_string());
    let mut fields = vec![
        ("File", file),
        ("Records", status.records.to_string()),
        ("Oldest", time(status.oldest)),
        ("Newest", time(status.newest)),
        ("Head", status.head.clone().unwrap_or_else(|| "none".to_owned())),
    ];
    if let Some(number) = status.removed_through {
        fields.push(("Removed", format!("records 1 to {number}")));
    }
    fields.extend(open_attempts.iter().map(|attempt| ("Without an end", attempt.clone())));
    fields.extend(status.findings.iter().map(|finding| ("Finding", finding.clone())));
    let fields: Vec<(String, String)> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    context.screen.fields(&fields);
    Ok(ExitCode::DONE)
}

async fn prune(context: &Context, ledger: &Ledger, before: Timestamp, yes: bool) -> Result<ExitCode> {
    let latest = Timestamp::now().saturating_sub(SignedDuration::from_hours(KEPT_HOURS))?;
    if before > latest {
        let message = format!("Records of the last {KEPT_HOURS} hours are kept: limits and open attempts need them.");
        bail!(Error::usage(message).hint(format!("`--before {}`, or earlier.", latest.strftime("%FT%TZ"))));
    }
    let mut prompter = context.prompter(yes);
    if !yes {
        if !prompter.can_ask() {
            bail!(context.nobody_can_confirm("Removing records for good"));
        }
        prompter.say(&format!("The records before {} are removed for good.", before.strftime("%F %T UTC")));
        prompter.say("Export them first if somebody has to keep them: `tellonce audit export`.");
        if !prompter.yes("Remove them?", false)? {
            bail!(Error::new(Kind::Declined, Reason::Declined, "Nothing was removed."));
        }
    }
    let pruned = ledger.prune(before).await?;
    if context.json() {
        let object = PrunedJson {
            schema: "tellonce.ledger-prune/v1",
            removed_through: pruned.map(|head| head.number),
            head: pruned.map(|head| head.hash.to_string()),
        };
        return Ok(context.screen.json(&object)?);
    }
    match pruned {
        Some(head) => context.screen.line(&format!("The records up to number {} are removed.", head.number)),
        None => context.screen.line("No record is that old."),
    }
    Ok(ExitCode::DONE)
}
