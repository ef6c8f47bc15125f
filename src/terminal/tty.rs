//! The controlling terminal: its size, its modes, and reads that do not hang if it goes away.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, QueueSelector, SpecialCodeIndex, Termios, isatty, tcflush, tcgetattr, tcgetpgrp,
    tcgetwinsize, tcsetattr,
};

/// The size of a terminal, in characters.
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

/// Opens the controlling terminal for writing only.
pub(super) fn open_for_writing() -> Option<File> {
    OpenOptions::new().write(true).open("/dev/tty").ok()
}

/// Returns the size of the terminal, or 80 by 24 if the terminal does not know it.
pub(super) fn size(terminal: impl AsFd) -> Size {
    match tcgetwinsize(terminal) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => Size { columns: size.ws_col, rows: size.ws_row },
        _ => Size { columns: 80, rows: 24 },
    }
}

/// Returns the width of the stream's terminal, or `None` if the stream is no terminal.
pub(super) fn width_of(stream: impl AsFd) -> Option<u16> {
    isatty(&stream).then(|| size(stream).columns)
}

/// Discards what was typed and not yet read.
pub(super) fn discard_type_ahead(terminal: impl AsFd) {
    let _ = tcflush(terminal, QueueSelector::IFlush); // a terminal that went away is found by the next read
}

/// The terminal modes that a question or a reveal needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Keys one by one, no echo, no signals from keys.
    Raw,
    /// Keys one by one, no echo; Ctrl-C, Ctrl-\\ and Ctrl-Z are signals.
    Keys,
    /// Whole lines, with echo. The modes stay as the shell leaves them.
    Lines,
    /// Whole lines, without echo.
    NoEcho,
}

impl Mode {
    fn of(self, before: &Termios) -> Termios {
        let mut changed = before.clone();
        match self {
            Self::Raw => changed.make_raw(),
            Self::Keys => {
                changed.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ECHONL);
                changed.local_modes.insert(LocalModes::ISIG);
                changed.special_codes[SpecialCodeIndex::VMIN] = 1;
                changed.special_codes[SpecialCodeIndex::VTIME] = 0;
            }
            Self::Lines => {}
            Self::NoEcho => changed.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL),
        }
        changed
    }
}

/// Changes the modes. Returns the earlier ones.
pub(super) fn enter(terminal: impl AsFd, mode: Mode) -> io::Result<Termios> {
    let before = tcgetattr(&terminal)?;
    if mode != Mode::Lines {
        tcsetattr(&terminal, OptionalActions::Now, &mode.of(&before))?;
    }
    Ok(before)
}

/// Changes the modes again, based on those from before the first change.
pub(super) fn enter_again(terminal: impl AsFd, mode: Mode, before: &Termios) {
    let _ = tcsetattr(terminal, OptionalActions::Now, &mode.of(before)); // a terminal that went away has no modes
}

/// Tells whether keys such as Ctrl-C are signals. Returns `true` if the terminal went away.
pub(super) fn has_signal_keys(terminal: impl AsFd) -> bool {
    tcgetattr(terminal).map_or(true, |modes| modes.local_modes.contains(LocalModes::ISIG))
}

/// Tells whether the terminal went away.
pub(super) fn has_hung_up(terminal: impl AsFd) -> bool {
    let mut watched = [PollFd::new(&terminal, PollFlags::empty())]; // poll(2) always reports a hang-up
    matches!(poll(&mut watched, Some(&Timespec::default())), Ok(found) if found > 0)
}

/// Tells whether this process is in the foreground of the terminal.
pub(super) fn is_foreground(terminal: impl AsFd) -> bool {
    tcgetpgrp(terminal).map_or(true, |group| group == getpgrp())
}

/// Tells whether `TERM` names a terminal that can be painted on.
pub(crate) fn term_can_paint() -> bool {
    std::env::var("TERM").is_ok_and(|name| name != "dumb" && !name.is_empty())
}

/// Restores the modes.
pub(super) fn leave(terminal: impl AsFd, before: &Termios) {
    let _ = tcsetattr(terminal, OptionalActions::Now, before); // a terminal that went away has no modes
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    /// There is something to read.
    Input,
    /// The terminal went away.
    HungUp,
    /// A signal came, and the wake-up pipe has a byte.
    Woken,
    /// The time ran out, or the wait was interrupted.
    Nothing,
}

/// Waits for the terminal, the wake-up pipe, or this many milliseconds.
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
