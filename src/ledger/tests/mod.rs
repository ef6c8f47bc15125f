//! The audit log, tried through its port: what each test needs to write to one.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

mod appending;
mod attempts;
mod forwarding;
mod listing;
mod rows;
pub(crate) mod stub;
mod verifying;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use super::{FileAuditLog, Filter, Record, records};
use crate::config::{AuditSettings, Folders};
use crate::domain::ports::{AuditLog, Clock, RandomSource};
use crate::domain::{
    Action, AttemptId, AttemptOutcome, Case, Consent, Customer, CustomerId, Decision, Delivery, History, Plan,
    ProfileRef, Proof, ResetTarget, Result, Session, Stamp, State, UserId,
};

/// The moment at which every test writes, unless it says otherwise.
const NOW: &str = "2026-03-01T12:00:00Z";

struct Fixed(Timestamp);

#[async_trait::async_trait(?Send)]
impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        self.0
    }

    async fn sleep(&self, duration: std::time::Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Bytes that never come twice, so that attempts of several logs differ.
struct Counting;

impl RandomSource for Counting {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let start = bytes.len() - number.len();
        bytes[start..].copy_from_slice(&number);
        Ok(())
    }
}

/// A folder of its own with an audit log in it.
struct Home {
    folder: tempfile::TempDir,
}

fn home() -> Home {
    Home { folder: tempfile::tempdir().unwrap() }
}

impl Home {
    fn folders(&self) -> Folders {
        Folders::all_in(self.folder.path())
    }

    fn path(&self) -> PathBuf {
        self.folders().audit_log()
    }

    fn log(&self) -> FileAuditLog {
        self.log_with(AuditSettings::default())
    }

    fn log_with(&self, settings: AuditSettings) -> FileAuditLog {
        log_at(&self.folders(), settings, NOW)
    }

    fn records(&self) -> Vec<Record> {
        records(&self.path(), &Filter::default()).unwrap()
    }

    fn lines(&self) -> Vec<String> {
        std::fs::read_to_string(self.path()).unwrap().lines().map(str::to_owned).collect()
    }

    fn history(&self, customer: &str) -> History {
        self.log().history(&session(), &customer_called(customer)).unwrap()
    }
}

fn log_at(folders: &Folders, settings: AuditSettings, at: &str) -> FileAuditLog {
    FileAuditLog::new(folders, settings, Arc::new(Fixed(at.parse().unwrap())), Box::new(Counting))
}

fn session() -> Session {
    stub::session("sam", "practice")
}

fn stamp(version: u64) -> Stamp {
    Stamp { at: Some(NOW.parse().unwrap()), version: Some(version) }
}

fn customer_called(id: &str) -> Customer {
    Customer {
        id: CustomerId::new(id),
        name: "Ada Lovelace".into(),
        email: Some("ada@example.com".into()),
        username: Some("ada.lovelace".into()),
        names: None,
        details: Vec::new(),
    }
}

fn plan(customer: &str, action: Action) -> Plan {
    Plan {
        agent: "sam".into(),
        profile_ref: ProfileRef {
            profile: "practice".into(),
            backend: "practice".into(),
            backend_id: "practice:test".into(),
        },
        customer: customer_called(customer),
        target: ResetTarget::User(UserId::new("1")),
        user: None,
        action,
        state: State { has_user: true, ..State::default() },
        stamp: Some(stamp(1)),
        pending_since: None,
        unlock: false,
        lasts: Duration::from_hours(24),
        recent: Vec::new(),
        gaps: Vec::new(),
        notices: Vec::new(),
        case: Case { ticket: Some("T-7".into()), reason: Some("phone call".into()), verified: None },
    }
}

/// The agent said yes to this plan when asked.
fn asked(plan: &Plan) -> Consent {
    Consent::of_test(plan, Decision::Confirmed)
}

/// The agent said yes to this plan beforehand.
fn not_asked(plan: &Plan) -> Consent {
    Consent::of_test(plan, Decision::ConfirmedBeforehand)
}

/// Writes an intent of a reset of this customer.
fn intend(log: &mut FileAuditLog, customer: &str) -> Result<AttemptId> {
    let plan = plan(customer, Action::Set);
    log.intend(&session(), &plan, &asked(&plan)).map(|receipt| receipt.attempt().clone())
}

/// Writes the three records of a reset that went well.
fn reset(log: &mut FileAuditLog, customer: &str) {
    let intent = intend(log, customer).unwrap();
    log.outcome(
        &intent,
        AttemptOutcome::Set {
            stamp: Some(stamp(2)),
            proof: Proof::Proved,
            sessions: crate::domain::SessionsEnded::All,
        },
    )
    .unwrap();
    log.outcome(&intent, AttemptOutcome::Delivered(Delivery::Shown)).unwrap();
}
