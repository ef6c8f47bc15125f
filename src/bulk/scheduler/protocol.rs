//! What the scheduler and the executor say to each other: a moment and an event in, an action out.

use std::time::Duration;

use jiff::Timestamp;

use crate::bulk::admission::BackendLoad;
use crate::bulk::row_task::{NextRow, RowResult, RowTask};
use crate::domain::Error;

/// What the executor sees at one moment.
#[derive(Debug)]
pub(in crate::bulk) struct Moment {
    /// The time since the run began.
    pub(in crate::bulk) now: Duration,
    /// The same moment as the journal writes it.
    pub(in crate::bulk) wall: Timestamp,
    /// The load of the backend.
    pub(in crate::bulk) load: BackendLoad,
    /// Why the executor has to stop: a signal, an output that takes no more.
    pub(in crate::bulk) stop: Option<Error>,
}

/// What happened since the action before.
#[derive(Debug)]
pub(in crate::bulk) enum Event {
    /// The action is done, or its wait is over.
    Ready,
    /// The next row was read; so many that are done already were passed over.
    Read { next: NextRow, passed_over: u64 },
    /// A row in flight came to an end.
    Landed { line: u64, result: RowResult },
    /// Rows are in doubt, and reading begins again at the top of the input: those rows are read, and no others.
    SecondLook,
    /// No row is in doubt.
    NoneInDoubt,
    /// The action failed, and the run cannot go on.
    Failed(Error),
}

/// What the executor has to do next.
#[derive(Debug)]
pub(in crate::bulk) enum Action {
    /// Read the next row that is left.
    ReadRow,
    /// Put this row in flight.
    Start(Box<RowTask>),
    /// Put a row in flight that is told as unusable.
    Reject { line: u64, why: String },
    /// Put a row in flight that is told as failed: the backend takes other rows.
    GiveUp(Box<RowTask>, Error),
    /// Note that what was delivered since then is in doubt.
    RecordDoubt { since: Timestamp },
    /// See which rows are in doubt, and read them from the top of the input.
    LookAgain,
    /// Make no call in flight a second time: the run is ending.
    CancelRetries,
    /// Wait until a row lands or this time comes; with `room`, also until fewer rows than so many are at the backend.
    Wait { until: Duration, room: Option<usize> },
    /// The run is over. What is still in flight is dropped, and settled when the run is resumed.
    End(Ended),
}

/// How a sitting ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Why it stopped early; `None` if the input is at its end.
    pub stopped: Option<Error>,
    /// It stopped because `--limit` was reached.
    pub limited: bool,
}
