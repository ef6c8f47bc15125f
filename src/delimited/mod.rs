//! Delimited text (CSV), as exporters write it. The customers' file and the input of a bulk run have this one reader.
//!
//! It is strict: where a quote leaves open which rows there are, the whole text is refused with the line.

mod encoding;
mod errors;
mod file_kind;
mod header;
mod header_names;
mod parser;
mod quotes;
mod records;
mod source;

pub(crate) use encoding::Decoded;
pub(crate) use errors::DelimitedTextError;
pub(crate) use header_names::{Field, name_list, position_of_field, position_of_name, positions_of_field};
pub(crate) use parser::LONGEST_RECORD;
pub(crate) use records::{Record, Records};
pub(crate) use source::Source;
