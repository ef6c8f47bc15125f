//! The port to a store of records, which every store implements and the conformance suite tries.

use std::fmt;
use std::path::PathBuf;

use async_trait::async_trait;
use jiff::Timestamp;

use super::hash::Hash;
use super::outbox_item::{QueuedNotice, WaitingNotice};
use super::record::Draft;
use super::stored_record::StoredRecord;
use crate::domain::{ChangeKind, LimitReached, Result};

/// The newest record of a store, or the last one of a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The record's number.
    pub number: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Head {
    /// The place before the first record.
    pub const START: Self = Self { number: 0, hash: Hash::BEFORE_THE_FIRST };
}

/// The user whose attempts are counted or listed, under every id that records may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The ids of the backend.
    pub backend_ids: Vec<String>,
    /// The ids of the user.
    pub users: Vec<String>,
    /// The ids of the customer.
    pub customers: Vec<String>,
}

/// A limit that the store checks in the transaction that appends.
///
/// It counts the intents of resets whose attempts changed something or may have. The rows of a bulk run count once,
/// however often they were retried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The resets of one customer within the 24 hours before the new record. The row that is going on does not count.
    Customer {
        /// Whose resets.
        subject: Subject,
        /// How many there may be; the new one must fit in.
        most: u32,
        /// The run and the row that is going on.
        except: Option<(String, u64)>,
    },
    /// The resets by one agent, without those of bulk runs, within the hour before the new record.
    Agent {
        /// The ids of the backend where the agent has that name.
        backend_ids: Vec<String>,
        /// The agent's name.
        agent: String,
        /// How many there may be; the new one must fit in.
        most: u32,
    },
    /// The codes that were sent to one customer within the hour before the new record, or were about to be.
    Codes {
        /// Whose codes.
        subject: Subject,
        /// How many there may be; the new one must fit in.
        most: u32,
    },
    /// The wrong codes that were tried for one customer within the 24 hours before the new record. A try counts unless
    /// its attempt has a record of a verification.
    WrongCodes {
        /// For whom.
        subject: Subject,
        /// How many there may be; the new one must fit in.
        most: u32,
    },
    /// A verification that no other intent names, that has not run out, and that this agent made for this user and
    /// purpose.
    Verification {
        /// The attempt of the record of the verification.
        id: String,
        /// The user, or the customer where there is no user yet.
        subject: Subject,
        /// The agent.
        agent: String,
        /// The kind of change.
        purpose: ChangeKind,
    },
}

/// A record to be appended, and the limits that it has to keep.
#[derive(Clone, Debug)]
pub struct Append {
    /// The record.
    pub draft: Draft,
    /// The limits. The first that is reached refuses it.
    pub limits: Vec<Limit>,
    /// What the customer is to be told, queued in the same transaction unless a limit refuses the record.
    pub notices: Vec<QueuedNotice>,
}

impl From<Draft> for Append {
    fn from(draft: Draft) -> Self {
        Self { draft, limits: Vec::new(), notices: Vec::new() }
    }
}

/// What an append did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The record that is now there. It is an earlier one if that attempt had this event already.
    pub record: StoredRecord,
    /// The limit that refused the draft. The record then says so, and the draft was not appended.
    pub refused: Option<LimitReached>,
}

/// Which records are wanted. A field that is `None` leaves no record out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Only those of this user or customer.
    pub subject: Option<Subject>,
    /// Only those of this attempt.
    pub attempt: Option<String>,
    /// Only those of this customer, under any of these ids.
    pub customers: Option<Vec<String>>,
    /// Only those of this agent.
    pub agent: Option<String>,
    /// Only those of this action.
    pub action: Option<String>,
    /// Only those of this bulk run.
    pub run: Option<String>,
    /// Only those with this event.
    pub event: Option<&'static str>,
    /// Only those from this time on.
    pub since: Option<Timestamp>,
    /// Only those before this time.
    pub until: Option<Timestamp>,
}

/// Where a store keeps its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreLocation {
    /// In this file of this machine, which only its owner may read.
    File(PathBuf),
    /// Elsewhere, in words.
    Elsewhere(String),
}

impl fmt::Display for StoreLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Elsewhere(words) => words.fmt(formatter),
        }
    }
}

