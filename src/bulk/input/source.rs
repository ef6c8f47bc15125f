//! Reads the input a buffer at a time, and counts its lines.

use std::io::{ErrorKind, Read};

use crate::domain::{Error, Result};

const BUFFER: usize = 64 * 1024;

/// A buffered input that counts its lines.
pub(super) struct Source<R> {
    read: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    line: u64,
}

/// Counts the line ends.
pub(super) fn line_ends(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

impl<R: Read> Source<R> {
    pub(super) fn new(read: R) -> Self {
        Self { read, buffer: vec![0; BUFFER].into_boxed_slice(), start: 0, end: 0, line: 1 }
    }

    /// Returns the line of the next byte, counted from 1.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// Returns the bytes in the buffer, and fills it first if it is empty. Returns no bytes at the end.
    pub(super) fn fill(&mut self) -> Result<&[u8]> {
        while self.start == self.end {
            match self.read.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(read) => (self.start, self.end) = (0, read),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    return Err(Error::unavailable("The input cannot be read any further.").because(error));
                }
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// Skips this many bytes of the buffer, and counts their lines.
    pub(super) fn skip(&mut self, bytes: usize) {
        let to = (self.start + bytes).min(self.end);
        self.line += line_ends(&self.buffer[self.start..to]);
        self.start = to;
    }
}
