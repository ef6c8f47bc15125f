//! Sends the notices that are due.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::customer_messages::CustomerMessages;
use crate::domain::Result;
use crate::ledger::{Ledger, NoticeEnd, WaitingNotice};

/// What became of the notices that were due.
#[derive(Debug, Default)]
pub struct Delivered {
    /// How many were sent.
    pub sent: usize,
    /// How many are given up.
    pub undeliverable: usize,
    /// Why each that was not sent was not, in a sentence.
    pub problems: Vec<String>,
    /// Whether the time ran out before all that are due were tried.
    pub is_cut_short: bool,
}

/// Sends the notices of a profile that are due, until none is left or the time is over.
///
/// # Errors
/// Exit 8: the ledger cannot be used.
pub async fn deliver(
    ledger: &Ledger,
    profile: &str,
    messages: &CustomerMessages,
    limit: Option<Duration>,
) -> Result<Delivered> {
    let begun = Instant::now();
    let mut delivered = Delivered::default();
    while let Some(waiting) = ledger.take_notices(profile, 1).await?.pop() {
        deliver_one(ledger, messages, &waiting, &mut delivered).await?;
        if limit.is_some_and(|limit| begun.elapsed() >= limit) {
            delivered.is_cut_short = true;
            break;
        }
    }
    Ok(delivered)
}

async fn deliver_one(
    ledger: &Ledger,
    messages: &CustomerMessages,
    waiting: &WaitingNotice,
    delivered: &mut Delivered,
) -> Result<()> {
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
                format!("{} It is tried again later: `tellonce outbox` says when.", failed.hint)
            } else {
                "It is tried again: `tellonce outbox`.".to_owned()
            };
            delivered.problems.push(format!("The notice to {to} was not sent: {words} {next}"));
        }
    }
    Ok(())
}
