//! `audit`: who did what to whom.

use serde::Serialize;

use super::context::Context;
use crate::cli::{AuditArgs, AuditCommand, ExportFormat, RecordFilter};
use crate::domain::{ExitCode, Result};
use crate::ledger::{self, Record};

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

/// Lists, verifies or exports. None of them needs a session: the log is this machine's.
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
        return context.screen.json(&ListJson { schema: "tellonce.audit-list/v1", records: &records });
    }
    if records.is_empty() {
        context.screen.notice("No record matches.");
        return Ok(ExitCode::DONE);
    }
    context.screen.table(
        &["TIME", "AGENT", "CUSTOMER", "ACTION", "EVENT", "TICKET", "ATTEMPT"],
        records.iter().map(row).collect(),
    );
    for open in ledger::open_attempts(&context.folders, &records)? {
        context.screen.warning(&format!(
            "Attempt {open} has no end in the log: what became of it is unknown. `tellonce show CUSTOMER` finds out."
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
        record.words(),
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
        return context.screen.json(&object);
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
