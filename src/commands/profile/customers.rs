//! What a profile says of callers, and of messages to customers.

use serde::Serialize;

use crate::commands::messages::{channels, notify_by};
use crate::config::{Profile, SenderConfig};
use crate::domain::{Channel, Requirement, Result, VerificationRules, VerificationWay};

const DAY: u64 = 24 * 60 * 60;
/// The sender of a backend that keeps messages itself.
const OWN_SENDER: &str = "outbox";

/// The rules for the verification of callers.
#[derive(Serialize)]
pub(super) struct VerificationJson<'a> {
    ways: &'a [VerificationWay],
    attested: bool,
    valid_seconds: u64,
    contact_changed_within_seconds: u64,
}

/// The kind of sender of each channel; `None` if nothing is sent by it.
#[derive(Serialize)]
pub(super) struct SendersJson {
    email: Option<&'static str>,
    phone: Option<&'static str>,
}

/// Returns the rules for the verification of callers.
pub(super) fn verification_json(profile: &Profile) -> VerificationJson<'_> {
    let rules = &profile.guards.verification;
    VerificationJson {
        ways: &rules.ways,
        attested: rules.attested,
        valid_seconds: rules.valid.as_secs(),
        contact_changed_within_seconds: rules.contact_changed_within.as_secs(),
    }
}

/// Returns the kinds of the profile's senders.
///
/// # Errors
/// Exit 2: there is no such backend.
pub(super) fn senders_json(profile: &Profile) -> Result<SendersJson> {
    let channels = channels(profile)?;
    let kind = |channel| channels.contains(&channel).then(|| kind(sender(profile, channel)));
    Ok(SendersJson { email: kind(Channel::Email), phone: kind(Channel::Phone) })
}

/// Returns the lines of the screen.
///
/// # Errors
/// Exit 2: there is no such backend, or the profile has a sender and does not say what its messages say of the desk.
pub(super) fn fields(profile: &Profile) -> Result<Vec<(String, String)>> {
    let rules = &profile.guards.verification;
    let changed = match rules.contact_changed_within {
        within if within.is_zero() => "used at once".to_owned(),
        within => format!("not used for verifying, for {}", duration(within.as_secs())),
    };
    let senders = senders(profile)?;
    let told_by: Vec<String> = notify_by(profile)?.into_iter().map(|channel| name(channel).to_owned()).collect();
    let notices = match told_by.as_slice() {
        [] if senders.is_empty() => "none (no sender)".to_owned(),
        [] => "none (notices = false)".to_owned(),
        told_by => format!("of each change, by {}", told_by.join(" and ")),
    };
    let senders = if senders.is_empty() { "none".to_owned() } else { senders.join("; ") };
    Ok([
        ("Callers", callers(profile.guards.require.contains(&Requirement::Verified), rules)),
        ("Verified", format!("good for one change, for {}", duration(rules.valid.as_secs()))),
        ("Changed address", changed),
        ("Senders", senders),
        ("Notices", notices),
    ]
    .map(|(name, words)| (name.to_owned(), words))
    .to_vec())
}

fn callers(is_required: bool, rules: &VerificationRules) -> String {
    let mut ways: Vec<&str> = rules
        .ways
        .iter()
        .map(|way| match way {
            VerificationWay::Code => "a code",
            VerificationWay::Callback => "a call to the number on file",
        })
        .collect();
    if rules.attested {
        ways.push("the agent's own words");
    }
    let ways = ways.join(", or ");
    if is_required { format!("must be verified by {ways}") } else { format!("may be verified by {ways}") }
}

fn senders(profile: &Profile) -> Result<Vec<String>> {
    let words = |channel| match sender(profile, channel) {
        Some(SenderConfig::Smtp(smtp)) => format!("{} by smtp {}:{}", name(channel), smtp.host, smtp.port),
        Some(SenderConfig::Command(words)) => {
            format!("{} by command {}", name(channel), words.first().map_or("", String::as_str))
        }
        Some(SenderConfig::Webhook(webhook)) => {
            format!("{} by webhook {}", name(channel), webhook.url.host_str().unwrap_or_default())
        }
        None => format!("{} to the {OWN_SENDER}", name(channel)),
    };
    Ok(channels(profile)?.into_iter().map(words).collect())
}

const fn sender(profile: &Profile, channel: Channel) -> Option<&SenderConfig> {
    match channel {
        Channel::Email => profile.senders.email.as_ref(),
        Channel::Phone => profile.senders.phone.as_ref(),
    }
}

const fn kind(sender: Option<&SenderConfig>) -> &'static str {
    match sender {
        Some(SenderConfig::Smtp(_)) => "smtp",
        Some(SenderConfig::Command(_)) => "command",
        Some(SenderConfig::Webhook(_)) => "webhook",
        None => OWN_SENDER,
    }
}

const fn name(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "e-mail",
        Channel::Phone => "telephone",
    }
}

/// Formats a time in whole days, or as the other lines do.
fn duration(seconds: u64) -> String {
    match seconds / DAY {
        days @ 2.. if seconds.is_multiple_of(DAY) => format!("{days} days"),
        _ => jiff::SignedDuration::try_from(std::time::Duration::from_secs(seconds))
            .map_or_else(|_| format!("{seconds}s"), |duration| format!("{duration:#}")),
    }
}
