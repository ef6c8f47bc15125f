//! Reads records in constant memory: one that is too long, or a quote that is never closed, costs no more memory.

use std::borrow::Cow;
use std::io::Read;
use std::str::Utf8Error;

use csv_core::{ReadRecordResult, Reader};

use super::errors::DelimitedTextError;
use super::header::Header;
use super::parser::{LONGEST_RECORD, MOST_COLUMNS, parser};
use super::quotes::{QuoteProblem, QuoteRules};
use super::source::{Source, line_ends};

/// The records below a header.
pub(crate) struct Records<R> {
    source: Source<R>,
    parser: Reader,
    quotes: QuoteRules,
    names: Vec<String>,
    cells: Box<[u8]>,
    ends: Box<[usize]>,
}

/// A record, with the line that it begins in.
pub(crate) struct Record<'a> {
    /// The line, counted from 1.
    pub(crate) line: u64,
    /// Why the record cannot be used, worded to follow "line 3: "; `None` if it can.
    pub(crate) problem: Option<String>,
    is_cut: bool,
    cells: &'a [u8],
    ends: &'a [usize],
}

/// What the parser read of a record.
struct Parsed {
    line: u64,
    bytes: usize,
    cells: usize,
    problem: Option<String>,
    is_cut: bool,
}

impl<R: Read> Records<R> {
    /// Reads the header. `is_header` accepts names that can be a header, which tells the delimiter.
    ///
    /// # Errors
    /// The header cannot be used, or the input cannot be read.
    pub(crate) fn open(
        mut source: Source<R>,
        is_header: impl Fn(&[String]) -> bool,
    ) -> Result<Self, DelimitedTextError> {
        let Header { delimiter, names } = Header::read(&mut source, is_header)?;
        Ok(Self {
            source,
            parser: parser(delimiter),
            quotes: QuoteRules::new(delimiter),
            names,
            cells: vec![0; LONGEST_RECORD].into_boxed_slice(),
            ends: vec![0; MOST_COLUMNS].into_boxed_slice(),
        })
    }

    /// Returns the names of the columns.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Reads the next record that is not blank; `None` at the end.
    ///
    /// # Errors
    /// A quote leaves open which records there are, or the input cannot be read.
    pub(crate) fn next_record(&mut self) -> Result<Option<Record<'_>>, DelimitedTextError> {
        loop {
            let Some(parsed) = self.parse()? else { return Ok(None) };
            let is_blank = parsed.problem.is_none() && self.cells[..parsed.bytes].trim_ascii().is_empty();
            if is_blank {
                continue;
            }
            let columns = self.names.len();
            let problem = parsed.problem.or_else(|| {
                (parsed.cells != columns)
                    .then(|| format!("it has {} cells, and the header has {columns}", parsed.cells))
            });
            let (cells, ends) = (&self.cells[..parsed.bytes], &self.ends[..parsed.cells]);
            return Ok(Some(Record { line: parsed.line, problem, is_cut: parsed.is_cut, cells, ends }));
        }
    }

    fn parse(&mut self) -> Result<Option<Parsed>, DelimitedTextError> {
        self.skip_empty_lines()?;
        self.quotes.restart();
        let mut parsed = Parsed { line: self.source.line(), bytes: 0, cells: 0, problem: None, is_cut: false };
        let mut opened_in = parsed.line;
        loop {
            let line = self.source.line();
            let filled = self.source.fill()?;
            let (result, read, written, cells) =
                self.parser.read_record(filled, &mut self.cells[parsed.bytes..], &mut self.ends[parsed.cells..]);
            let consumed = &filled[..read];
            let followed = self.quotes.follow(consumed, |at| opened_in = line + line_ends(&consumed[..at]));
            let is_end = filled.is_empty();
            self.source.skip(read);
            match followed {
                Ok(()) => {}
                Err(QuoteProblem::TextAfterQuote) => {
                    return Err(DelimitedTextError::at(opened_in, "there is text after a closing quote"));
                }
                Err(QuoteProblem::QuoteInside) => {
                    parsed.problem = Some("it has a quote inside a cell that does not begin with one".to_owned());
                }
            }
            if is_end && self.quotes.is_open() {
                return Err(DelimitedTextError::at(opened_in, "a quote that is opened there is never closed"));
            }
            parsed.bytes += written;
            parsed.cells += cells;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => {
                    (parsed.bytes, parsed.cells, parsed.is_cut) = (0, 0, true);
                    parsed.problem = Some(format!("it is longer than {LONGEST_RECORD} bytes"));
                }
                ReadRecordResult::OutputEndsFull => {
                    (parsed.cells, parsed.is_cut) = (0, true);
                    parsed.problem = Some(format!("it has more than {MOST_COLUMNS} cells"));
                }
                ReadRecordResult::Record => return Ok(Some(parsed)),
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// Skips the line ends before a record, so that its line is the one that it begins in.
    fn skip_empty_lines(&mut self) -> Result<(), DelimitedTextError> {
        loop {
            let filled = self.source.fill()?;
            let empty = filled.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if empty == 0 {
                return Ok(());
            }
            self.source.skip(empty);
        }
    }
}

impl Record<'_> {
    /// Returns the text of a cell; empty if the record has no such cell.
    ///
    /// # Errors
    /// It is not UTF-8 text.
    pub(crate) fn cell(&self, column: usize) -> Result<&str, Utf8Error> {
        std::str::from_utf8(self.bytes(column))
    }

    /// Returns the text of a cell, with a mark for what is not UTF-8.
    pub(crate) fn cell_lossy(&self, column: usize) -> Cow<'_, str> {
        String::from_utf8_lossy(self.bytes(column))
    }

    /// Whether only a part of it was read.
    pub(crate) const fn is_cut(&self) -> bool {
        self.is_cut
    }

    fn bytes(&self, column: usize) -> &[u8] {
        let Some(end) = self.ends.get(column) else { return &[] };
        let start = column.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.cells.get(start..*end).unwrap_or_default()
    }

    /// Returns how many cells it has.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
}
