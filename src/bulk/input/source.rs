//! Bytes of the input, a buffer at a time, and which line they are on.

use std::io::{ErrorKind, Read};

use crate::domain::{Error, Result};

const BUFFER: usize = 64 * 1024;

/// What is read, with the lines counted.
pub(super) struct Source<R> {
    read: R,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    line: u64,
}

/// How many line ends there are.
pub(super) fn line_ends(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

impl<R: Read> Source<R> {
    pub(super) fn new(read: R) -> Self {
        Self { read, buffer: vec![0; BUFFER].into_boxed_slice(), start: 0, end: 0, line: 1 }
    }

    /// The line of the next byte, from 1.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// What is there, read anew where nothing is left; empty at the end.
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

    /// So many bytes of it are used.
    pub(super) fn skip(&mut self, bytes: usize) {
        let to = (self.start + bytes).min(self.end);
        self.line += line_ends(&self.buffer[self.start..to]);
        self.start = to;
    }
}
