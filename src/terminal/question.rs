//! A question that is open: what a stop or a signal puts back, and what is painted again after a stop.

use std::io;
use std::os::fd::OwnedFd;

use crossterm::cursor::{Hide, Show};
use crossterm::queue;
use rustix::termios::Termios;

use super::tty::{self, Mode};

/// What is painted of a question at this moment.
pub(super) type Painted = Box<dyn Fn() -> String + Send>;

/// A terminal's two ends: where keys come from, and where the question is painted.
pub(super) struct Ends {
    pub(super) keys: OwnedFd,
    pub(super) paint: OwnedFd,
}

impl Ends {
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { keys: self.keys.try_clone()?, paint: self.paint.try_clone()? })
    }
}

/// One question, from before it is painted until it is answered.
pub(super) struct OpenQuestion {
    ends: Ends,
    mode: Mode,
    /// The terminal's modes from before.
    before: Termios,
    painted: Painted,
    /// The shell has the terminal, or is about to.
    lent: bool,
}

impl OpenQuestion {
    /// Changes the terminal's modes for it.
    pub(super) fn open(ends: Ends, mode: Mode, painted: Painted) -> io::Result<Self> {
        let before = tty::enter(&ends.keys, mode)?;
        Ok(Self { ends, mode, before, painted, lent: false })
    }

    /// Answered: the modes as before.
    pub(super) fn close(self) {
        self.put_back();
    }

    /// Before a stop, or the end of the process: the shell gets the terminal as it was, and begins a line of its own.
    pub(super) fn lend(&mut self) {
        self.lent = true;
        if self.mode == Mode::Keys && !(self.painted)().ends_with('\n') {
            let _ = crate::output::write_all(&self.ends.paint, b"\n"); // a terminal that went away shows nothing
        }
        self.put_back();
    }

    fn put_back(&self) {
        tty::leave(&self.ends.keys, &self.before);
        if self.mode == Mode::Keys {
            let mut bytes = Vec::new();
            let _ = queue!(bytes, Show); // to memory
            let _ = crate::output::write_all(&self.ends.paint, &bytes);
        }
    }

    /// After a stop: the question is painted again, in its own modes, whatever the shell has left.
    pub(super) fn resume(&mut self) {
        if !tty::is_foreground(&self.ends.keys) {
            return; // continued in the background: the terminal is the shell's
        }
        self.lent = false;
        tty::enter_again(&self.ends.keys, self.mode, &self.before);
        let mut bytes = format!("\r{}", (self.painted)()).into_bytes();
        if self.mode == Mode::Keys {
            let _ = queue!(bytes, Hide); // to memory
        }
        let _ = crate::output::write_all(&self.ends.paint, &bytes);
    }

    /// Lets Ctrl-C, Ctrl-\ and Ctrl-Z be signals again, which console's raw mode prevents. False if nobody can answer
    /// any more: the terminal went away.
    pub(super) fn keep_signal_keys(&self) -> bool {
        if !self.lent && !tty::has_signal_keys(&self.ends.keys) {
            tty::enter_again(&self.ends.keys, self.mode, &self.before);
        }
        !tty::has_hung_up(&self.ends.keys)
    }
}
