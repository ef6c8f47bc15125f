//! The protocol of scheduler and executor: a moment and an event go in, an action comes out.

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
    pub(in crate::bulk) load: BackendLoad,
    /// Why the executor has to stop: a signal, or an output that accepts no more rows.
    pub(in crate::bulk) stop: Option<Error>,
}

/// What happened since the last action.
#[derive(Debug)]
pub(in crate::bulk) enum Event {
    /// The action is done, or the wait is over.
    Ready,
    /// The next row was read; `passed_over` rows before it were done already.
    Read { next: NextRow, passed_over: u64 },
    /// A row in flight has landed, with this result.
    Landed { line: u64, result: RowResult },
    /// Rows are in doubt: reading begins again at the top of the input, and returns only those rows.
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
    /// Put a row in flight that is reported as unusable.
    Reject { line: u64, why: String },
    /// Put a row in flight that is reported as failed, because the backend accepts other rows.
    GiveUp(Box<RowTask>, Error),
    /// Note that what was delivered since then is in doubt.
    RecordDoubt { since: Timestamp },
    /// Check whether rows are in doubt, and read them from the top of the input.
    LookAgain,
    /// Repeat no call that is in flight, because the run is ending.
    CancelRetries,
    /// Wait until a row lands or this time comes. With `room`, also wait until fewer rows than that are at the backend.
    Wait { until: Duration, room: Option<usize> },
    /// The run is over. What is still in flight is dropped, and settled when the run is resumed.
    End(Ended),
}

/// How an invocation ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Why the run stopped early; `None` if it did not.
    pub stopped: Option<Error>,
    /// Whether the run ended because `--limit` was reached.
    pub limited: bool,
}
