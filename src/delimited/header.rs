//! Reads the header: the first line that is neither blank nor written for a program.

use std::io::Read;

use csv_core::ReadRecordResult;

use super::errors::DelimitedTextError;
use super::header_names::duplicate;
use super::parser::{LONGEST_RECORD, MOST_COLUMNS, parser};
use super::quotes::{QuoteProblem, QuoteRules};
use super::source::Source;

/// The delimiters that are recognised.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The header.
pub(super) struct Header {
    pub(super) delimiter: u8,
    pub(super) names: Vec<String>,
}

/// A line as it is written, with its line end.
struct RawLine {
    number: u64,
    bytes: Vec<u8>,
}

impl Header {
    /// Reads the header. The first delimiter counts that makes names of it which `is_header` accepts, or else the one
    /// that makes the most names.
    ///
    /// # Errors
    /// The header is missing, is no text, has a wrong quote, or names a column twice.
    pub(super) fn read<R: Read>(
        source: &mut Source<R>,
        is_header: impl Fn(&[String]) -> bool,
    ) -> Result<Self, DelimitedTextError> {
        let mut given = None;
        let line = loop {
            let line = RawLine::read(source)?;
            if line.bytes.is_empty() {
                return Err(malformed(None, "it has no header", None));
            }
            if let Some(delimiter) = line.separator() {
                given = Some(delimiter);
            } else if !line.is_blank() && !line.is_type_line() {
                break line;
            }
        };
        line.check_text()?;
        let delimiters = given.as_ref().map_or(&DELIMITERS[..], std::slice::from_ref);
        let mut found: Vec<Self> = Vec::new();
        for delimiter in delimiters {
            let names = line.split(*delimiter);
            let Some(names) = names else { continue };
            found.push(Self { delimiter: *delimiter, names });
        }
        let accepted = found.iter().position(|header| is_header(&header.names));
        // The first of several with the most names: `max_by_key` would return the last.
        let most = || (0..found.len()).rev().max_by_key(|at| found[*at].names.len());
        let Some(chosen) = accepted.or_else(most) else {
            return Err(malformed(Some(line.number), format!("the header has more than {MOST_COLUMNS} columns"), None));
        };
        let header = found.swap_remove(chosen);
        line.check_quotes(header.delimiter)?;
        if let Some((one, other)) = duplicate(&header.names) {
            let problem = format!("the header has two columns of one name: \"{one}\" and \"{other}\"");
            return Err(malformed(Some(line.number), problem, Some("Rename or remove one of the two columns.")));
        }
        Ok(header)
    }
}

fn malformed(line: Option<u64>, problem: impl Into<String>, hint: Option<&'static str>) -> DelimitedTextError {
    DelimitedTextError::Malformed { line, problem: problem.into(), hint }
}

impl RawLine {
    /// Reads up to a line end that is not in quotes. Returns an empty line at the end.
    fn read<R: Read>(source: &mut Source<R>) -> Result<Self, DelimitedTextError> {
        let mut line = Self { number: source.line(), bytes: Vec::new() };
        let mut is_quoted = false;
        loop {
            let filled = source.fill()?;
            if filled.is_empty() {
                return Ok(line);
            }
            let end = filled.iter().position(|byte| {
                is_quoted ^= *byte == b'"';
                matches!(byte, b'\n' | b'\r') && !is_quoted
            });
            let taken = end.map_or(filled.len(), |end| end + 1);
            if line.bytes.len() + taken > LONGEST_RECORD {
                let problem = if is_quoted {
                    "a quote that is opened in the header is never closed".to_owned()
                } else {
                    format!("the header is longer than {LONGEST_RECORD} bytes")
                };
                return Err(malformed(Some(line.number), problem, None));
            }
            line.bytes.extend_from_slice(&filled[..taken]);
            source.skip(taken);
            if end.is_some() {
                return Ok(line);
            }
        }
    }

    fn is_blank(&self) -> bool {
        self.bytes.trim_ascii().is_empty()
    }

    /// Whether it is the type line of PowerShell 5's `Export-Csv`.
    fn is_type_line(&self) -> bool {
        self.bytes.get(..5).is_some_and(|start| start.eq_ignore_ascii_case(b"#type"))
    }

    /// Returns the delimiter of a line `sep=;`, which Excel reads.
    fn separator(&self) -> Option<u8> {
        let line = self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
        match line {
            [name @ .., delimiter] if name.eq_ignore_ascii_case(b"sep=") && can_delimit(*delimiter) => Some(*delimiter),
            _ => None,
        }
    }

    fn check_text(&self) -> Result<(), DelimitedTextError> {
        let problem = if self.bytes.contains(&0) {
            "the header has a NUL in it: it is no text, or UTF-16 without a byte order mark"
        } else if std::str::from_utf8(&self.bytes).is_err() {
            "the header is not UTF-8 text"
        } else {
            return Ok(());
        };
        Err(malformed(Some(self.number), problem, Some("Export it as CSV in UTF-8, and try again.")))
    }

    fn check_quotes(&self, delimiter: u8) -> Result<(), DelimitedTextError> {
        let mut rules = QuoteRules::new(delimiter);
        let problem = match rules.follow(&self.bytes, |_| {}) {
            Ok(()) if !rules.is_open() => return Ok(()),
            Ok(()) => "a quote that is opened in the header is never closed",
            Err(QuoteProblem::TextAfterQuote) => "the header has text after a closing quote",
            Err(QuoteProblem::QuoteInside) => "the header has a quote inside a name that does not begin with one",
        };
        Err(malformed(Some(self.number), problem, None))
    }

    /// Splits the line into cells. Returns `None` if there are too many.
    fn split(&self, delimiter: u8) -> Option<Vec<String>> {
        let mut parser = parser(delimiter);
        let mut cells = vec![0; self.bytes.len() + 1];
        let mut ends = vec![0; MOST_COLUMNS];
        let (mut read, mut written, mut count) = (0, 0, 0);
        loop {
            let (result, more_read, more_written, more) =
                parser.read_record(&self.bytes[read..], &mut cells[written..], &mut ends[count..]);
            (read, written, count) = (read + more_read, written + more_written, count + more);
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
        Some(ends[..count].iter().map(cell).collect())
    }
}

/// Whether a `sep=` line may name this delimiter.
const fn can_delimit(byte: u8) -> bool {
    byte == b'\t' || byte.is_ascii_punctuation() && byte != b'"'
}
