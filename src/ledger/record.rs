//! One record: what it says, and the draft that a store makes it from.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::Event;

/// The version of the record format that is written.
pub(super) const VERSION: u8 = 2;

/// The process that wrote a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// The machine's name; `None` in a record of version 1.
    pub machine: Option<String>,
    /// The number of the system's user; `None` in a record of version 1.
    pub uid: Option<u32>,
    /// The name of the system's user, by getpwuid(3); `None` if the number has none.
    pub user: Option<String>,
}

impl Writer {
    /// Returns the system's user, the number first.
    pub fn system_user(&self) -> String {
        match (self.uid, &self.user) {
            (Some(uid), Some(user)) => format!("uid {uid} ({user})"),
            (Some(uid), None) => format!("uid {uid}"),
            (None, user) => user.clone().unwrap_or_default(),
        }
    }
}

/// A record without what the store gives it: number, time and writer. It never holds a password, nor a hash of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the other names say it all")]
pub struct Draft {
    /// The attempt that the record belongs to. A record that belongs to none has an id of its own here.
    pub attempt: String,
    /// What it says.
    #[serde(flatten)]
    pub event: Event,
    /// The agent's name at the backend.
    pub agent: String,
    pub profile: String,
    /// The backend's kind.
    pub backend: String,
    /// The backend itself: the same for every profile of one server and realm or base.
    pub backend_id: Option<String>,
    /// The customer's id. An address is masked, with a pseudonym behind it (`a***@example.com#5f1c...`).
    pub customer: Option<String>,
    /// The user's id at the backend that no rename and no move changes, or the best id that the agent may read.
    pub user: Option<String>,
    /// The name that the user signs in with.
    pub username: Option<String>,
    /// `set`, `create_and_set`, `withdraw`, `unlock`, `verify`, `notify`, `bulk`, `unseal` or `view`.
    pub action: Option<String>,
    pub ticket: Option<String>,
    /// The bulk run that the record belongs to.
    pub run: Option<String>,
    /// The row of that run: the line of the input where it begins.
    pub row: Option<u64>,
}

impl Draft {
    /// Makes the draft of a record about the ledger itself, by the system's user.
    pub(super) fn of_ledger(writer: &Writer, event: Event) -> Self {
        let attempt = format!("{}-{}", event.name(), Timestamp::now().as_nanosecond());
        Self::blank(attempt, event, writer.system_user())
    }

    /// Makes a draft that says only who and what.
    pub(super) const fn blank(attempt: String, event: Event, agent: String) -> Self {
        Self {
            attempt,
            event,
            agent,
            profile: String::new(),
            backend: String::new(),
            backend_id: None,
            customer: None,
            user: None,
            username: None,
            action: None,
            ticket: None,
            run: None,
            row: None,
        }
    }
}

/// The content of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FlatRecord")]
#[allow(missing_docs, reason = "the other names say it all")]
pub struct Record {
    /// The version of the record format: 2, or 1 if it was imported.
    pub v: u8,
    /// Its place in the ledger, from 1.
    pub number: u64,
    /// When it was written. It is never before the time of the record before.
    pub at: Timestamp,
    pub writer: Writer,
    #[serde(flatten)]
    pub draft: Draft,
}

impl Record {
    /// Whether it is the intent of a reset, as limits count them.
    pub fn begins_a_reset(&self) -> bool {
        matches!(self.draft.event, Event::Intent { .. })
            && matches!(self.draft.action.as_deref(), Some("set" | "create_and_set"))
    }
}

/// The fields of a record as its body has them. What is flattened is kept aside while it is read: twice where it is
/// flattened twice, which takes a third longer.
#[derive(Deserialize)]
struct FlatRecord {
    v: u8,
    number: u64,
    at: Timestamp,
    writer: Writer,
    attempt: String,
    #[serde(flatten)]
    event: Event,
    agent: String,
    profile: String,
    backend: String,
    backend_id: Option<String>,
    customer: Option<String>,
    user: Option<String>,
    username: Option<String>,
    action: Option<String>,
    ticket: Option<String>,
    run: Option<String>,
    row: Option<u64>,
}

impl From<FlatRecord> for Record {
    fn from(flat: FlatRecord) -> Self {
        let FlatRecord { v, number, at, writer, attempt, event, agent, profile, backend, .. } = flat;
        let FlatRecord { backend_id, customer, user, username, action, ticket, run, row, .. } = flat;
        let draft = Draft {
            attempt,
            event,
            agent,
            profile,
            backend,
            backend_id,
            customer,
            user,
            username,
            action,
            ticket,
            run,
            row,
        };
        Self { v, number, at, writer, draft }
    }
}
