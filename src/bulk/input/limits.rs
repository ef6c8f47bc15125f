//! How long a row of the input may be.

/// The longest row, in bytes.
pub const LONGEST_ROW: usize = 64 * 1024;

/// So many columns a header has at most.
pub const MOST_COLUMNS: usize = 1024;
