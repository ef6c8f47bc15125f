//! The ledger, tried through its port on a store in a temporary folder: what each test needs for that.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

mod addresses;
mod appending;
mod attempts;
mod double;
mod forwarding;
mod idempotence;
mod imported_history;
mod importing;
mod limits;
mod listing;
mod old_log;
mod opening;
mod outbox;
mod pruning;
mod receipts;
mod rows;
mod spooling;
mod status;
pub(crate) mod stub;
mod tampering;
mod updating;
mod verifications;
mod verifying;

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;

use super::{
    Append, Appended, ConsentGiven, Draft, Event, Hash, Ledger, Now, Query, Record, RecordStore, SqliteFiles,
    SqliteStore, StoredRecord, Verified, Writer, verify,
};
use crate::config::{AuditSettings, Folders};
use crate::domain::ports::{AuditLog, RandomSource};
use crate::domain::{
    Action, AttemptId, AttemptOutcome, Case, Changed, Consent, Customer, CustomerId, Decision, Delivery, Error,
    ExitCode, History, LimitReached, Plan, ProfileRef, Proof, Reason, ResetLimits, ResetTarget, Result, Session,
    SessionsEnded, Stamp, State, UserId,
};

/// The moment at which every test writes, unless it says otherwise.
const NOW: &str = "2026-03-01T12:00:00Z";

/// Bytes that never come twice, so that attempts of several ledgers differ.
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

fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A folder of its own with a ledger in it.
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
        self.folders().ledger()
    }

    /// Makes a store as another process would have it.
    fn store(&self) -> SqliteStore {
        store_in(&self.folders(), NOW)
    }

    fn ledger(&self) -> Ledger {
        self.ledger_at(NOW)
    }

    fn ledger_at(&self, at: &str) -> Ledger {
        ledger_in(&self.folders(), &AuditSettings::default(), at)
    }

    fn ledger_with(&self, settings: &AuditSettings) -> Ledger {
        ledger_in(&self.folders(), settings, NOW)
    }

    fn ledger_on(&self, store: Rc<dyn RecordStore>) -> Ledger {
        ledger_on(store, (&self.folders(), &AuditSettings::default()), NOW)
    }

    fn stored(&self) -> Vec<StoredRecord> {
        wait_for(self.store().page(&Query::default(), 0, 10_000)).unwrap()
    }

    fn records(&self) -> Vec<Record> {
        self.stored().iter().map(|stored| stored.record().unwrap()).collect()
    }

    fn events(&self) -> Vec<&'static str> {
        self.records().iter().map(|record| record.draft.event.name()).collect()
    }

    /// Returns each record as a line of an export.
    fn lines(&self) -> Vec<String> {
        self.stored().iter().map(StoredRecord::line).collect()
    }

    fn history(&self, customer: &str) -> History {
        wait_for(self.ledger().history(&session(), &customer_called(customer), None)).unwrap()
    }

    fn verify(&self, head: Option<Hash>) -> Result<Verified> {
        wait_for(verify(&self.store(), head))
    }

    /// Opens the database beside the ledger, as somebody with the tools of `SQLite` would.
    fn database(&self) -> Connection {
        let connection = Connection::open(self.path()).unwrap();
        connection.execute_batch("PRAGMA synchronous = OFF").unwrap();
        connection
    }

    /// Changes the database without its triggers, and puts them back as they were.
    fn tamper(&self, statements: &str) {
        let connection = self.database();
        let mut select = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
        let triggers = select.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
        let triggers: Vec<(String, String)> = triggers.map(Result::unwrap).collect();
        for (name, _) in &triggers {
            connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
        }
        connection.execute_batch(statements).unwrap();
        for (_, statement) in &triggers {
            connection.execute_batch(statement).unwrap();
        }
    }

    /// Lets no record in any more, as a full disk does.
    fn refuse_records(&self) {
        let statement = "CREATE TRIGGER full BEFORE INSERT ON record BEGIN SELECT raise(ABORT, 'it is full'); END";
        self.database().execute_batch(statement).unwrap();
    }

    fn accept_records(&self) {
        self.database().execute_batch("DROP TRIGGER full").unwrap();
    }

    /// Returns the names of the files in a folder; none if there is no folder.
    fn names_in(folder: PathBuf) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn store_in(folders: &Folders, at: &str) -> SqliteStore {
    let files = SqliteFiles { ledger: folders.ledger(), leases: folders.leases(), audit_log: folders.audit_log() };
    SqliteStore::new(files, Writer::of_this_process(), clock_at(at))
}

