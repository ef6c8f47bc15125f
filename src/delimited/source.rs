//! Reads an input a buffer at a time, and counts its lines.

use std::io::{ErrorKind, Read};

use super::encoding::Decoded;
use super::errors::DelimitedTextError;
use super::file_kind::foreign_kind;

const BUFFER: usize = 64 * 1024;
/// How many bytes tell what kind of file it is.
const START: usize = 512;

/// A buffered input that counts its lines: each ends with LF, CRLF or CR.
pub(crate) struct Source<R> {
    read: Decoded<R>,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    line: u64,
    /// Whether the last byte that was skipped is a carriage return. A line feed after it ends no further line.
    after_return: bool,
}

/// Counts the line ends in bytes that do not begin within a CRLF.
pub(super) fn line_ends(bytes: &[u8]) -> u64 {
    let feeds = memchr::memchr_iter(b'\n', bytes).count();
    let lone_returns = memchr::memchr_iter(b'\r', bytes).filter(|at| bytes.get(at + 1) != Some(&b'\n')).count();
    (feeds + lone_returns) as u64
}

impl<R: Read> Source<R> {
    /// Begins to read.
    ///
    /// # Errors
    /// The input cannot be read, or is a kind of file that is no text.
    pub(crate) fn open(read: R) -> Result<Self, DelimitedTextError> {
        let mut source = Self {
            read: Decoded::new(read)?,
            buffer: vec![0; BUFFER].into_boxed_slice(),
            start: 0,
            end: 0,
            line: 1,
            after_return: false,
        };
        if let Some(kind) = foreign_kind(source.beginning()?) {
            return Err(DelimitedTextError::Malformed {
                line: None,
                problem: format!("it is {kind}, not CSV"),
                hint: Some("Export it as CSV in UTF-8, and try again."),
            });
        }
        Ok(source)
    }

    /// Returns the line of the next byte, counted from 1.
    pub(crate) const fn line(&self) -> u64 {
        self.line
    }

    /// Returns the first bytes without skipping them, though a pipe may give them one by one.
    pub(crate) fn beginning(&mut self) -> Result<&[u8], DelimitedTextError> {
        while self.end < START && self.read_more()? > 0 {}
        Ok(&self.buffer[self.start..self.end])
    }

    /// Returns the bytes in the buffer, and fills it first if it is empty. Returns no bytes at the end.
    pub(crate) fn fill(&mut self) -> Result<&[u8], DelimitedTextError> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.read_more()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn read_more(&mut self) -> Result<usize, DelimitedTextError> {
        loop {
            match self.read.read(&mut self.buffer[self.end..]) {
                Ok(read) => {
                    self.end += read;
                    return Ok(read);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Skips this many bytes of the buffer, and counts their lines.
    pub(crate) fn skip(&mut self, bytes: usize) {
        let to = (self.start + bytes).min(self.end);
        let skipped = &self.buffer[self.start..to];
        let Some(last) = skipped.last() else { return };
        let is_within_pair = self.after_return && skipped[0] == b'\n';
        let last_is_return = *last == b'\r';
        self.line += line_ends(skipped) - u64::from(is_within_pair);
        self.after_return = last_is_return;
        self.start = to;
    }
}
