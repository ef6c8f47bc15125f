//! The events of the ledger, each with the payload of its kind.

use serde::{Deserialize, Serialize};

use super::pseudonyms::mask;
use crate::domain::{AttemptOutcome, Changed, Delivery, LimitReached, Plan, Reason, SessionsEnded, Settlement, Stamp};

/// What a record says. Its name is the record's `event`, and its fields stand beside the record's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[allow(missing_docs, reason = "docs/json.md describes each field")]
pub enum Event {
    /// Written before anything changes.
    Intent {
        reason: Option<String>,
        verified: Option<String>,
        /// Whether the agent was asked or confirmed beforehand.
        consent: ConsentGiven,
        /// Whether a lock-out was to be lifted as well.
        unlock: bool,
        stamp_before: Option<Stamp>,
        /// The lease of the process that works at the attempt.
        lease: Option<String>,
    },
    /// A limit refused the intent, in the transaction that would have written it.
    Refused { limit: LimitKind, count: u32, most: u32 },
    /// The temporary password was set, and that was read back.
    Set {
        stamp: Option<Stamp>,
        /// Whether a sign-in proved the temporary password; `None` if it was not tried.
        proved: Option<bool>,
        /// Why it is not proved.
        proof_reason: Option<String>,
        /// How the user's sessions were left open; `None` if all were ended.
        sessions_left: Option<SessionsEnded>,
    },
    /// What became of the reveal.
    Delivery { delivery: Delivery },
    /// The withdrawal is finished.
    Withdrawn { sessions_left: Option<SessionsEnded> },
    /// The lock-out was lifted, and that was read back.
    Unlocked,
    /// The attempt failed.
    Failed { failure: String, changed: Changed, stamp: Option<Stamp> },
    /// A later command found out what became of an attempt without an end.
    Recovered { changed: Changed, stamp: Option<Stamp> },
    /// What the attempt had issued is outstanding no more.
    Settled { outcome: Settlement },
    /// A bulk run began, or was resumed.
    BulkStarted {
        reason: String,
        /// The SHA-256 of the run's settings, in hexadecimal: recipients, output, the input's own SHA-256.
        digest: Option<String>,
    },
    /// A bulk run ended, or was interrupted.
    BulkEnded { reason: String },
    /// A sealed password was opened and shown.
    Unsealed {
        /// The attempt that had issued it.
        of_attempt: String,
    },
    /// A customer, or the customers that match a text, were about to be shown. `[audit] views` asks for it.
    Viewed {
        command: String,
        /// The text that was searched for, with addresses masked.
        text: Option<String>,
        /// How many customers matched.
        found: u64,
    },
    /// The records of an `audit.jsonl` were taken over.
    Imported {
        /// The number of lines that were taken over.
        lines: u64,
        /// The SHA-256 of the file, in hexadecimal.
        sha256: String,
        /// The first line that is no whole link of the file's own chain.
        broken_line: Option<u64>,
        /// What is wrong with that line.
        broken_reason: Option<String>,
    },
    /// A record that this machine had written was not there any more, or was another one.
    ReceiptMissing {
        /// The number of that record.
        missing_number: u64,
        /// Its hash, in hexadecimal.
        missing_hash: String,
    },
    /// The records up to a number were removed.
    Pruned {
        /// The number of the last record that was removed.
        through: u64,
        /// The hash of that record.
        head: String,
        /// How many records were removed.
        removed: u64,
    },
}

/// How the agent consented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentGiven {
    /// The agent was asked, and said yes.
    Asked,
    /// The agent said yes beforehand, by a flag.
    Flag,
}

/// Whose resets a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// Those of one customer in 24 hours.
    #[serde(rename = "customer_24h")]
    Customer,
    /// Those by one agent in one hour.
    #[serde(rename = "agent_1h")]
    Agent,
}

