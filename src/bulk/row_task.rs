//! A row to work at, and its result.

use super::journal::Earlier;
use super::outcome::RowOutcome;
use super::row::Row;
use crate::domain::Error;

/// A row to work at.
#[derive(Debug)]
pub(super) struct RowTask {
    /// The line of the input where the row begins.
    pub(super) line: u64,
    /// What the row asks for.
    pub(super) row: Row,
    /// The attempt before this one.
    pub(super) earlier: Option<Earlier>,
    /// Whether that attempt was delivered, but the backend may have lost its password.
    pub(super) in_doubt: bool,
}

/// The next row that is left in the input.
#[derive(Debug)]
pub(super) enum NextRow {
    /// A row to work at.
    Task(Box<RowTask>),
    /// A row that cannot be read, and why.
    Unusable { line: u64, why: String },
    /// No row is left.
    End,
}

/// The result of one row in flight.
#[derive(Debug)]
pub(super) enum RowResult {
    /// The row has ended, and that is written.
    Ended(RowOutcome),
    /// The backend did not accept the row: nothing was changed, and the row can be repeated.
    NotTaken(Box<RowTask>, Error),
    /// The run cannot go on.
    Fatal(Error),
}
