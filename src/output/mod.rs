//! How results are written: JSON, tables, and text made safe for a terminal or a spreadsheet.

mod json;
mod sanitize;
pub(crate) mod table;

pub(crate) use json::error_json;
pub use json::{reset_json, to_json};
pub use sanitize::{defuse_formula, sanitize};
