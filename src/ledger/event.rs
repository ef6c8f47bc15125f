//! The events of the ledger, each with the payload of its kind.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::pseudonyms::mask;
use crate::domain::{
    AttemptOutcome, ChangeKind, Changed, Channel, Delivery, LimitReached, Plan, Reason, SessionsEnded, Settlement,
    Stamp, VerificationFault, VerificationWay,
};

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
        /// The verification of the caller that this attempt uses.
        #[serde(default)]
        verification: Option<UsedVerification>,
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
    /// A code was about to be sent. No record has the code, nor anything computed from it.
    CodeSent {
        /// The kind of change that the verification is for.
        purpose: ChangeKind,
        channel: Channel,
        /// The address or number, masked.
        to: String,
    },
    /// The code was not sent, or may not have been.
    CodeNotSent { may_be_sent: bool },
    /// A code was about to be compared.
    CodeTried {
        /// The attempt of the code's own record.
        code: String,
    },
    /// The caller was verified. In the attempt of a try: that code was right.
    Verified {
        purpose: ChangeKind,
        way: VerificationWay,
        channel: Channel,
        /// The address or number, masked.
        to: String,
        /// Whether it rests on the agent's word.
        attested: bool,
        valid_until: Timestamp,
    },
    /// The customer was told of a change.
    NoticeSent {
        /// The attempt that changed them.
        of_attempt: String,
        channel: Channel,
        to: String,
    },
    /// The customer was not told of a change, and nobody tries again.
    NoticeFailed { of_attempt: String, channel: Channel, to: String, why: String },
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

/// The verification that an attempt uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it all")]
pub struct UsedVerification {
    /// The attempt of its record.
    pub id: String,
    pub way: VerificationWay,
    pub channel: Channel,
    /// The address or number, masked.
    pub to: String,
}

/// What a limit counts, or the rule that a verification breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// Those of one customer in 24 hours.
    #[serde(rename = "customer_24h")]
    Customer,
    /// Those by one agent in one hour.
    #[serde(rename = "agent_1h")]
    Agent,
    /// The codes for one customer in one hour.
    #[serde(rename = "codes_1h")]
    Codes,
    /// The wrong codes for one customer in 24 hours.
    #[serde(rename = "wrong_codes_24h")]
    WrongCodes,
    /// A verification is used once.
    VerificationUsed,
    /// A verification is used in time.
    VerificationRanOut,
    /// A verification is for one agent, one user and one kind of change.
    VerificationNotTheirs,
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
            Self::CodeSent { .. } => "code_sent",
            Self::CodeNotSent { .. } => "code_not_sent",
            Self::CodeTried { .. } => "code_tried",
            Self::Verified { .. } => "verified",
            Self::NoticeSent { .. } => "notice_sent",
            Self::NoticeFailed { .. } => "notice_failed",
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
            verification: plan.verification.as_ref().map(|used| UsedVerification {
                id: used.id.to_string(),
                way: used.way,
                channel: used.channel,
                to: used.to.clone(),
            }),
        }
    }

    /// Makes the event of a refusal.
    pub const fn of_refusal(reached: LimitReached) -> Self {
        match reached {
            LimitReached::Customer { count, most } => Self::Refused { limit: LimitKind::Customer, count, most },
            LimitReached::Agent { count, most } => Self::Refused { limit: LimitKind::Agent, count, most },
            LimitReached::Codes { count, most } => Self::Refused { limit: LimitKind::Codes, count, most },
            LimitReached::WrongCodes { count, most } => Self::Refused { limit: LimitKind::WrongCodes, count, most },
            LimitReached::Verification(fault) => {
                let limit = match fault {
                    VerificationFault::Used => LimitKind::VerificationUsed,
                    VerificationFault::RanOut => LimitKind::VerificationRanOut,
                    VerificationFault::NotTheirs => LimitKind::VerificationNotTheirs,
                };
                Self::Refused { limit, count: 1, most: 1 }
            }
        }
    }

    /// Returns the limit that a refusal names.
    pub const fn limit_reached(&self) -> Option<LimitReached> {
        let Self::Refused { limit, count, most } = self else { return None };
        let (count, most) = (*count, *most);
        Some(match limit {
            LimitKind::Customer => LimitReached::Customer { count, most },
            LimitKind::Agent => LimitReached::Agent { count, most },
            LimitKind::Codes => LimitReached::Codes { count, most },
            LimitKind::WrongCodes => LimitReached::WrongCodes { count, most },
            LimitKind::VerificationUsed => LimitReached::Verification(VerificationFault::Used),
            LimitKind::VerificationRanOut => LimitReached::Verification(VerificationFault::RanOut),
            LimitKind::VerificationNotTheirs => LimitReached::Verification(VerificationFault::NotTheirs),
        })
    }

    /// Whether this record belongs to an attempt to change a user. Other records of a customer, of what was shown, of
    /// codes, verifications and notices, have ids of their own in the attempt's place.
    pub(super) const fn is_of_change(&self) -> bool {
        !matches!(
            self,
            Self::Refused { .. }
                | Self::Viewed { .. }
                | Self::CodeSent { .. }
                | Self::CodeNotSent { .. }
                | Self::CodeTried { .. }
                | Self::Verified { .. }
                | Self::NoticeSent { .. }
                | Self::NoticeFailed { .. }
        )
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
}

/// Returns the reason's name for scripts.
pub(super) fn name_of(reason: Reason) -> String {
    serde_json::to_value(reason).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
