//! Reads CSV in constant memory: a row that is too long, or a quote that is never closed, costs no more memory.

use std::io::Read;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use memchr::memchr_iter;

use super::super::row::{COLUMNS, Numbered, Row};
use super::limits::{LONGEST_ROW, MOST_COLUMNS};
use super::source::{Source, line_ends};
use crate::domain::{Error, Result, without_secret_keys};

/// The delimiters of cells. The first that finds a customer column is used.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How many of the columns that are not read are named.
const NAMED: usize = 8;

/// The rows below a header.
pub(super) struct CsvRows<R> {
    source: Source<R>,
    reader: Reader,
    /// For each column of the file, its index in [`COLUMNS`]; `None` if it is not read.
    columns: Vec<Option<usize>>,
    unused: Vec<String>,
    cells: Box<[u8]>,
    ends: Box<[usize]>,
}

/// A record as it was read.
struct Record {
    line: u64,
    cells: usize,
    /// Why the record cannot be used; `None` if it can.
    wrong: Option<String>,
}

fn header_error(message: impl Into<String>) -> Error {
    Error::usage(message).hint("The first row names the columns, and one of them is \"customer\".")
}

impl<R: Read> CsvRows<R> {
    /// Reads the header.
    pub(super) fn new(source: Source<R>) -> Result<Self> {
        let mut rows = Self {
            source,
            reader: reader(DELIMITERS[0]),
            columns: Vec::new(),
            unused: Vec::new(),
            cells: vec![0; LONGEST_ROW].into_boxed_slice(),
            ends: vec![0; MOST_COLUMNS].into_boxed_slice(),
        };
        let header = rows.header()?;
        let Some((delimiter, names)) = DELIMITERS.iter().find_map(|delimiter| {
            let names = split(&header, *delimiter)?;
            names.iter().any(|name| is_column(name, COLUMNS[0])).then_some((*delimiter, names))
        }) else {
            return Err(header_error("The input has no column \"customer\"."));
        };
        for name in names {
            let column = COLUMNS.iter().position(|column| is_column(&name, column));
            if let Some(column) = column
                && rows.columns.contains(&Some(column))
            {
                return Err(header_error(format!("The input has two columns \"{}\".", COLUMNS[column])));
            }
            if column.is_none() && rows.unused.len() < NAMED {
                rows.unused.push(without_secret_keys(&name).into_owned());
            }
            rows.columns.push(column);
        }
        rows.reader = reader(delimiter);
        // A reader takes a byte order mark off its first input. That input would be a row, where the mark is text.
        let _ = rows.reader.read_record(b"\n", &mut rows.cells, &mut rows.ends);
        Ok(rows)
    }

    pub(super) fn unused(&self) -> &[String] {
        &self.unused
    }

    /// Reads the header row with its quotes, up to the line end that is not in quotes.
    fn header(&mut self) -> Result<Vec<u8>> {
        let mut header = Vec::new();
        let mut quoted = false;
        loop {
            let filled = self.source.fill()?;
            if filled.is_empty() {
                break;
            }
            let end = filled.iter().position(|byte| {
                quoted ^= *byte == b'"';
                *byte == b'\n' && !quoted
            });
            let taken = end.map_or(filled.len(), |end| end + 1);
            if header.len() + taken > LONGEST_ROW {
                return Err(header_error(format!("The first row of the input is longer than {LONGEST_ROW} bytes.")));
            }
            header.extend_from_slice(&filled[..taken]);
            self.source.skip(taken);
            if end.is_some() && !header.trim_ascii().is_empty() {
                break;
            }
        }
        if std::str::from_utf8(&header).is_err() {
            return Err(header_error("The first row of the input is not UTF-8 text."));
        }
        Ok(header)
    }

    pub(super) fn next_row(&mut self) -> Result<Option<Numbered>> {
        let Some(record) = self.record()? else { return Ok(None) };
        let row = match record.wrong {
            Some(why) => Err(why),
            None => self.row(record.cells),
        };
        Ok(Some(Numbered { line: record.line, row }))
    }

    fn row(&self, cells: usize) -> Result<Row, String> {
        if cells != self.columns.len() {
            return Err(format!("it has {cells} cells, and the first row has {}", self.columns.len()));
        }
        let mut row = Row::default();
        let mut start = 0;
        for (column, end) in self.columns.iter().zip(&*self.ends) {
            if let Some(column) = column {
                let cell = std::str::from_utf8(&self.cells[start..*end])
                    .map_err(|_| format!("its {} is not UTF-8 text", COLUMNS[*column]))?;
                row.put(*column, cell)?;
            }
            start = *end;
        }
        row.whole()
    }

    fn record(&mut self) -> Result<Option<Record>> {
        // Empty lines are skipped here, so that the line number is that of the row.
        loop {
            let filled = self.source.fill()?;
            let empty = filled.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if empty == 0 {
                break;
            }
            self.source.skip(empty);
        }
        let mut record = Record { line: self.source.line(), cells: 0, wrong: None };
        let (mut bytes, mut quotes, mut inner_lines) = (0, 0, 0);
        let mut has_read = false;
        loop {
            let filled = self.source.fill()?;
            let ended = filled.is_empty();
            let (result, read, written, cells) =
                self.reader.read_record(filled, &mut self.cells[bytes..], &mut self.ends[record.cells..]);
            has_read |= read > 0;
            quotes += memchr_iter(b'"', &filled[..read]).count();
            inner_lines += line_ends(&filled[..read]);
            self.source.skip(read);
            bytes += written;
            record.cells += cells;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => {
                    bytes = 0;
                    record.wrong = Some(format!("it is longer than {LONGEST_ROW} bytes"));
                }
                ReadRecordResult::OutputEndsFull => {
                    record.cells = 0;
                    record.wrong = Some(format!("it has more than {MOST_COLUMNS} cells"));
                }
                ReadRecordResult::Record => {
                    if ended && quotes % 2 == 1 && inner_lines > 0 {
                        record.wrong = Some("a quote that is opened there is never closed".to_owned());
                    }
                    return Ok(Some(record));
                }
                ReadRecordResult::End => {
                    debug_assert!(!has_read || record.wrong.is_some());
                    return Ok(None);
                }
            }
        }
    }
}

/// Makes a reader whose rows end with a line feed alone, so that line numbers are right. A carriage return is trimmed.
fn reader(delimiter: u8) -> Reader {
    ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).build()
}

fn is_column(name: &str, column: &str) -> bool {
    name.trim().replace([' ', '-'], "_").eq_ignore_ascii_case(column)
}

/// Splits the header into cells; `None` if there are too many.
fn split(header: &[u8], delimiter: u8) -> Option<Vec<String>> {
    let mut reader = reader(delimiter);
    let mut cells = vec![0; header.len() + 1];
    let mut ends = vec![0; MOST_COLUMNS];
    let (mut read, mut written, mut cell_count) = (0, 0, 0);
    loop {
        let (result, more_read, more_written, more) =
            reader.read_record(&header[read..], &mut cells[written..], &mut ends[cell_count..]);
        (read, written, cell_count) = (read + more_read, written + more_written, cell_count + more);
        match result {
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::Record | ReadRecordResult::End => break,
            ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => return None,
        }
    }
    let mut start = 0;
    let cell = |end: &usize| {
        let cell = String::from_utf8_lossy(&cells[start..*end]).into_owned();
        start = *end;
        cell
    };
    Some(ends[..cell_count].iter().map(cell).collect())
}
