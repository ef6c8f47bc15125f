//! Formats results: JSON, tables, and text made safe for a terminal or a spreadsheet.

mod json;
mod paged_table;
mod progress;
mod raw;
mod sanitize;
pub(crate) mod table;

pub use json::to_json;
pub(crate) use json::{error_json, to_public_json};
pub(crate) use paged_table::PagedTable;
pub(crate) use progress::Progress;
pub(crate) use raw::write_all;
pub(crate) use sanitize::is_unsafe;
pub use sanitize::{defuse_formula, sanitize};
