//! `audit list`: the records that match, page by page.

use anyhow::Result;
use serde::Serialize;

use super::filter::{RecordFilter, wants};
use crate::commands::context::Context;
use crate::domain::ExitCode;
use crate::ledger::{Ledger, Pages, Query, Record, StoredRecord, abandoned_attempts};
use crate::output::{PagedTable, to_json};

const HEADERS: &[&str] = &["TIME", "AGENT", "CUSTOMER", "ACTION", "EVENT", "TICKET", "ATTEMPT"];

/// A record in JSON. Of one that cannot be read there is its text.
#[derive(Serialize)]
struct RecordJson {
    #[serde(flatten)]
    record: Option<Record>,
    prev: String,
    hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<Unreadable>,
}

#[derive(Serialize)]
struct Unreadable {
    number: u64,
    why: &'static str,
    text: String,
}

impl From<&StoredRecord> for RecordJson {
    fn from(stored: &StoredRecord) -> Self {
        let (record, why) = match stored.record() {
            Ok(record) => (Some(record), None),
            Err(why) => (None, Some(why)),
        };
        let unreadable = why.map(|why| Unreadable {
            number: stored.number,
            why,
            text: String::from_utf8_lossy(&stored.body).into_owned(),
        });
        Self { record, prev: stored.prev.to_string(), hash: stored.hash.to_string(), unreadable }
    }
}

/// Lists the records that match.
pub(super) async fn run(context: &Context, ledger: &Ledger, filter: RecordFilter) -> Result<ExitCode> {
    let query = filter.query(ledger).await?;
    let pages = Pages::new(ledger.store().await?, query.clone());
    if context.json() {
        return list_json(context, pages).await;
    }
    let goes_on = list_table(context, pages).await?;
    if goes_on {
        warn_of_abandoned(context, ledger, &query).await?;
    }
    Ok(ExitCode::DONE)
}

/// Writes a table. Returns whether its reader is still there.
async fn list_table(context: &Context, mut pages: Pages<'_>) -> Result<bool> {
    let mut table = PagedTable::new(HEADERS);
    let mut is_first = true;
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            if is_first {
                context.screen.notice("No record matches.");
            }
            return Ok(true);
        }
        is_first = false;
        if context.screen.stream_table(&mut table, page.iter().map(row).collect())?.is_break() {
            return Ok(false);
        }
    }
}

fn row(stored: &StoredRecord) -> Vec<String> {
    match stored.record() {
        Ok(Record { at, draft, .. }) => vec![
            at.strftime("%F %T").to_string(),
            draft.agent,
            draft.customer.unwrap_or_default(),
            draft.action.unwrap_or_default(),
            draft.event.describe(),
            draft.ticket.unwrap_or_default(),
            draft.attempt,
        ],
        Err(why) => {
            let mut row = vec![String::new(); HEADERS.len()];
            row[4] = format!("record {}: {why}", stored.number);
            row
        }
    }
}

/// Writes one object on one line, record by record.
async fn list_json(context: &Context, mut pages: Pages<'_>) -> Result<ExitCode> {
    let mut before: &[u8] = br#"{"schema":"tellonce.audit-list/v2","records":["#;
    loop {
        let page = pages.next().await?;
        let mut text = Vec::new();
        for stored in &page {
            text.extend_from_slice(before);
            text.extend_from_slice(to_json(&RecordJson::from(stored))?.trim_ascii_end());
            before = b",";
        }
        if page.is_empty() {
            let has_none = before.len() > 1;
            text.extend_from_slice(if has_none { before } else { b"" });
            text.extend_from_slice(b"]}\n");
        }
        if context.screen.stream_bytes(&text)?.is_break() || page.is_empty() {
            return Ok(ExitCode::DONE);
        }
    }
}

async fn warn_of_abandoned(context: &Context, ledger: &Ledger, query: &Query) -> Result<()> {
    for record in abandoned_attempts(ledger.store().await?).await?.iter().filter(|record| wants(query, record)) {
        context.screen.warning(&format!(
            "Attempt {} has no end in the ledger: what became of it is unknown. `tellonce show CUSTOMER` finds out.",
            record.draft.attempt
        ));
    }
    Ok(())
}