/// Keeps records in one chain.
///
/// Records are only appended; `prune` alone removes them, the oldest first. Every method may fail with exit 8: the store
/// cannot be used.
#[async_trait(?Send)]
pub trait RecordStore {
    /// Appends these in their order, all of them or none, and returns once they are durable.
    ///
    /// One transaction, which no other writer can come between, does the following for each. If the attempt has a
    /// record with this event, or of a refusal in place of an intent or of a draft with limits, it returns that one. Otherwise it checks the
    /// limits; a limit that is reached appends a refusal in place of the draft. The store gives number and time: the
    /// numbers have no gap, and a time is never before that of the record before.
    async fn append(&self, appends: Vec<Append>) -> Result<Vec<Appended>>;
    /// Returns the records with a number above `after` that match, by number, at most `most`.
    async fn page(&self, query: &Query, after: u64, most: usize) -> Result<Vec<StoredRecord>>;
    /// Counts the resets by an agent since this time, as [`Limit::Agent`] counts them.
    async fn resets_by_agent(&self, backend_ids: &[String], agent: &str, since: Timestamp) -> Result<u32>;
    /// Returns the intents of attempts that have no end, by number.
    async fn open_attempts(&self) -> Result<Vec<StoredRecord>>;
    /// Returns the records that issued what is outstanding at these backends, by number: those with a number above
    /// `after_number`, at most `most`.
    ///
    /// A temporary password is outstanding from the record of its set, or of a failed reset that changed the user, until a
    /// later one for the same user, the withdrawal, or [`Event::Settled`](super::Event::Settled) of the attempt.
    async fn issued(&self, backend_ids: &[String], after_number: u64, most: usize) -> Result<Vec<StoredRecord>>;
    /// Whether an intent names this verification.
    async fn is_used(&self, verification: &str) -> Result<bool>;
    /// Takes the notices of a profile that are due, the longest due first, at most `most`, to be sent now.
    ///
    /// In the same transaction each is put off by [`WaitingNotice::retry_after`], so that no other process takes it
    /// meanwhile, and it is taken again if this process ends before it is finished.
    async fn take_notices(&self, profile: &str, most: usize) -> Result<Vec<WaitingNotice>>;
    /// Returns the notices that wait, by id: those after this id, at most `most`.
    async fn waiting_notices(&self, after: &str, most: usize) -> Result<Vec<WaitingNotice>>;
    /// Removes a notice and appends the record of its end, in one transaction. Returns `None` and appends nothing if the
    /// notice is gone.
    async fn finish_notice(&self, id: &str, record: Draft) -> Result<Option<StoredRecord>>;
    /// Returns the newest record; `None` if there is none.
    async fn head(&self) -> Result<Option<Head>>;
    /// Returns the last record that was removed; `None` if none was. Verification starts after it.
    async fn checkpoint(&self) -> Result<Option<Head>>;
    /// Removes the records before this time, but not the intent of an attempt that has no end, nor what follows it.
    ///
    /// One transaction writes the checkpoint, and appends this record with [`Event::Pruned`](super::Event::Pruned).
    /// Returns the checkpoint; `None` if there is nothing to remove.
    async fn prune(&self, before: Timestamp, record: Draft) -> Result<Option<Head>>;
    /// Returns this process's lease, which is live until the process ends, however it ends.
    async fn lease(&self) -> Result<String>;
    /// Whether the process with this lease is still running.
    async fn is_live(&self, lease: &str) -> Result<bool>;
    /// Returns the secret that pseudonyms of addresses are made with. It is the same for all of the store's life.
    async fn pseudonym_key(&self) -> Result<[u8; 32]>;
    /// Checks what the store itself can tell of its state, beyond the chain. Returns each fault in words.
    async fn faults(&self) -> Result<Vec<String>>;
    /// Takes over what an earlier version left, and returns the records that the store has appended by itself for that
    /// and has not returned yet, so that they can be forwarded.
    async fn take_own_records(&self) -> Result<Vec<StoredRecord>> {
        Ok(Vec::new())
    }
    /// Returns where the store keeps its records, also if there are none yet.
    async fn location(&self) -> Result<StoreLocation>;
    /// Checks whether records can be appended, and writes nothing. A store that is made when first needed is no fault.
    async fn try_to_append(&self) -> Result<()>;
}
