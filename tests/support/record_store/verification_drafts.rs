//! The records of codes and verifications, their limits, and notices.

use jiff::Timestamp;
use tellonce::domain::{ChangeKind, Channel, VerificationWay};
use tellonce::ledger::{Draft, Event, Limit, QueuedNotice, UsedVerification};

use super::drafts::{AGENT, intent, subject};

const TO: &str = "a***@example.com";

fn draft(attempt: &str, event: Event) -> Draft {
    Draft { event, action: Some("verify".to_owned()), ..intent(attempt) }
}

pub fn code_sent(attempt: &str) -> Draft {
    draft(attempt, Event::CodeSent { purpose: ChangeKind::Reset, channel: Channel::Email, to: TO.to_owned() })
}

pub fn code_not_sent(attempt: &str) -> Draft {
    draft(attempt, Event::CodeNotSent { may_be_sent: false })
}

/// The try of a code.
pub fn code_tried(attempt: &str, code: &str) -> Draft {
    draft(attempt, Event::CodeTried { code: code.to_owned() })
}

/// A verification for a reset of C-1, whose user is u-1.
pub fn verified(attempt: &str, valid_until: Timestamp) -> Draft {
    let event = Event::Verified {
        purpose: ChangeKind::Reset,
        way: VerificationWay::Code,
        channel: Channel::Email,
        to: TO.to_owned(),
        attested: false,
        valid_until,
    };
    draft(attempt, event)
}

/// The intent to reset C-1 with a verification.
pub fn using(attempt: &str, verification: &str) -> Draft {
    let mut draft = intent(attempt);
    if let Event::Intent { verification: used, .. } = &mut draft.event {
        let (id, way, channel) = (verification.to_owned(), VerificationWay::Code, Channel::Email);
        *used = Some(UsedVerification { id, way, channel, to: TO.to_owned() });
    }
    draft
}

/// So many codes for C-1 in an hour.
pub fn codes_limit(most: u32) -> Limit {
    Limit::Codes { subject: subject(), most }
}

/// So many wrong codes for C-1 in 24 hours.
pub fn wrong_codes_limit(most: u32) -> Limit {
    Limit::WrongCodes { subject: subject(), most }
}

/// The verification has to be that of the suite's agent for a reset of C-1.
pub fn verification_limit(id: &str) -> Limit {
    Limit::Verification { id: id.to_owned(), subject: subject(), agent: AGENT.to_owned(), purpose: ChangeKind::Reset }
}

/// A notice of the profile `suite`.
pub fn notice(id: &str, attempt: &str) -> QueuedNotice {
    QueuedNotice {
        id: id.to_owned(),
        attempt: attempt.to_owned(),
        action: "set".to_owned(),
        profile: "suite".to_owned(),
        agent: AGENT.to_owned(),
        channel: Channel::Phone,
        address: format!("+44 20 7946 00 {id} é'\""),
        language: Some("de".to_owned()),
    }
}