fn clock_at(at: &str) -> Now {
    let at = time(at);
    Arc::new(move || at)
}

fn ledger_in(folders: &Folders, settings: &AuditSettings, at: &str) -> Ledger {
    ledger_on(Rc::new(store_in(folders, at)), (folders, settings), at)
}

fn ledger_on(store: Rc<dyn RecordStore>, folders: (&Folders, &AuditSettings), at: &str) -> Ledger {
    Ledger::on(store, Writer::of_this_process(), folders, clock_at(at), Box::new(Counting))
}

fn session() -> Session {
    stub::session("sam", "practice")
}

fn stamp(version: u64) -> Stamp {
    Stamp { at: Some(time(NOW)), version: Some(version) }
}

fn customer_called(id: &str) -> Customer {
    Customer {
        contacts: crate::domain::Contacts::default(),
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
        language: None,
        notified: Vec::new(),
        verification: None,
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

/// Writes the intent of a plan, without limits.
fn intend_plan(ledger: &mut Ledger, session: &Session, plan: &Plan, consent: &Consent) -> Result<AttemptId> {
    let written = wait_for(ledger.intend(session, plan, consent, ResetLimits::default()))?;
    Ok(written.unwrap().attempt().clone())
}

/// Writes an intent of a reset of this customer.
fn intend(ledger: &mut Ledger, customer: &str) -> Result<AttemptId> {
    let plan = plan(customer, Action::Set);
    intend_plan(ledger, &session(), &plan, &asked(&plan))
}

fn end(ledger: &mut Ledger, attempt: &AttemptId, outcome: AttemptOutcome) -> Result<()> {
    wait_for(ledger.outcome(attempt, outcome))
}

const SHOWN: AttemptOutcome = AttemptOutcome::Delivered(Delivery::Shown);

fn was_set() -> AttemptOutcome {
    let (stamp, sessions) = (Some(stamp(2)), SessionsEnded::All);
    AttemptOutcome::Set { user: "1".to_owned(), stamp, proof: Proof::Proved, sessions }
}

fn failed(changed: Changed) -> AttemptOutcome {
    AttemptOutcome::Failed { reason: Reason::BackendUnavailable, changed, stamp: None }
}

/// Writes the three records of a reset that went well. Returns its attempt.
fn reset(ledger: &mut Ledger, customer: &str) -> AttemptId {
    let attempt = intend(ledger, customer).unwrap();
    end(ledger, &attempt, was_set()).unwrap();
    end(ledger, &attempt, SHOWN).unwrap();
    attempt
}

/// A draft as the ledger makes it of a reset of C-1001, whose user is 1.
fn draft(attempt: &str, event: Event) -> Draft {
    let text = |text: &str| Some(text.to_owned());
    Draft {
        attempt: attempt.to_owned(),
        event,
        agent: "sam".to_owned(),
        profile: "practice".to_owned(),
        backend: "practice".to_owned(),
        backend_id: text("practice:test"),
        customer: text("C-1001"),
        user: text("1"),
        username: None,
        action: text("set"),
        ticket: None,
        run: None,
        row: None,
    }
}

fn intent() -> Event {
    let consent = ConsentGiven::Flag;
    Event::Intent {
        verification: None,
        reason: None,
        verified: None,
        consent,
        unlock: false,
        stamp_before: None,
        lease: None,
    }
}

const DELIVERED: Event = Event::Delivery { delivery: Delivery::Shown };

fn append(store: &dyn RecordStore, append: impl Into<Append>) -> Appended {
    wait_for(store.append(vec![append.into()])).unwrap().remove(0)
}

/// Whether a ledger cannot be used, so that nothing was changed.
fn cannot_be_used(error: &Error) -> bool {
    error.reason == Reason::AuditUnavailable
        && error.exit_code() == ExitCode::UNAVAILABLE
        && error.changed == Changed::No
}

/// Whether a ledger is not as it was written.
fn is_broken(error: &Error) -> bool {
    error.reason == Reason::ChainBroken && error.exit_code() == ExitCode::CHECK_FAILED
}
