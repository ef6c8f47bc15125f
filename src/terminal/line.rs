//! Lines of standard input.

use std::io::stdin;
use std::os::fd::AsFd;

use zeroize::Zeroizing;

use crate::domain::{Answer, Failure};
use crate::system::{self, LineFailed};

/// The longest password that scripts can give, in bytes.
const LONGEST: usize = 64 * 1024;

/// A secret, from the next line of standard input, as scripts give it; none at its end.
///
/// # Errors
/// Exit 2: standard input cannot be read, is not text, or the line is too long.
pub fn secret_line() -> Answer<Option<Zeroizing<String>>> {
    read_line(stdin(), LONGEST)
}

/// The same, where it must hold something; `what` says it and on which line, for the failure.
///
/// # Errors
/// Exit 2, as for [`secret_line`]; or the line is empty, or not there.
pub fn needed_line(what: &str) -> Answer<Zeroizing<String>> {
    let line = secret_line()?.filter(|line| !line.is_empty());
    line.ok_or_else(|| Failure::usage(format!("Standard input has no {what}.")))
}

/// The next line, up to the line end: what follows stays for the next question.
pub(super) fn read_line(from: impl AsFd, longest: usize) -> Answer<Option<Zeroizing<String>>> {
    system::read_line(from, longest).map_err(|failed| match failed {
        LineFailed::TooLong => Failure::usage(format!("The line is longer than {longest} bytes.")),
        LineFailed::NotText => Failure::usage("The line is not UTF-8 text."),
        LineFailed::Unreadable(error) => Failure::usage("Standard input cannot be read.").because(error),
    })
}