impl Event {
    /// Returns the name that the record gives as its `event`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Intent { .. } => "intent",
            Self::Refused { .. } => "refused",
            Self::Set { .. } => "set",
            Self::Delivery { .. } => "delivery",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Unlocked => "unlocked",
            Self::Failed { .. } => "failed",
            Self::Recovered { .. } => "recovered",
            Self::Settled { .. } => "settled",
            Self::BulkStarted { .. } => "bulk_started",
            Self::BulkEnded { .. } => "bulk_ended",
            Self::Unsealed { .. } => "unsealed",
            Self::Viewed { .. } => "viewed",
            Self::Imported { .. } => "imported",
            Self::ReceiptMissing { .. } => "receipt_missing",
            Self::Pruned { .. } => "pruned",
        }
    }

    /// Whether this is the last record of an attempt.
    pub const fn ends_the_attempt(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. }
                | Self::Delivery { .. }
                | Self::Withdrawn { .. }
                | Self::Unlocked
                | Self::Failed { .. }
                | Self::Recovered { .. }
        )
    }

    /// Returns what the record says became of the customer; `None` if that is not what it is about.
    pub const fn changed(&self) -> Option<Changed> {
        match self {
            Self::Set { .. } | Self::Delivery { .. } | Self::Withdrawn { .. } | Self::Unlocked => Some(Changed::Yes),
            Self::Refused { .. } => Some(Changed::No),
            Self::Failed { changed, .. } | Self::Recovered { changed, .. } => Some(*changed),
            _ => None,
        }
    }

    /// Returns the reason, and how the caller was verified, where the record has them.
    pub(super) fn free_texts(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Intent { reason, verified, .. } => (reason.as_deref(), verified.as_deref()),
            Self::BulkStarted { reason, .. } | Self::BulkEnded { reason } => (Some(reason), None),
            _ => (None, None),
        }
    }

    /// Makes the event of an intent.
    pub(super) fn of_intent(plan: &Plan, asked: bool, lease: String) -> Self {
        Self::Intent {
            reason: mask(plan.case.reason.as_deref()),
            verified: mask(plan.case.verified.as_deref()),
            consent: if asked { ConsentGiven::Asked } else { ConsentGiven::Flag },
            unlock: plan.unlock,
            stamp_before: plan.stamp.clone(),
            lease: Some(lease),
        }
    }

    /// Makes the event of a refusal.
    pub(super) const fn of_refusal(reached: LimitReached) -> Self {
        match reached {
            LimitReached::Customer { count, most } => Self::Refused { limit: LimitKind::Customer, count, most },
            LimitReached::Agent { count, most } => Self::Refused { limit: LimitKind::Agent, count, most },
        }
    }

    /// Returns the limit that a refusal names.
    pub(super) const fn limit_reached(&self) -> Option<LimitReached> {
        match self {
            Self::Refused { limit: LimitKind::Customer, count, most } => {
                Some(LimitReached::Customer { count: *count, most: *most })
            }
            Self::Refused { limit: LimitKind::Agent, count, most } => {
                Some(LimitReached::Agent { count: *count, most: *most })
            }
            _ => None,
        }
    }

    /// Makes the event of an outcome.
    pub(super) fn of_outcome(outcome: AttemptOutcome) -> Self {
        let left = |sessions: SessionsEnded| Some(sessions).filter(|sessions| sessions.leaves_some());
        match outcome {
            AttemptOutcome::Set { stamp, proof, sessions, .. } => Self::Set {
                stamp,
                proved: proof.proved(),
                proof_reason: proof.reason().map(str::to_owned),
                sessions_left: left(sessions),
            },
            AttemptOutcome::Delivered(delivery) => Self::Delivery { delivery },
            AttemptOutcome::Withdrawn { sessions } => Self::Withdrawn { sessions_left: left(sessions) },
            AttemptOutcome::Unlocked => Self::Unlocked,
            AttemptOutcome::Failed { reason, changed, stamp } => {
                Self::Failed { failure: name_of(reason), changed, stamp }
            }
        }
    }

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

/// Returns the reason's name for scripts.
pub(super) fn name_of(reason: Reason) -> String {
    serde_json::to_value(reason).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
