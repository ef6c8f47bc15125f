//! `bulk list` and `bulk show`: runs, without being at them.

use anyhow::Result;
use serde::Serialize;

use super::super::context::Context;
use super::report;
use crate::bulk::RowOutcome;
use crate::bulk::folder::{RunSummary, ids, look, named};
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

fn of(known: &RunSummary) -> RunJson {
    let sum = |wanted: &dyn Fn(RowOutcome) -> bool| {
        known.counts.iter().filter(|(outcome, _)| wanted(*outcome)).map(|(_, count)| count).sum()
    };
    RunJson {
        run: known.settings.run.clone(),
        backend: known.settings.backend.clone(),
        started_at: known.settings.started_at,
        state: known.state.clone(),
        rows: known.settings.rows,
        delivered: sum(&|outcome| outcome == RowOutcome::Delivered),
        failed: sum(&RowOutcome::is_failure),
    }
}

/// All runs, newest first.
pub(super) fn list(context: &Context) -> Result<ExitCode> {
    let mut runs = Vec::new();
    for run in ids(&context.folders)? {
        runs.extend(look(&context.folders, &run)?.as_ref().map(of));
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

/// How far one has come.
pub(super) fn show(context: &Context, name: &str) -> Result<ExitCode> {
    let run = named(&context.folders, name)?;
    let known = look(&context.folders, &run)?
        .ok_or_else(|| Error::usage(format!("The run {run} never began: nothing was changed.")))?;
    let resume = (known.state == "stopped").then(|| report::command(&known.settings));
    if context.json() {
        return Ok(context.screen.json(&ShowJson {
            schema: "tellonce.bulk-show/v1",
            run: of(&known),
            outcomes: known.counts.iter().map(|(outcome, count)| (outcome.name(), *count)).collect(),
            input: known.settings.input.display().to_string(),
            resume,
        })?);
    }
    let told = of(&known);
    let mut fields = vec![
        ("Run".to_owned(), told.run),
        ("Backend".to_owned(), told.backend),
        ("State".to_owned(), told.state),
        ("Rows".to_owned(), told.rows.to_string()),
    ];
    fields.extend(known.counts.iter().map(|(outcome, count)| (outcome.name().to_owned(), count.to_string())));
    fields.extend(resume.map(|command| ("Go on".to_owned(), command)));
    context.screen.fields(&fields);
    Ok(ExitCode::DONE)
}
