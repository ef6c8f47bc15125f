//! Sends the notices that are due, by the profile's sender.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::commands::context::Context;
use crate::commands::messages::CustomerMessages;
use crate::domain::{Changed, Error, Kind, Reason};
use crate::ledger::{Ledger, NoticeEnd, WaitingNotice};

/// How long a command that changed somebody sends notices before it leaves the rest to the next one.
const BESIDE_A_COMMAND: Duration = Duration::from_secs(20);

/// What became of the notices that were due.
#[derive(Debug, Default)]
pub(in crate::commands) struct Delivered {
    /// How many were sent.
    pub(in crate::commands) sent: usize,
    /// How many are given up.
    pub(in crate::commands) undeliverable: usize,
    /// Why each that was not sent was not, in a sentence.
    pub(in crate::commands) problems: Vec<String>,
    /// Whether the time ran out before all that are due were tried.
    is_cut_short: bool,
}

/// Sends every notice of the profile that is due.
///
/// # Errors
/// Exit 2: the profile has no sender. Exit 8: the ledger cannot be used.
pub(in crate::commands) async fn deliver_due(context: &Context) -> Result<Delivered, Error> {
    let messages = context.customer_messages()?;
    if !messages.has_sender() {
        let message = format!("The profile {} has no sender, so nothing can be sent.", context.profile.name);
        return Err(Error::new(Kind::Usage, Reason::Configuration, message)
            .hint("Name one in the configuration: docs/senders.md has examples."));
    }
    deliver(context, &messages, None).await
}

/// Sends what is due after a change that ended with an error. If nothing was changed, nothing is due because of it.
pub(in crate::commands) async fn deliver_after<T>(context: &Context, changed: &Result<T, Error>) {
    if changed.as_ref().is_err_and(|error| error.changed != Changed::No) {
        deliver_now(context).await;
    }
}

/// Sends what is due after a command changed somebody. What cannot be sent now waits; that is said, and is no error.
pub(in crate::commands) async fn deliver_now(context: &Context) {
    let delivered = match context.customer_messages() {
        Ok(messages) if messages.has_sender() => deliver(context, &messages, Some(BESIDE_A_COMMAND)).await,
        Ok(_) => return,
        Err(error) => Err(error),
    };
    match delivered {
        Ok(delivered) => {
            for problem in &delivered.problems {
                context.screen.warning(problem);
            }
            if delivered.is_cut_short {
                context.screen.notice("More notices wait. To send them: tellonce outbox send");
            }
        }
        // The message may have been sent before the ledger failed.
        Err(error) => {
            context.screen.warning(&format!("The customer may not have been told: {}", error.message_with_hint()));
        }
    }
}

async fn deliver(context: &Context, messages: &CustomerMessages, limit: Option<Duration>) -> Result<Delivered, Error> {
    let (ledger, begun) = (context.ledger(), Instant::now());
    let mut delivered = Delivered::default();
    while let Some(waiting) = ledger.take_notices(&context.profile.name, 1).await?.pop() {
        deliver_one(&ledger, messages, &waiting, &mut delivered).await?;
        if limit.is_some_and(|limit| begun.elapsed() >= limit) {
            delivered.is_cut_short = true;
            break;
        }
    }
    for warning in ledger.warnings().take() {
        context.screen.warning(&warning);
    }
    Ok(delivered)
}

async fn deliver_one(
    ledger: &Ledger,
    messages: &CustomerMessages,
    waiting: &WaitingNotice,
    delivered: &mut Delivered,
) -> Result<(), Error> {
    let to = waiting.contact().masked();
    match messages.send_notice(waiting).await {
        Ok(()) => {
            ledger.finish_notice(&waiting.notice, NoticeEnd::Sent).await?;
            delivered.sent += 1;
        }
        Err(failed) if failed.refuses_address || waiting.is_overdue(Timestamp::now()) => {
            ledger.finish_notice(&waiting.notice, NoticeEnd::Failed(failed.words.clone())).await?;
            delivered.undeliverable += 1;
            delivered.problems.push(format!("The notice to {to} cannot be sent, and is given up: {}", failed.words));
        }
        Err(failed) => {
            let words = &failed.words;
            let next = if failed.is_permanent {
                format!("{} Then send it: `tellonce outbox send`.", failed.hint)
            } else {
                "It is tried again: `tellonce outbox`.".to_owned()
            };
            delivered.problems.push(format!("The notice to {to} was not sent: {words} {next}"));
        }
    }
    Ok(())
}
