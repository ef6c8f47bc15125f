//! The parser of records, and its limits.

use csv_core::{Reader, ReaderBuilder};

/// The longest record, in bytes.
pub(crate) const LONGEST_RECORD: usize = 64 * 1024;
/// The most columns of a header.
pub(super) const MOST_COLUMNS: usize = 1024;

/// Makes a parser. A record ends with LF, CRLF or CR.
pub(super) fn parser(delimiter: u8) -> Reader {
    let mut parser = ReaderBuilder::new().delimiter(delimiter).build();
    // A parser takes a byte order mark off its first input. That input would be a record, where the mark is text.
    let _ = parser.read_record(b"\n", &mut [], &mut []);
    parser
}
