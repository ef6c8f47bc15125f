//! `audit`: lists, verifies and exports the records of the ledger.

mod export;
mod filter;
mod list;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde::Serialize;

use self::export::ExportArgs;
use self::filter::RecordFilter;
use super::context::Context;
use crate::domain::ExitCode;
use crate::ledger::{Hash, Head, verify};

/// Who did what to whom
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce audit list --customer C-1001")]
pub(super) struct AuditArgs {
    /// The verb.
    #[command(subcommand)]
    command: AuditCommand,
}

/// The verbs about the ledger's records.
#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// The records that match, the oldest first
    #[command(after_help = "Example:\n  tellonce audit list --customer C-1001 --since 2026-01-01T00:00:00Z")]
    List(RecordFilter),
    /// Is the chain whole? Exit 11 names the first broken record
    #[command(after_help = "Example:\n  tellonce audit verify --head HASH     also finds a cut-off end")]
    Verify {
        /// The hash of a record that must be there, as an earlier verify said it
        #[arg(long, value_name = "HASH", value_parser = hash)]
        head: Option<Hash>,
    },
    /// All records that match, on standard output
    #[command(
        after_help = "Examples:\n  tellonce audit export --format csv > audit.csv\n  tellonce audit export --follow --after 1200     for a log shipper that has the first 1200"
    )]
    Export(ExportArgs),
}

/// Parses a SHA-256 hash in hexadecimal, so that a mistyped hash is not reported as a cut-off end.
fn hash(text: &str) -> Result<Hash, String> {
    Hash::from_hex(text).ok_or_else(|| "not a hash of 64 hexadecimal digits".to_owned())
}

#[derive(Serialize)]
struct VerifiedJson {
    schema: &'static str,
    records: u64,
    head: Option<String>,
    number: Option<u64>,
}

/// Lists, verifies or exports. Needs no session, because the ledger is on this machine.
pub(super) async fn run(context: &Context, args: AuditArgs) -> Result<ExitCode> {
    let ledger = context.ledger();
    let code = match args.command {
        AuditCommand::List(filter) => list::run(context, &ledger, filter).await,
        AuditCommand::Verify { head } => {
            let verified = verify(ledger.store().await?, head).await?;
            ledger.check_receipt().await?;
            show_verified(context, verified.records, verified.head)
        }
        AuditCommand::Export(args) => export::run(context, &ledger, args).await,
    };
    for warning in ledger.warnings().take() {
        context.screen.warning(&warning);
    }
    code
}

fn show_verified(context: &Context, records: u64, head: Option<Head>) -> Result<ExitCode> {
    if context.json() {
        let object = VerifiedJson {
            schema: "tellonce.audit-verify/v1",
            records,
            head: head.map(|head| head.hash.to_string()),
            number: head.map(|head| head.number),
        };
        return Ok(context.screen.json(&object)?);
    }
    context.screen.line(&format!("The chain is whole: {records} records."));
    if let Some(head) = head {
        context.screen.line(&format!("Its head is {}", head.hash));
        context
            .screen
            .notice("Keep the head elsewhere: `tellonce audit verify --head HASH` then finds a cut-off end as well.");
    }
    Ok(ExitCode::DONE)
}
