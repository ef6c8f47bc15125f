//! `audit export`: the records that match, for other programs.

use std::time::Duration;

use anyhow::Result;
use clap::{Args, ValueEnum};

use super::filter::RecordFilter;
use crate::commands::context::Context;
use crate::domain::ExitCode;
use crate::ledger::{Ledger, Pages, StoredRecord, csv_header, csv_line};

/// How often to look for new records.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(500);

/// What is exported, and how.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The form of the export
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
    format: ExportFormat,
    /// Go on with each record that is written from now on, until the reader goes away
    #[arg(long)]
    follow: bool,
    /// Only records after this number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    after: u64,
    /// Which records.
    #[command(flatten)]
    filter: RecordFilter,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ExportFormat {
    /// Comma-separated values, formula cells defused.
    Csv,
    /// One JSON object a line: number, hashes, and the exact text that they protect.
    Jsonl,
}

impl ExportFormat {
    fn line(self, record: &StoredRecord) -> Result<String> {
        Ok(match self {
            Self::Csv => csv_line(record)?,
            Self::Jsonl => record.line() + "\n",
        })
    }
}

/// Exports the records that match.
pub(super) async fn run(context: &Context, ledger: &Ledger, args: ExportArgs) -> Result<ExitCode> {
    let query = args.filter.query(ledger).await?;
    let mut pages = Pages::new(ledger.store().await?, query).after(args.after);
    if args.format == ExportFormat::Csv {
        context.screen.text(&csv_header()?);
    }
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            if !args.follow || context.screen.has_lost_its_reader() {
                return Ok(ExitCode::DONE);
            }
            tokio::time::sleep(FOLLOW_INTERVAL).await;
            continue;
        }
        let mut text = String::new();
        for record in &page {
            text.push_str(&args.format.line(record)?);
        }
        if context.screen.stream_bytes(text.as_bytes())?.is_break() {
            return Ok(ExitCode::DONE);
        }
    }
}
