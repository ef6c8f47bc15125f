//! `audit`: lists, verifies and exports the audit log.

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

use super::context::Context;
use crate::domain::ExitCode;
use crate::ledger::{self, Record};

/// Who did what to whom
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce audit list --customer C-1001")]
pub(super) struct AuditArgs {
    /// The verb.
    #[command(subcommand)]
    command: AuditCommand,
}

/// The audit log's verbs.
#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// The records that match
    #[command(after_help = "Example:\n  tellonce audit list --customer C-1001 --since 2026-01-01T00:00:00Z")]
    List(RecordFilter),
    /// Is the chain whole? Exit 11 names the first broken line
    #[command(after_help = "Example:\n  tellonce audit verify --head HASH     also finds a cut-off end")]
    Verify {
        /// The hash of a line that must be there, as an earlier verify said it
        #[arg(long, value_name = "HASH", value_parser = hash)]
        head: Option<String>,
    },
    /// All records that match, on standard output
    #[command(after_help = "Example:\n  tellonce audit export --format csv > audit.csv")]
    Export {
        /// The form of the export
        #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
        format: ExportFormat,
        /// Which records.
        #[command(flatten)]
        filter: RecordFilter,
    },
}

/// Which records
#[derive(Clone, Debug, Default, Args)]
struct RecordFilter {
    /// Only this customer's, by id
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Only this agent's
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Not before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// Only this action: set, `create_and_set` or withdraw
    #[arg(long, value_name = "ACTION", value_parser = ["set", "create_and_set", "withdraw"])]
    action: Option<String>,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// Comma-separated values, formula cells defused.
    Csv,
    /// The lines as they stand in the log.
    Jsonl,
}

/// Parses a SHA-256 hash in hexadecimal, so that a mistyped hash is not reported as a cut-off end.
fn hash(text: &str) -> Result<String, String> {
    let is_hash = text.len() == 64 && text.chars().all(|digit| digit.is_ascii_hexdigit());
    if is_hash { Ok(text.to_lowercase()) } else { Err("not a hash of 64 hexadecimal digits".to_owned()) }
}

#[derive(Serialize)]
struct ListJson<'a> {
    schema: &'static str,
    records: &'a [Record],
}

#[derive(Serialize)]
struct VerifiedJson<'a> {
    schema: &'static str,
    records: usize,
    head: Option<&'a str>,
}

/// Lists, verifies or exports. Needs no session, because the log is on this machine.
pub(super) fn run(context: &mut Context, args: AuditArgs) -> Result<ExitCode> {
    match args.command {
        AuditCommand::List(filter) => list(context, filter),
        AuditCommand::Verify { head } => verify(context, head.as_deref()),
        AuditCommand::Export { format, filter } => export(context, format, filter),
    }
}

fn filter(args: RecordFilter) -> ledger::Filter {
    ledger::Filter {
        customer: args.customer,
        agent: args.agent,
        since: args.since,
        until: args.until,
        action: args.action,
    }
}

fn list(context: &Context, args: RecordFilter) -> Result<ExitCode> {
    let records = ledger::records(&context.folders.audit_log(), &filter(args))?;
    if context.json() {
        return Ok(context.screen.json(&ListJson { schema: "tellonce.audit-list/v1", records: &records })?);
    }
    if records.is_empty() {
        context.screen.notice("No record matches.");
        return Ok(ExitCode::DONE);
    }
    context.screen.table(
        &["TIME", "AGENT", "CUSTOMER", "ACTION", "EVENT", "TICKET", "ATTEMPT"],
        records.iter().map(row).collect(),
    );
    for attempt in ledger::open_attempts(&context.folders, &records)? {
        context.screen.warning(&format!(
            "Attempt {attempt} has no end in the log: what became of it is unknown. `tellonce show CUSTOMER` finds out."
        ));
    }
    Ok(ExitCode::DONE)
}

fn row(record: &Record) -> Vec<String> {
    vec![
        record.at.strftime("%F %T").to_string(),
        record.agent.clone(),
        record.customer.clone(),
        record.action.clone(),
        record.describe(),
        record.ticket.clone().unwrap_or_default(),
        record.attempt.clone(),
    ]
}

fn verify(context: &Context, head: Option<&str>) -> Result<ExitCode> {
    let verified = ledger::verify(&context.folders.audit_log(), head)?;
    if context.json() {
        let object = VerifiedJson {
            schema: "tellonce.audit-verify/v1",
            records: verified.records,
            head: verified.head.as_deref(),
        };
        return Ok(context.screen.json(&object)?);
    }
    context.screen.line(&format!("The chain is whole: {} records.", verified.records));
    if let Some(head) = &verified.head {
        context.screen.line(&format!("Its head is {head}"));
        context
            .screen
            .notice("Keep the head elsewhere: `tellonce audit verify --head HASH` then finds a cut-off end as well.");
    }
    Ok(ExitCode::DONE)
}

fn export(context: &Context, format: ExportFormat, args: RecordFilter) -> Result<ExitCode> {
    let records = ledger::records(&context.folders.audit_log(), &filter(args))?;
    let text = match format {
        ExportFormat::Csv => ledger::export_csv(&records)?,
        ExportFormat::Jsonl => ledger::export_jsonl(&records)?,
    };
    context.screen.text(&text);
    Ok(ExitCode::DONE)
}
