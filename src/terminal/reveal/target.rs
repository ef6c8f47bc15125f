//! The destination that `--reveal` names.
//!
//! A descriptor is opened before the tool opens anything else, so that its number is still the caller's.

use std::fs::{File, OpenOptions};
use std::io::{self, stdout};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};

use rustix::fs::{OFlags, fcntl_getfl};
use rustix::io::Errno;

use super::options::{RevealOptions, wrong_way};
use super::{StreamReveal, TerminalReveal};
use crate::domain::Result;
use crate::domain::ports::Reveal;

/// What `--reveal` names, opened at the start of the program.
pub(crate) enum RevealTarget {
    /// The terminal.
    Terminal,
    /// A descriptor, with its name on the command line.
    Stream(String, io::Result<OwnedFd>),
    /// A text that names no way to reveal.
    Unknown(String),
}

/// The reveal that was chosen, ready to be prepared.
pub(crate) enum ChosenReveal {
    /// A reveal on the terminal.
    Terminal(TerminalReveal),
    /// A reveal to a descriptor.
    Stream(StreamReveal),
}

impl ChosenReveal {
    /// Tells whether the reveal is on the terminal.
    pub(crate) const fn is_terminal(&self) -> bool {
        matches!(self, Self::Terminal(_))
    }

    /// Converts it to the port that the domain uses.
    pub(crate) fn into_reveal(self) -> Box<dyn Reveal> {
        match self {
            Self::Terminal(reveal) => Box::new(reveal),
            Self::Stream(reveal) => Box::new(reveal),
        }
    }
}

impl RevealTarget {
    /// Opens what `--reveal` names. Without it, chooses the terminal, which is opened only when it is needed.
    pub(crate) fn open(way: Option<&str>) -> Self {
        match way {
            None | Some("terminal") => Self::Terminal,
            Some("stdout") => Self::Stream("stdout".to_owned(), open_stdout()),
            Some(other) => match other.strip_prefix("fd:").map(str::parse::<u16>) {
                Some(Ok(number)) => Self::Stream(other.to_owned(), open_descriptor(number)),
                _ => Self::Unknown(other.to_owned()),
            },
        }
    }

    /// Builds the reveal with its options.
    ///
    /// # Errors
    /// Exit 2: there is no such way, or the descriptor cannot be written to.
    pub(crate) fn with(self, options: RevealOptions) -> Result<ChosenReveal> {
        match self {
            Self::Terminal => Ok(ChosenReveal::Terminal(TerminalReveal::new(options))),
            Self::Unknown(way) => Err(wrong_way(format!("\"{way}\" is no way to reveal a password."))
                .hint("There are: --reveal terminal, stdout, or fd:N.")),
            Self::Stream(way, Err(error)) => {
                Err(wrong_way(format!("--reveal {way}: {}.", reason(&error))).because(error))
            }
            Self::Stream(way, Ok(descriptor)) => StreamReveal::new(way, descriptor, &options).map(ChosenReveal::Stream),
        }
    }
}

fn reason(error: &io::Error) -> String {
    match Errno::from_io_error(error) {
        Some(Errno::NOENT | Errno::BADF) => "that descriptor is not open".to_owned(),
        Some(Errno::NOTSOCK) => "that descriptor is a socket, which cannot be opened so".to_owned(),
        Some(Errno::NXIO) => "nobody reads the other end any more".to_owned(),
        _ => format!("that descriptor cannot be written to ({error})"),
    }
}

fn open_stdout() -> io::Result<OwnedFd> {
    if fcntl_getfl(stdout())? & OFlags::RWMODE == OFlags::RDONLY {
        return Err(reading_only());
    }
    stdout().as_fd().try_clone_to_owned()
}

fn reading_only() -> io::Error {
    io::Error::other("it is open for reading only")
}

/// Opens /dev/fd/N for writing: pipes, terminals, and regular files at their end.
fn open_descriptor(number: u16) -> io::Result<OwnedFd> {
    if is_read_only(number) {
        return Err(reading_only());
    }
    let path = format!("/dev/fd/{number}");
    let kind = std::fs::metadata(&path)?.file_type();
    if kind.is_socket() {
        return Err(Errno::NOTSOCK.into());
    }
    // A blocking open waits for a reader of the pipe, and a non-blocking one fails at once (fifo(7)).
    // Writes wait by poll(2).
    let nonblocking = if kind.is_fifo() { OFlags::NONBLOCK } else { OFlags::empty() };
    let flags = i32::try_from((nonblocking | OFlags::NOCTTY).bits()).unwrap_or(0);
    let file: File = OpenOptions::new().append(kind.is_file()).write(true).custom_flags(flags).open(path)?;
    Ok(file.into())
}

/// The access mode in a descriptor's flags, and its value for read-only (fcntl(2): `O_ACCMODE`, `O_RDONLY`).
const ACCESS_MODE: u32 = 0b11;
const READ_ONLY: u32 = 0;

/// Tells whether the descriptor is open for reading only (proc(5): `/proc/self/fdinfo`).
///
/// Opening it again would not show that, because the new descriptor has its own mode.
fn is_read_only(number: u16) -> bool {
    let Ok(info) = std::fs::read_to_string(format!("/proc/self/fdinfo/{number}")) else { return false };
    let flags = info
        .lines()
        .find_map(|line| line.strip_prefix("flags:"))
        .and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    flags.is_some_and(|flags| flags & ACCESS_MODE == READ_ONLY)
}
