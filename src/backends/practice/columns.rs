//! Converts values of the tables: times and channels.

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Error, Row};

use crate::domain::Channel;

/// Converts a time of the directory.
pub(super) fn timestamp(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}

/// Reads the channel in this column.
///
/// # Errors
/// The column has another text: the directory is damaged, and whatever has no channel is sent nowhere.
pub(super) fn channel(row: &Row<'_>, column: usize) -> rusqlite::Result<Channel> {
    Channel::from_name(row.get_ref(column)?.as_str()?).ok_or_else(|| {
        Error::FromSqlConversionFailure(column, Type::Text, "a channel is neither phone nor email".into())
    })
}
