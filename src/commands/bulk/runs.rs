//! `bulk list` and `bulk show`: show runs without changing them.

use anyhow::Result;
use serde::Serialize;

use super::super::context::Context;
use super::report;
use crate::bulk::RowOutcome;
use crate::bulk::folder::{RunSummary, find_run, ids, read_summary};
use crate::domain::{Error, ExitCode};

#[derive(Serialize)]
struct ListJson {
    schema: &'static str,
    runs: Vec<RunJson>,
}

#[derive(Serialize)]
struct RunJson {
    run: String,
    backend: String,
    started_at: jiff::Timestamp,
    state: String,
    rows: u64,
    delivered: u64,
    failed: u64,
}

#[derive(Serialize)]
struct ShowJson {
    schema: &'static str,
    #[serde(flatten)]
    run: RunJson,
    outcomes: std::collections::BTreeMap<&'static str, u64>,
    input: String,
    resume: Option<String>,
}

impl From<&RunSummary> for RunJson {
    fn from(summary: &RunSummary) -> Self {
        let sum = |wanted: &dyn Fn(RowOutcome) -> bool| {
            summary.counts.iter().filter(|(outcome, _)| wanted(*outcome)).map(|(_, count)| count).sum()
        };
        Self {
            run: summary.settings.run.clone(),
            backend: summary.settings.backend.clone(),
            started_at: summary.settings.started_at,
            state: summary.state.clone(),
            rows: summary.settings.rows,
            delivered: sum(&|outcome| outcome == RowOutcome::Delivered),
            failed: sum(&RowOutcome::is_failure),
        }
    }
}

/// Lists all runs, newest first.
pub(super) fn list(context: &Context) -> Result<ExitCode> {
    let mut runs = Vec::new();
    for run in ids(&context.folders)? {
        runs.extend(read_summary(&context.folders, &run)?.as_ref().map(RunJson::from));
    }
    if context.json() {
        return Ok(context.screen.json(&ListJson { schema: "tellonce.bulk-list/v1", runs })?);
    }
    let row = |run: RunJson| {
        let numbers = [run.rows, run.delivered, run.failed].map(|number| number.to_string());
        let mut cells = vec![run.run, run.backend, run.started_at.strftime("%F %T").to_string(), run.state];
        cells.extend(numbers);
        cells
    };
    let rows = runs.into_iter().map(row).collect();
    context.screen.table(&["RUN", "BACKEND", "STARTED", "STATE", "ROWS", "DELIVERED", "FAILED"], rows);
    Ok(ExitCode::DONE)
}

/// Shows how far one run has come.
pub(super) fn show(context: &Context, name: &str) -> Result<ExitCode> {
    let run = find_run(&context.folders, name)?;
    let summary = read_summary(&context.folders, &run)?
        .ok_or_else(|| Error::usage(format!("The run {run} never began: nothing was changed.")))?;
    let resume = (summary.state == "stopped").then(|| report::command(&summary.settings));
    if context.json() {
        return Ok(context.screen.json(&ShowJson {
            schema: "tellonce.bulk-show/v1",
            run: RunJson::from(&summary),
            outcomes: summary.counts.iter().map(|(outcome, count)| (outcome.name(), *count)).collect(),
            input: summary.settings.input.display().to_string(),
            resume,
        })?);
    }
    let run_json = RunJson::from(&summary);
    let mut fields = vec![
        ("Run".to_owned(), run_json.run),
        ("Backend".to_owned(), run_json.backend),
        ("State".to_owned(), run_json.state),
        ("Rows".to_owned(), run_json.rows.to_string()),
    ];
    fields.extend(summary.counts.iter().map(|(outcome, count)| (outcome.name().to_owned(), count.to_string())));
    fields.extend(resume.map(|command| ("Go on".to_owned(), command)));
    context.screen.fields(&fields);
    Ok(ExitCode::DONE)
}
