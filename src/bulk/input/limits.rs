//! How long a row of the input may be.

/// The longest row, in bytes.
pub(super) const LONGEST_ROW: usize = 64 * 1024;

/// So many columns a header has at most.
pub(super) const MOST_COLUMNS: usize = 1024;
