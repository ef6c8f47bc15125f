//! Records of version 1: the lines of `audit.jsonl`, as they were imported.

use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::event::{ConsentGiven, Event};
use super::hash::Hash;
use super::record::{Draft, Record, Writer};
use crate::domain::{Changed, Delivery, SessionsEnded, Stamp};

/// Begins the id of a backend that is known by profile and kind alone.
const BY_PROFILE: &str = "profile:";

/// Returns the id of the backend in records that name it by profile and kind alone.
pub(super) fn backend_id(backend: &str, profile: &str) -> String {
    format!("{BY_PROFILE}{backend}/{profile}")
}

/// One line of `audit.jsonl`.
#[derive(Deserialize)]
struct Line {
    at: Timestamp,
    attempt: String,
    event: String,
    agent: String,
    system_user: String,
    profile: String,
    backend: String,
    customer: String,
    user: Option<String>,
    username: Option<String>,
    action: String,
    ticket: Option<String>,
    reason: Option<String>,
    verified: Option<String>,
    consent: Option<String>,
    unlock: Option<bool>,
    delivery: Option<Delivery>,
    failure: Option<String>,
    changed: Option<Changed>,
    stamp_before: Option<Stamp>,
    stamp: Option<Stamp>,
    proved: Option<bool>,
    proof_reason: Option<String>,
    sessions_left: Option<SessionsEnded>,
    run: Option<String>,
    row: Option<u64>,
    digest: Option<String>,
}

/// Reads a line as a record of today.
///
/// # Errors
/// Why it is none, in words.
pub(super) fn read(body: &[u8], number: u64) -> Result<Record, &'static str> {
    let line: Line = serde_json::from_slice(body).map_err(|_| "it is not a whole record of version 1")?;
    let event = line.event().ok_or("its event is unknown")?;
    let draft = Draft {
        backend_id: Some(backend_id(&line.backend, &line.profile)),
        attempt: line.attempt,
        event,
        agent: line.agent,
        profile: line.profile,
        backend: line.backend,
        customer: Some(line.customer).filter(|customer| !customer.is_empty()),
        user: line.user,
        username: line.username,
        action: Some(line.action).filter(|action| !action.is_empty()),
        ticket: line.ticket,
        run: line.run,
        row: line.row,
    };
    let writer = Writer { machine: None, uid: None, user: Some(line.system_user) };
    Ok(Record { v: 1, number, at: line.at, writer, draft })
}

impl Line {
    fn event(&self) -> Option<Event> {
        let (stamp, sessions_left) = (self.stamp.clone(), self.sessions_left);
        let changed = self.changed.unwrap_or(Changed::Unknown);
        let reason = self.reason.clone();
        Some(match self.event.as_str() {
            "intent" => Event::Intent {
                verification: None,
                reason,
                verified: self.verified.clone(),
                consent: if self.consent.as_deref() == Some("asked") {
                    ConsentGiven::Asked
                } else {
                    ConsentGiven::Flag
                },
                unlock: self.unlock.unwrap_or_default(),
                stamp_before: self.stamp_before.clone(),
                lease: None,
            },
            "set" => Event::Set { stamp, proved: self.proved, proof_reason: self.proof_reason.clone(), sessions_left },
            "delivery" => Event::Delivery { delivery: self.delivery.unwrap_or(Delivery::NotDelivered) },
            "withdrawn" => Event::Withdrawn { sessions_left },
            "failed" => Event::Failed { failure: self.failure.clone().unwrap_or_default(), changed, stamp },
            "recovered" => Event::Recovered { changed, stamp },
            "bulk_started" => Event::BulkStarted { reason: reason.unwrap_or_default(), digest: self.digest.clone() },
            "bulk_ended" => Event::BulkEnded { reason: reason.unwrap_or_default() },
            "unsealed" => Event::Unsealed { of_attempt: self.attempt.clone() },
            _ => return None,
        })
    }
}

/// Follows the chain of the lines of an `audit.jsonl`: each has the hash of the line before, and its own at the end.
#[derive(Default)]
pub(super) struct Link {
    last: Option<String>,
}

impl Link {
    /// Checks the next line.
    ///
    /// # Errors
    /// Why it is no whole link, in words. The line after it is checked against what this one states.
    pub(super) fn follow(&mut self, line: &[u8]) -> Result<(), &'static str> {
        #[derive(Deserialize)]
        struct Prev<'a> {
            prev: &'a str,
        }
        let text = std::str::from_utf8(line).map_err(|_| "it is not text")?;
        let missing = "its hash is missing";
        let (before, after) = text.rsplit_once(",\"hash\":\"").ok_or(missing)?;
        let stated = after.strip_suffix("\"}").ok_or(missing)?;
        let prev = serde_json::from_str::<Prev<'_>>(text).map_err(|_| "it is not a record of this version")?.prev;
        let last = self.last.replace(stated.to_owned());
        if Hash::of(Sha256::new().chain_update(before).chain_update("}")).to_string() != stated {
            return Err("its content does not match its hash");
        }
        let last = last.unwrap_or_else(|| Hash::BEFORE_THE_FIRST.to_string());
        if prev == last { Ok(()) } else { Err("it does not follow the line before: lines are missing, added or moved") }
    }
}
