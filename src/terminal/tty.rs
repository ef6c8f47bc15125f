//! The controlling terminal: its size, its modes, and reading from it without ever hanging on one that went away.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, Termios, isatty, tcflush, tcgetattr, tcgetwinsize, tcsetattr,
};

/// Columns and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) columns: u16,
    pub(super) rows: u16,
}

/// Opens the controlling terminal.
pub(super) fn open() -> io::Result<OwnedFd> {
    let flags = i32::try_from(OFlags::NOCTTY.bits()).unwrap_or(0);
    let file = OpenOptions::new().read(true).write(true).custom_flags(flags).open("/dev/tty")?;
    if isatty(&file) { Ok(OwnedFd::from(file)) } else { Err(io::Error::from(Errno::NOTTY)) }
}

/// Opens it for notices and questions only.
pub(super) fn open_for_writing() -> Option<File> {
    OpenOptions::new().write(true).open("/dev/tty").ok()
}

/// The size; a terminal that does not know it is taken for 80 by 24.
pub(super) fn size(terminal: impl AsFd) -> Size {
    match tcgetwinsize(terminal) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => Size { columns: size.ws_col, rows: size.ws_row },
        _ => Size { columns: 80, rows: 24 },
    }
}

/// The width of standard error's or standard output's terminal, if it is one.
pub(super) fn width_of(stream: impl AsFd) -> Option<u16> {
    isatty(&stream).then(|| size(stream).columns)
}

/// Throws away what was typed and not yet read.
pub(super) fn discard_type_ahead(terminal: impl AsFd) {
    let _ = tcflush(terminal, QueueSelector::IFlush); // a terminal that went away is found by the next read
}

/// How a terminal's modes are changed.
pub(super) enum Mode {
    /// Keys one by one, no echo, no signals from keys.
    Raw,
    /// Whole lines, without echo.
    NoEcho,
}

/// Changes the modes; gives those from before.
pub(super) fn enter(terminal: impl AsFd, mode: &Mode) -> io::Result<Termios> {
    let before = tcgetattr(&terminal)?;
    let mut changed = before.clone();
    match mode {
        Mode::Raw => changed.make_raw(),
        Mode::NoEcho => {
            changed.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
        }
    }
    tcsetattr(&terminal, OptionalActions::Now, &changed)?;
    Ok(before)
}

/// Puts the modes back.
pub(super) fn leave(terminal: impl AsFd, before: &Termios) {
    let _ = tcsetattr(terminal, OptionalActions::Now, before); // a terminal that went away has no modes
}

/// What happened while waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// There is something to read.
    Input,
    /// The terminal went away.
    HungUp,
    /// A signal came: the wake-up pipe has something.
    Woken,
    /// Nothing.
    Nothing,
}

/// Waits for the terminal, the wake-up pipe or the time (in milliseconds).
pub(super) fn wait(terminal: impl AsFd, wake: impl AsFd, milliseconds: u64) -> Awaited {
    let mut watched = [PollFd::new(&terminal, PollFlags::IN), PollFd::new(&wake, PollFlags::IN)];
    let time = Timespec {
        tv_sec: i64::try_from(milliseconds / 1000).unwrap_or(i64::MAX),
        tv_nsec: i64::try_from(milliseconds % 1000 * 1_000_000).unwrap_or(0),
    };
    match poll(&mut watched, Some(&time)) {
        Err(Errno::INTR) | Ok(0) => Awaited::Nothing,
        Err(_) => Awaited::HungUp,
        Ok(_) if !watched[1].revents().is_empty() => Awaited::Woken,
        Ok(_) if watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) => Awaited::HungUp,
        Ok(_) => Awaited::Input,
    }
}
