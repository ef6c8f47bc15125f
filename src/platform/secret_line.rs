//! Reads lines of standard input, perhaps secret ones.

use std::io;
use std::io::stdin;
use std::os::fd::AsFd;

use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::domain::{Error, Result};

/// The mark that some programs write before text. It is not part of the text (RFC 3629, section 6).
pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';
/// The longest line, in bytes.
const MAX_LENGTH: usize = 64 * 1024;

/// Reads a secret from the next line of standard input. Returns `None` at its end.
///
/// # Errors
/// Exit 2: standard input cannot be read, is not text, or the line is too long.
pub(crate) fn secret_line() -> Result<Option<Zeroizing<String>>> {
    read_line(stdin(), MAX_LENGTH)
}

/// Reads a secret that must not be empty. `content` names it and its line for the error.
///
/// # Errors
/// Exit 2, as for [`secret_line`], or the line is empty or missing.
pub(crate) fn needed_line(content: &str) -> Result<Zeroizing<String>> {
    let line = secret_line()?.filter(|line| !line.is_empty());
    line.ok_or_else(|| Error::usage(format!("Standard input has no {content}.")))
}

/// Reads the next line, and leaves what follows for the next question.
pub(crate) fn read_line(from: impl AsFd, longest: usize) -> Result<Option<Zeroizing<String>>> {
    read_secret_line(from, longest).map_err(|failed| match failed {
        LineError::TooLong => Error::usage(format!("The line is longer than {longest} bytes.")),
        LineError::NotText => Error::usage("The line is not UTF-8 text."),
        LineError::Unreadable(error) => Error::usage("Standard input cannot be read.").because(error),
    })
}

/// Why a line was not read.
#[derive(Debug)]
pub(crate) enum LineError {
    /// It is too long.
    TooLong,
    /// It is not UTF-8.
    NotText,
    /// The descriptor cannot be read.
    Unreadable(io::Error),
}

/// Reads up to the line end. Returns `None` at the end of the input.
///
/// It leaves out a byte order mark. It reads a byte at a time, so that what follows stays for the next reader. The buffers never move, and are wiped.
///
/// # Errors
/// It is longer than `longest` bytes, not UTF-8, or cannot be read.
pub(crate) fn read_secret_line(source: impl AsFd, longest: usize) -> Result<Option<Zeroizing<String>>, LineError> {
    let mut line = Zeroizing::new(Vec::with_capacity(longest));
    let mut byte = Zeroizing::new([0_u8; 1]);
    loop {
        match rustix::io::read(&source, &mut *byte) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => break,
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) if line.len() < longest => line.push(byte[0]),
            Ok(_) => return Err(LineError::TooLong),
            Err(Errno::INTR) => {}
            Err(error) => return Err(LineError::Unreadable(error.into())),
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    let text = std::str::from_utf8(&line).map_err(|_| LineError::NotText)?;
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let mut answer = Zeroizing::new(String::with_capacity(longest));
    answer.push_str(text);
    Ok(Some(answer))
}
