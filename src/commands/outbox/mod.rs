//! `outbox`: what customers are still to be told.

mod delivery;

use anyhow::Result;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use self::delivery::deliver_due;
pub(super) use self::delivery::{deliver_after, deliver_now};
use super::context::Context;
use super::view::moment;
use crate::domain::{Channel, ExitCode};
use crate::ledger::WaitingNotice;

/// What customers are still to be told
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce outbox\n  tellonce --profile acme outbox send     from a timer: docs/timers.md has it"
)]
pub(super) struct OutboxArgs {
    /// What to do; without it, the notices that wait are listed.
    #[command(subcommand)]
    what: Option<What>,
}

/// What to do with the outbox.
#[derive(Clone, Copy, Debug, Subcommand)]
enum What {
    /// The notices that wait, of every profile
    #[command(after_help = "Example:\n  tellonce outbox list -o json")]
    List,
    /// Send what is due of this profile
    #[command(after_help = "Example:\n  tellonce --profile acme outbox send")]
    Send,
}

#[derive(Serialize)]
struct OutboxJson<'a> {
    schema: &'static str,
    notices: &'a [NoticeJson],
}

#[derive(Serialize)]
struct NoticeJson {
    notice: String,
    attempt: String,
    action: String,
    profile: String,
    channel: Channel,
    to: String,
    queued_at: Timestamp,
    tries: u32,
    next_at: Timestamp,
}

impl From<WaitingNotice> for NoticeJson {
    fn from(waiting: WaitingNotice) -> Self {
        let to = waiting.contact().masked();
        let WaitingNotice { notice, at, tries, next_at } = waiting;
        Self {
            notice: notice.id,
            attempt: notice.attempt,
            action: notice.action,
            profile: notice.profile,
            channel: notice.channel,
            to,
            queued_at: at,
            tries,
            next_at,
        }
    }
}

#[derive(Serialize)]
struct SentJson {
    schema: &'static str,
    profile: String,
    sent: usize,
    undeliverable: usize,
    waiting: usize,
}

/// Lists what waits, or sends what is due.
pub(super) async fn run(context: &mut Context, args: OutboxArgs) -> Result<ExitCode> {
    match args.what.unwrap_or(What::List) {
        What::List => list(context).await,
        What::Send => send(context).await,
    }
}

async fn list(context: &Context) -> Result<ExitCode> {
    let ledger = context.ledger();
    let waiting = ledger.waiting_notices().await;
    for warning in ledger.warnings().take() {
        context.screen.warning(&warning);
    }
    let notices: Vec<NoticeJson> = waiting?.into_iter().map(NoticeJson::from).collect();
    if context.json() {
        return Ok(context.screen.json(&OutboxJson { schema: "tellonce.outbox/v1", notices: &notices })?);
    }
    if notices.is_empty() {
        context.screen.notice("No notice waits.");
        return Ok(ExitCode::DONE);
    }
    let row = |notice: &NoticeJson| {
        vec![
            moment(Some(notice.queued_at)),
            notice.profile.clone(),
            notice.to.clone(),
            notice.attempt.clone(),
            notice.tries.to_string(),
            moment(Some(notice.next_at)),
        ]
    };
    let headers = ["QUEUED", "PROFILE", "TO", "ATTEMPT", "TRIES", "NEXT TRY"];
    context.screen.table(&headers, notices.iter().map(row).collect());
    Ok(ExitCode::DONE)
}

/// Sends what is due. Ends with exit 10 if a notice was not sent.
async fn send(context: &Context) -> Result<ExitCode> {
    let delivered = deliver_due(context).await?;
    let waiting = context.ledger().waiting_notices().await?;
    let waiting = waiting.iter().filter(|waiting| waiting.notice.profile == context.profile.name).count();
    for problem in &delivered.problems {
        context.screen.warning(problem);
    }
    if context.json() {
        let object = SentJson {
            schema: "tellonce.outbox-send/v1",
            profile: context.profile.name.clone(),
            sent: delivered.sent,
            undeliverable: delivered.undeliverable,
            waiting,
        };
        context.screen.json(&object)?;
    } else {
        context.screen.line(&format!(
            "Sent: {}. Undeliverable: {}. Still waiting: {waiting}.",
            delivered.sent, delivered.undeliverable
        ));
        if waiting > 0 && delivered.problems.is_empty() {
            context.screen.notice("What waits is not due yet: `tellonce outbox` says when.");
        }
    }
    Ok(if delivered.problems.is_empty() { ExitCode::DONE } else { ExitCode::SOME_FAILED })
}
