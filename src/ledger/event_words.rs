//! The events of the ledger in words, for lists.

use super::event::{Event, LimitKind};
use crate::domain::{Changed, Channel, Delivery, SessionsEnded, Settlement, VerificationWay};

impl Event {
    /// Returns what the record says, in words, for the list.
    pub fn describe(&self) -> String {
        let with_sessions = |done: &str, left: &Option<SessionsEnded>| match left {
            Some(SessionsEnded::AllBut(left)) => format!("{done}, {left} sessions left"),
            Some(_) => format!("{done}, sessions left open"),
            None => done.to_owned(),
        };
        match self {
            Self::Intent { .. } => "intent".to_owned(),
            Self::Refused { limit: LimitKind::Customer, count, most } => {
                format!("refused: {count} of {most} resets of the customer in 24 hours")
            }
            Self::Refused { limit: LimitKind::Agent, count, most } => {
                format!("refused: {count} of {most} resets by the agent in an hour")
            }
            Self::Refused { limit: LimitKind::Codes, count, most } => {
                format!("refused: {count} of {most} codes for the customer in an hour")
            }
            Self::Refused { limit: LimitKind::WrongCodes, count, most } => {
                format!("refused: {count} of {most} wrong codes for the customer in 24 hours")
            }
            Self::Refused { limit: LimitKind::VerificationUsed, .. } => "refused: verification used already".to_owned(),
            Self::Refused { limit: LimitKind::VerificationRanOut, .. } => "refused: verification ran out".to_owned(),
            Self::Refused { limit: LimitKind::VerificationNotTheirs, .. } => {
                "refused: verification is not for this change".to_owned()
            }
            Self::CodeSent { channel, to, .. } => format!("code {} to {to}", by(*channel)),
            Self::CodeNotSent { may_be_sent: false } => "code not sent".to_owned(),
            Self::CodeNotSent { may_be_sent: true } => "code perhaps not sent".to_owned(),
            Self::CodeTried { .. } => "code tried".to_owned(),
            Self::Verified { way: VerificationWay::Code, to, .. } => format!("verified by a code sent to {to}"),
            Self::Verified { way: VerificationWay::Callback, to, .. } => {
                format!("verified by a call to {to}, as the agent says")
            }
            Self::NoticeSent { channel, to, .. } => format!("notice {} to {to}", by(*channel)),
            Self::NoticeFailed { to, why, .. } => format!("notice to {to} not sent: {why}"),
            Self::Set { proved, proof_reason, sessions_left, .. } => {
                with_sessions(&describe_set(*proved, proof_reason.as_deref()), sessions_left)
            }
            Self::Withdrawn { sessions_left } => with_sessions("withdrawn", sessions_left),
            Self::Unlocked => "unlocked, read back".to_owned(),
            Self::Settled { outcome: Settlement::Finished } => "settled: nothing of it is pending".to_owned(),
            Self::Settled { outcome: Settlement::NotFound } => "settled: the user is not found".to_owned(),
            Self::BulkStarted { .. } => "bulk run started".to_owned(),
            Self::BulkEnded { .. } => "bulk run ended".to_owned(),
            Self::Unsealed { .. } => "unsealed".to_owned(),
            Self::Recovered { changed: Changed::Yes, .. } => "recovered: changed, delivery unknown".to_owned(),
            Self::Recovered { changed, .. } => describe_change("recovered", *changed),
            Self::Failed { failure, changed, .. } => describe_change(&format!("failed ({failure})"), *changed),
            Self::Delivery { delivery } => match delivery {
                Delivery::Shown => "shown".to_owned(),
                Delivery::TimedOut => "shown, timed out".to_owned(),
                Delivery::NotDelivered => "not delivered".to_owned(),
            },
            Self::Viewed { command, text: Some(text), found } => format!("{command} \"{text}\": {found} found"),
            Self::Viewed { command, text: None, .. } => format!("viewed ({command})"),
            Self::Imported { lines, broken_line: None, .. } => format!("{lines} lines of audit.jsonl imported"),
            Self::Imported { lines, broken_line: Some(line), .. } => {
                format!("{lines} lines of audit.jsonl imported; line {line} is broken")
            }
            Self::ReceiptMissing { missing_number, .. } => format!("record {missing_number} is missing or replaced"),
            Self::Pruned { removed, .. } => format!("{removed} older records removed"),
        }
    }
}

const fn by(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "by e-mail",
        Channel::Phone => "by telephone",
    }
}

fn describe_change(what: &str, changed: Changed) -> String {
    match changed {
        Changed::No => format!("{what}: nothing changed"),
        Changed::Yes => format!("{what}: changed, not delivered"),
        Changed::Unknown => format!("{what}: unknown"),
    }
}

/// Returns what the record of a set says of its proof. A record from before there was a proof says nothing.
fn describe_set(proved: Option<bool>, reason: Option<&str>) -> String {
    match (proved, reason) {
        (Some(true), _) => "set, read back, proved".to_owned(),
        (Some(false), reason) => format!("set, read back, not proved ({})", reason.unwrap_or("no reason")),
        (None, Some(reason)) => format!("set, read back, not tried ({reason})"),
        (None, None) => "set, read back".to_owned(),
    }
}
