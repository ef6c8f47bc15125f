//! The checks of what customers get: codes, notices, and the rules for callers.

use jiff::{SignedDuration, Timestamp};

use crate::commands::context::Context;
use crate::commands::messages::channels;
use crate::commands::view::moment;
use crate::domain::{Channel, Check, CheckState, Error, Requirement, VerificationWay};
use crate::ledger::{Ledger, Pages, Query};

/// How far back notices that were given up are counted.
const LATELY: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Checks the rules, tries each sender without writing to anybody, and looks at what waits.
pub(super) async fn checks(context: &Context, ledger: &Ledger) -> Vec<Check> {
    let messages = match context.customer_messages() {
        Ok(messages) => messages,
        Err(error) => return vec![Check::new("messages", CheckState::Fault, error.message_with_hint())],
    };
    let mut checks = vec![verification(context, &channels(&context.profile).unwrap_or_default())];
    checks.extend(messages.checks().await);
    checks.push(match outbox(context, ledger).await {
        Ok(words) if words.is_empty() => {
            Check::new("outbox", CheckState::Ok, "no notice waits, and none was given up in the last 30 days")
        }
        Ok(words) => Check::new("outbox", CheckState::Warning, words.join("; ")),
        Err(error) => Check::new("outbox", CheckState::Fault, error.message_with_hint()),
    });
    checks
}

/// Says what the rules ask of a caller, and whether they can be kept.
fn verification(context: &Context, channels: &[Channel]) -> Check {
    let (guards, rules) = (&context.profile.guards, &context.profile.guards.verification);
    if !guards.require.contains(&Requirement::Verified) {
        let words = "no rule requires that a caller is verified: require = [\"verified\"] in the profile does";
        return Check::new("verification", CheckState::Warning, words);
    }
    if rules.attested {
        let words = "the agent's own words are enough to verify a caller (verification.attested = false asks for more)";
        return Check::new("verification", CheckState::Warning, words);
    }
    let mut ways = Vec::new();
    if rules.ways.contains(&VerificationWay::Code) {
        let by = channels.iter().map(|channel| match channel {
            Channel::Email => "a code by e-mail",
            Channel::Phone => "a code to a telephone",
        });
        ways.extend(by);
    }
    if rules.ways.contains(&VerificationWay::Callback) {
        ways.push("a call to the number on file");
    }
    if ways.is_empty() {
        let words = "no caller can be verified: the rules allow codes alone, and the profile has no sender for them";
        return Check::new("verification", CheckState::Fault, words);
    }
    Check::new("verification", CheckState::Ok, format!("each caller is verified by {}", ways.join(", or ")))
}

/// Says how many notices wait, and how many were given up lately. Says nothing of what there is none of.
async fn outbox(context: &Context, ledger: &Ledger) -> Result<Vec<String>, Error> {
    let waiting = ledger.waiting_notices().await?;
    let mut words = Vec::new();
    if let Some(oldest) = waiting.first() {
        let others = waiting.iter().filter(|waiting| waiting.notice.profile != context.profile.name).count();
        let of_others = if others > 0 { format!(", {others} of them of other profiles") } else { String::new() };
        words.push(format!(
            "{}{of_others}, the oldest since {}: `tellonce outbox`, `tellonce outbox send`",
            counted(waiting.len(), "notice waits", "notices wait"),
            moment(Some(oldest.at))
        ));
    }
    let given_up = given_up(ledger).await?;
    if given_up > 0 {
        words.push(format!(
            "{} given up in the last 30 days: see `tellonce audit list --action notify`",
            counted(given_up, "notice was", "notices were")
        ));
    }
    Ok(words)
}

fn counted(count: usize, singular: &str, plural: &str) -> String {
    format!("{count} {}", if count == 1 { singular } else { plural })
}

async fn given_up(ledger: &Ledger) -> Result<usize, Error> {
    let since = Timestamp::now().saturating_sub(LATELY).unwrap_or(Timestamp::MIN);
    let query = Query { event: Some("notice_failed"), since: Some(since), ..Query::default() };
    let mut pages = Pages::new(ledger.store().await?, query);
    let mut count = 0;
    loop {
        let page = pages.next().await?;
        if page.is_empty() {
            return Ok(count);
        }
        count += page.len();
    }
}
