//! `report`: what was done, in groups, from the ledger.

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

use super::context::Context;
use super::view::moment;
use crate::config::parse_duration;
use crate::domain::{Error, ExitCode};
use crate::ledger::{Counts, Grouping, Ledger, Pages, Query, Report, ReportBuilder, ReportGroup, csv_row};
use crate::output::defuse_formula;
use crate::platform::local_zone;

/// A column of counts: its name in CSV, its header in the table, and the count.
type Column = (&'static str, &'static str, fn(&Counts) -> u64);

const COLUMNS: [Column; 13] = [
    ("resets", "RESETS", |counts| counts.resets),
    ("created", "CREATED", |counts| counts.created),
    ("delivered", "DELIVERED", |counts| counts.delivered),
    ("not_delivered", "NOT DELIVERED", |counts| counts.not_delivered),
    ("unknown", "UNKNOWN", |counts| counts.unknown),
    ("withdrawn", "WITHDRAWN", |counts| counts.withdrawn),
    ("unlocked", "UNLOCKED", |counts| counts.unlocked),
    ("failed", "FAILED", |counts| counts.failed),
    ("refused", "REFUSED", |counts| counts.refused),
    ("verified", "VERIFIED", |counts| counts.verified),
    ("attested", "ATTESTED", |counts| counts.attested),
    ("notices_failed", "NOTICES FAILED", |counts| counts.notices_failed),
    ("bulk_rows", "BULK ROWS", |counts| counts.bulk_rows),
];

/// What was done, counted from the ledger
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce report --since 7d --by day\n  tellonce report --by reason --format csv > reasons.csv"
)]
pub(super) struct ReportArgs {
    /// From when on: a duration before now, or a time (RFC 3339)
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = since)]
    since: Timestamp,
    /// What the counts are grouped by
    #[arg(long, value_enum, default_value_t = By::Agent)]
    by: By,
    /// Write the groups in this form instead of a table
    #[arg(long, value_enum)]
    format: Option<ReportFormat>,
}

/// What the counts are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum By {
    /// Who did it.
    Agent,
    /// For whom, as the records name them.
    Customer,
    /// The local day.
    Day,
    /// The reason that the agent gave.
    Reason,
}

impl By {
    const fn grouping(self) -> Grouping {
        match self {
            Self::Agent => Grouping::Agent,
            Self::Customer => Grouping::Customer,
            Self::Day => Grouping::Day,
            Self::Reason => Grouping::Reason,
        }
    }

    /// Returns the name of the column, and what stands there if the records do not say it.
    const fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Agent => ("agent", "AGENT", "no agent"),
            Self::Customer => ("customer", "CUSTOMER", "no customer"),
            Self::Day => ("day", "DAY", "no day"),
            Self::Reason => ("reason", "REASON", "no reason"),
        }
    }
}

/// The form of a report that is no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// Comma-separated values, formula cells defused.
    Csv,
}

#[derive(Serialize)]
struct ReportJson<'a> {
    schema: &'static str,
    since: Timestamp,
    by: By,
    groups: &'a [ReportGroup],
    totals: Counts,
    unreadable: u64,
}

/// Parses a duration before now, or a time.
fn since(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let duration = parse_duration(text).map_err(|why| format!("{why}, nor a time such as 2026-01-01T00:00:00Z"))?;
    Timestamp::now().checked_sub(duration).map_err(|_| format!("\"{text}\" is too long ago"))
}

/// Counts and shows. Needs no session, because the ledger is on this machine.
pub(super) async fn run(context: &Context, args: ReportArgs) -> Result<ExitCode> {
    if context.json() && args.format.is_some() {
        bail!(Error::usage("`--format csv` and `-o json` are two forms of one report.").hint("Leave one of them out."));
    }
    let ledger = context.ledger();
    let counted = count(&ledger, &args).await;
    for warning in ledger.warnings().take() {
        context.screen.warning(&warning);
    }
    let (report, unreadable) = counted?;
    if context.json() {
        let Report { groups, totals } = &report;
        let object = ReportJson {
            schema: "tellonce.report/v1",
            since: args.since,
            by: args.by,
            groups,
            totals: *totals,
            unreadable,
        };
        return Ok(context.screen.json(&object)?);
    }
    if unreadable > 0 {
        context.screen.warning(&format!(
            "Records that cannot be read are not counted: {unreadable}. `tellonce ledger status` names them."
        ));
    }
    match args.format {
        Some(ReportFormat::Csv) => context.screen.text(&csv(&report, args.by)?),
        None if report.groups.is_empty() => {
            let since = moment(Some(args.since));
            context.screen.notice(&format!("The ledger has no reset, withdrawal or unlock since {since}."));
        }
        None => table(context, &report, args.by),
    }
    Ok(ExitCode::DONE)
}

/// Reads the ledger in pages. Returns also how many records cannot be read.
async fn count(ledger: &Ledger, args: &ReportArgs) -> Result<(Report, u64)> {
    let mut pages = Pages::new(ledger.store().await?, Query { since: Some(args.since), ..Query::default() });
    let mut builder = ReportBuilder::new(args.by.grouping(), local_zone());
    let mut unreadable = 0;
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            return Ok((builder.finish(), unreadable));
        }
        for stored in page {
            match stored.record() {
                Ok(record) => builder.add(record),
                Err(_) => unreadable += 1,
            }
        }
    }
}

/// Shows the groups and their sum. A column that has nothing but zeros is left out, except for the resets.
fn table(context: &Context, report: &Report, by: By) {
    let (_, header, none) = by.names();
    let columns: Vec<&Column> =
        COLUMNS.iter().filter(|(name, _, count)| *name == "resets" || count(&report.totals) > 0).collect();
    let headers: Vec<&str> = [header].into_iter().chain(columns.iter().map(|(_, header, _)| *header)).collect();
    let row = |name: &str, counts: &Counts| {
        [name.to_owned()].into_iter().chain(columns.iter().map(|(_, _, count)| count(counts).to_string())).collect()
    };
    let mut rows: Vec<Vec<String>> =
        report.groups.iter().map(|group| row(group.group.as_deref().unwrap_or(none), &group.counts)).collect();
    if report.groups.len() > 1 {
        rows.push(row("all", &report.totals));
    }
    context.screen.table(&headers, rows);
}

fn csv(report: &Report, by: By) -> Result<String> {
    let (name, _, none) = by.names();
    let header = [name].into_iter().chain(COLUMNS.iter().map(|(name, ..)| *name)).map(str::to_owned);
    let mut text = csv_row(header)?;
    for ReportGroup { group, counts } in &report.groups {
        let group = defuse_formula(group.as_deref().unwrap_or(none)).into_owned();
        text += &csv_row([group].into_iter().chain(COLUMNS.iter().map(|(_, _, count)| count(counts).to_string())))?;
    }
    Ok(text)
}
