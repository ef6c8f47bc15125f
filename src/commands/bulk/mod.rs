//! `bulk`: many resets, planned, confirmed once, resumable.

mod dry_run;
mod look;
mod plan;
mod report;
mod resume;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::context::Context;
use crate::bulk::{Change, Journal, Limiter, OutputTarget, OutputWriter, Rows, Run, RunSettings, folder, limited};
use crate::cli::{BulkArgs, BulkCommand, ProgressKind};
use crate::domain::{ExitCode, Result, Session};
use crate::ledger::RunAuditLog;
use crate::output::Progress;
use crate::platform::{SystemClock, SystemRandom};
use crate::terminal::{ProgressReporter, RevealTarget};

/// Lists, shows, rehearses, runs or resumes.
pub(super) async fn run(context: &mut Context, args: BulkArgs, early: RevealTarget) -> Result<ExitCode> {
    let run = args.run;
    match (args.command, &run.resume) {
        (Some(BulkCommand::List), _) => look::list(context),
        (Some(BulkCommand::Show { run }), _) => look::show(context, &run),
        (None, Some(name)) => resume::run(context, name, run.progress, early).await,
        (None, None) if run.dry_run => dry_run::run(context, &run).await,
        (None, None) => plan::run(context, &run, early).await,
    }
}

/// What a sitting of a run works with, whether it is the first or not.
struct Sitting {
    settings: RunSettings,
    journal: Journal,
    sink: OutputWriter,
    progress: ProgressKind,
}

/// The audit log for this run.
fn audit(context: &Context, run: &str, folder: &std::path::Path) -> Result<RunAuditLog> {
    let settings = context.configuration.audit.clone();
    let index = folder.join("audit-index.db");
    RunAuditLog::new(&context.folders, settings, Arc::new(SystemClock), Box::new(SystemRandom), run, &index)
}

/// The pace, and the session at it.
async fn at_a_pace(session: Session, concurrency: Option<usize>, wait: Duration) -> Result<(Session, Rc<Limiter>)> {
    let concurrency = match concurrency {
        Some(given) => given,
        None => session.backend().capabilities().await?.concurrency,
    };
    let limiter = Rc::new(Limiter::new(concurrency, wait));
    Ok((limited(session, &limiter), limiter))
}

/// Works until the end, or until something stops it; and says what it came to.
async fn sit(context: &Context, session: Session, audit: RunAuditLog, sitting: Sitting) -> Result<ExitCode> {
    let Sitting { settings, journal, sink, progress } = sitting;
    let journal = Rc::new(journal);
    let sink = Rc::new(sink);
    let (session, limiter) =
        at_a_pace(session, settings.concurrency, Duration::from_secs(settings.wait_seconds)).await?;
    let rows = Rows::open(&settings.input, Some(settings.format))?.with_tickets_of(&context.profile.guards);
    context.signals.run_begins();
    journal.write(Change::Fact { name: "state", value: "stopped".to_owned() }).await?;
    audit.started(&session, &report::begun(&settings)).await?;
    let work = Run {
        session: &session,
        limiter,
        journal: Rc::clone(&journal),
        audit: audit.clone(),
        sink: Rc::clone(&sink),
        guards: &context.profile.guards,
        clock: &SystemClock,
        interruptions: &context.signals,
        settings: &settings,
    };
    let mut teller = ProgressReporter::new(context.screen.clone(), progress, settings.rows, context.global.quiet);
    let mut last = Progress::default();
    let ended = work
        .work(rows, &mut |progress| {
            teller.tell(&settings.run, progress);
            last.clone_from(progress);
        })
        .await;
    teller.end(&settings.run, &last);
    drop(work);
    let counts = journal.counts()?;
    let told = audit.ended(&session, &report::ended(&counts, ended.stopped.as_ref())).await;
    for warning in audit.take_warnings() {
        context.screen.warning(&warning);
    }
    let finished = ended.stopped.is_none() && !ended.limited && !report::has_undelivered(&counts);
    if finished {
        journal.write(Change::Fact { name: "state", value: "finished".to_owned() }).await?;
        if settings.spooled {
            let _ = std::fs::remove_file(&settings.input); // it is in a folder of its owner's alone
        }
    }
    drop(audit);
    let _ = std::fs::remove_file(folder::of(&context.folders, &settings.run).join("audit-index.db")); // made anew
    told?;
    let clear = matches!(settings.delivery, OutputTarget::Clear(_));
    report::told(context, &settings, &counts, ended, (clear, &sink.first_failures()))
}
