//! The limits of a row of the input.

/// The longest row, in bytes.
pub(super) const LONGEST_ROW: usize = 64 * 1024;

/// The most columns of a header.
pub(super) const MOST_COLUMNS: usize = 1024;
