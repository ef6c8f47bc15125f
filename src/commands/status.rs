//! `status`: shows a customer's status; with `--watch`, until they are signed in again.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use serde::Serialize;

use super::ask_missing;
use super::context::{Context, look_up};
use super::view::{StatusFields, moment, valid_until};
use crate::domain::{Changed, CustomerFacts, Error, ExitCode, Kind, Obstacle, Reason, Stamp, Status, refusal};

/// Where a customer stands
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce status ada@example.com\n  tellonce status C-1001 --watch     waits until Ada is back in"
)]
pub(super) struct StatusArgs {
    /// The customer: an id, username or e-mail address; asked for if left out at a terminal
    customer: Option<String>,
    /// Wait until the customer is back in (--timeout gives a limit)
    #[arg(long)]
    watch: bool,
}

/// How often a watch reads the status.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);

#[derive(Serialize)]
struct StatusJson<'a> {
    schema: &'static str,
    backend: &'a str,
    #[serde(flatten)]
    status: &'a StatusFields<'a>,
}

/// Shows the status once, or every change of it until the customer is signed in again.
pub(super) async fn run(context: &mut Context, args: StatusArgs) -> Result<ExitCode> {
    let customer = ask_missing::customer(args.customer, "status", &mut context.prompter(false))?;
    let limit = args.watch.then_some(context.global.timeout).flatten();
    if args.watch {
        context.global.timeout = None; // with --watch, --timeout limits the watch and not one call
    }
    let (session, mut facts) = look_up(context, "status", &customer).await?;
    context.screen.practice_banner(&context.profile.backend);
    show(context, &facts)?;
    if !args.watch {
        return Ok(ExitCode::DONE);
    }
    let started = std::time::Instant::now();
    loop {
        if let Some(ended) = verdict(&facts) {
            return Ok(ended?);
        }
        let left = limit.map(|limit| limit.saturating_sub(started.elapsed()));
        if left == Some(Duration::ZERO) {
            let customer = &facts.customer;
            bail!(Error::new(
                Kind::Unavailable,
                Reason::StillPending,
                format!("{} ({}) is still pending.", customer.name, customer.id),
            ));
        }
        if context.screen.has_lost_its_reader() {
            return Ok(ExitCode::DONE);
        }
        tokio::time::sleep(left.map_or(WATCH_INTERVAL, |left| left.min(WATCH_INTERVAL))).await;
        let snapshot = session.backend().user_snapshot(&facts.customer).await?;
        let changed = snapshot.state != facts.snapshot.state
            || !Stamp::same_set(snapshot.stamp.as_ref(), facts.snapshot.stamp.as_ref());
        facts.snapshot = snapshot;
        if changed {
            show(context, &facts)?;
        }
    }
}

/// Returns how the watch ends, or `None` if it goes on.
///
/// It ends well if the customer is back in, and with an error if this temporary password cannot get them there.
fn verdict(facts: &CustomerFacts) -> Option<Result<ExitCode, Error>> {
    let (state, customer) = (&facts.snapshot.state, &facts.customer);
    let over = |reason, what: &str| {
        let error = Error::new(
            Kind::NotDelivered,
            reason,
            format!("The temporary password of {} ({}) {what}.", customer.name, customer.id),
        )
        .hint(format!("Issue another: `tellonce reset {}`.", customer.id));
        Some(Err(Error { changed: Changed::No, ..error }))
    };
    if state.withdrawn == Some(true) {
        over(Reason::Withdrawn, "was withdrawn")
    } else if state.expired == Some(true) {
        over(Reason::RanOut, "ran out before it was used")
    } else if state.status() == Status::Active {
        Some(Ok(ExitCode::DONE))
    } else if let Some(value) = facts.snapshot.unreadable() {
        Some(Err(refusal(&Obstacle::Unreadable(value.clone()), customer)))
    } else if state.change_required || (state.locked && !is_locked_for_good(facts)) {
        None
    } else {
        Some(Err(Error::refused(
            Reason::NothingPending,
            format!("There is nothing to wait for: {} ({}) is \"{}\".", customer.name, customer.id, state.describe()),
        )))
    }
}

/// Tells whether only an administrator can lift the lock, so that there is nothing to wait for.
fn is_locked_for_good(facts: &CustomerFacts) -> bool {
    facts.snapshot.obstacles.iter().any(|obstacle| matches!(obstacle, Obstacle::PermanentlyLocked(_)))
}

fn show(context: &Context, facts: &CustomerFacts) -> Result<()> {
    let status = StatusFields::of(facts);
    if context.json() {
        let object = StatusJson { schema: "tellonce.status/v1", backend: &context.profile.backend, status: &status };
        return Ok(context.screen.json(&object).map(drop)?);
    }
    let customer = &facts.customer;
    let mut line = format!("{} ({}): {}", customer.name, customer.id, facts.snapshot.state.describe());
    if status.change_required == Some(true) {
        let by = status.issued_by.map_or_else(String::new, |by| format!(" by {by}"));
        line =
            format!("{line}. Issued {}{by}. Valid until: {}", moment(status.issued_at), valid_until(status.expires_at));
    }
    context.screen.line(&line);
    Ok(())
}
