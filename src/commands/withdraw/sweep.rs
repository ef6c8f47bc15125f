//! `withdraw --all`: withdraws every temporary password that has been pending for too long.

use std::time::Duration;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::outbox;
use crate::commands::unlisted::{describe_not_found, show_lookup_refusal};
use crate::commands::view::{LOCAL_CLOCK, moment};
use crate::domain::ports::Prompter;
use crate::domain::{
    Case, ClockSource, Customer, Due, Error, ExitCode, Kind, Obstacle, Outstanding, Pending, Reason, Services, Swept,
    Unlisted, due, refusal, sweep,
};
use crate::terminal::Effect;

#[derive(Serialize)]
struct SweptJson<'a> {
    schema: &'static str,
    backend: &'a str,
    dry_run: bool,
    /// The clock that --older-than was measured by.
    clock: ClockSource,
    withdrawn: &'a [Customer],
    failed: Vec<FailedJson<'a>>,
    /// What was issued to users who are not found any more.
    not_found: &'a [Outstanding],
    /// Why users were not looked up; `None` if all were.
    lookup_refused: Option<&'a str>,
    /// Why the ledger does not say yet what is outstanding no more.
    settling_failed: Option<&'a str>,
    total: usize,
}

#[derive(Serialize)]
struct FailedJson<'a> {
    customer: &'a Customer,
    reason: Reason,
    message: &'a str,
}

/// Lists the temporary passwords, asks once, and withdraws each. Ends with exit 10 if one fails; the others go on.
pub(super) async fn run(
    context: &Context,
    case: &Case,
    older_than: Duration,
    dry_run: bool,
    yes: bool,
) -> Result<ExitCode> {
    let session = context.session().await?;
    let mut prompter = context.prompter(yes);
    let mut confirmed_prompter = context.prompter(true);
    let due = context
        .with_services(&mut prompter, async |services: &mut Services<'_>| due(services, &session, older_than).await)
        .await?;
    let clock = due.clock;
    if clock == ClockSource::Local {
        context.screen.notice(LOCAL_CLOCK);
    }
    show_lookup_refusal(context, due.unlisted.refusal.as_ref());
    let total = due.pending.len();
    let swept = if dry_run {
        list(context, &due.pending);
        dry_run_result(due)
    } else {
        if !yes && !due.pending.is_empty() {
            list(context, &due.pending);
            let question = format!(
                "Withdraw these {total} temporary passwords on {} ({})?",
                context.profile.name, context.profile.backend
            );
            if !prompter.yes(&question, false)? {
                bail!(Error::new(Kind::Declined, Reason::Declined, "Nothing was withdrawn."));
            }
        }
        context
            .with_services(&mut confirmed_prompter, async |services: &mut Services<'_>| {
                Ok(sweep(services, &session, due, case).await)
            })
            .await?
    };
    if !dry_run && !swept.withdrawn.is_empty() {
        context.screen.note_effect(Effect::Changed);
    }
    report(context, &swept, (total, clock), dry_run)?;
    if !dry_run {
        outbox::deliver_now(context).await;
    }
    let is_done = swept.failed.is_empty() && swept.not_found.is_empty() && swept.settling_failed.is_none();
    Ok(if is_done { ExitCode::DONE } else { ExitCode::SOME_FAILED })
}

/// Returns what a sweep of these would do.
fn dry_run_result(due: Due) -> Swept {
    let Unlisted { not_found, refusal: lookup_refusal, .. } = due.unlisted;
    let mut swept = Swept { not_found, lookup_refusal, ..Swept::default() };
    for pending in due.pending {
        match pending.unreadable {
            Some(hidden) => {
                let error = refusal(&Obstacle::Unreadable(hidden), &pending.customer);
                swept.failed.push((pending.customer, error));
            }
            None => swept.withdrawn.push(pending.customer),
        }
    }
    swept
}

fn list(context: &Context, due: &[Pending]) {
    if context.json() || due.is_empty() {
        return;
    }
    let rows = due
        .iter()
        .map(|pending| vec![pending.customer.id.to_string(), pending.customer.name.clone(), moment(pending.issued_at)]);
    context.screen.table(&["ID", "NAME", "ISSUED"], rows.collect());
}

fn report(context: &Context, swept: &Swept, (total, clock): (usize, ClockSource), dry_run: bool) -> Result<()> {
    if let Some(error) = &swept.settling_failed {
        let message = format!(
            "The audit log does not say yet what is outstanding no more, so the next sweep looks again: {error}"
        );
        context.screen.warning(&message);
    }
    if context.json() {
        let failed = swept.failed.iter().map(|(customer, error)| FailedJson {
            customer,
            reason: error.reason,
            message: &error.message,
        });
        let object = SweptJson {
            schema: "tellonce.withdraw/v1",
            backend: &context.profile.backend,
            dry_run,
            clock,
            withdrawn: &swept.withdrawn,
            failed: failed.collect(),
            not_found: &swept.not_found,
            lookup_refused: swept.lookup_refusal.as_ref().map(|error| error.message.as_str()),
            settling_failed: swept.settling_failed.as_ref().map(|error| error.message.as_str()),
            total,
        };
        return Ok(context.screen.json(&object).map(drop)?);
    }
    let result = if dry_run { "would be withdrawn" } else { "withdrawn" };
    context.screen.line(&format!("{} of {total} {result}.", swept.withdrawn.len()));
    for (customer, error) in &swept.failed {
        context.screen.warning(&format!("{}: {error}", customer.id));
    }
    for password in &swept.not_found {
        context.screen.warning(&describe_not_found(password));
    }
    Ok(())
}
