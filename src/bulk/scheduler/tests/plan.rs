//! A simulated run: what is planned, and what is written down of it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::bulk::admission::BackendLoad;
use crate::bulk::outcome::RowOutcome;
use crate::bulk::scheduler::{Ended, Rules};

/// What becomes of a row, on a backend that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Delivered,
    Refused,
    Duplicate,
    Unusable,
    DoneBefore,
    /// So often the backend says that it is busy.
    BusyFirst(u8),
    /// The backend fails for this row alone, each time.
    NeverTaken,
    /// The audit log takes no more.
    Fatal,
}

/// A run, and the backend that it meets. Times are milliseconds.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Each with its fate, its time at the backend and its time at the disk.
    pub(super) rows: Vec<(Fate, u64, u64)>,
    /// The concurrency limit at the start.
    pub(super) limit: usize,
    pub(super) rules: Rules,
    /// When the backend is gone: from, to.
    pub(super) outages: Vec<(u64, u64)>,
    /// When a signal comes.
    pub(super) signal: Option<u64>,
    /// After so many rows the input cannot be read.
    pub(super) unreadable: Option<usize>,
}

/// An action, without what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Did {
    Read,
    Start(u64),
    Reject(u64),
    GiveUp(u64),
    Doubt,
    LookAgain,
    Cancel,
    Wait(Duration),
    End,
}

/// One action, and how things stood when it was decided.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) now: Duration,
    pub(super) did: Did,
    pub(super) in_flight: usize,
    /// Rows that were read, have not ended, and are not in flight.
    pub(super) held: usize,
    pub(super) load: BackendLoad,
    /// Started since the last wait.
    pub(super) starting: usize,
    /// When the rate allows the next start.
    pub(super) next_start: Duration,
    /// Whether the input has a row that the limit allows.
    pub(super) has_input: bool,
    /// Since when the run is stopping.
    pub(super) stopping: Option<Duration>,
}

/// What came of a run.
pub(super) struct Trace {
    pub(super) steps: Vec<Step>,
    pub(super) ended: Ended,
    /// How often each line ended, and with what last.
    pub(super) ends: BTreeMap<u64, (u32, RowOutcome)>,
    /// How often each line was put in doubt and read again.
    pub(super) looks: BTreeMap<u64, u32>,
    pub(super) done: u64,
    pub(super) failed: u64,
}
