//! Sends the notices that are due, by the profile's sender.

use std::time::Duration;

use crate::commands::context::Context;
use crate::domain::{Changed, Error, Kind, Reason};
use crate::messages::{self, CustomerMessages, Delivered};

/// How long a command that changed somebody sends notices before it leaves the rest to the next one.
const BESIDE_A_COMMAND: Duration = Duration::from_secs(20);

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
    match deliver_waiting(context).await {
        Ok(None) => {}
        Ok(Some(delivered)) => {
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

/// Sends what is due. Opens no sender if nothing waits. Returns `None` if there is nothing to send, or nothing to send it by.
async fn deliver_waiting(context: &Context) -> Result<Option<Delivered>, Error> {
    if !context.ledger().has_waiting_notices().await? {
        return Ok(None);
    }
    let messages = context.customer_messages()?;
    if messages.has_sender() { deliver(context, &messages, Some(BESIDE_A_COMMAND)).await.map(Some) } else { Ok(None) }
}

async fn deliver(context: &Context, messages: &CustomerMessages, limit: Option<Duration>) -> Result<Delivered, Error> {
    let ledger = context.ledger();
    let delivered = messages::deliver(&ledger, &context.profile.name, messages, limit).await?;
    for warning in ledger.warnings().take() {
        context.screen.warning(&warning);
    }
    Ok(delivered)
}
