//! An open question: restores the terminal at a stop or a signal, and paints itself again after a stop.

use std::io;
use std::os::fd::OwnedFd;

use crossterm::cursor::{Hide, Show};
use crossterm::queue;
use rustix::termios::Termios;

use super::tty::{self, Mode};

/// A function that returns what is painted of the question now.
pub(super) type Painted = Box<dyn Fn() -> String + Send>;

/// The descriptors of a terminal: one to read keys from, one to paint the question on.
pub(super) struct Ends {
    pub(super) keys: OwnedFd,
    pub(super) paint: OwnedFd,
}

impl Ends {
    pub(super) fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { keys: self.keys.try_clone()?, paint: self.paint.try_clone()? })
    }
}

/// A question, from before it is painted until it is answered.
pub(super) struct OpenQuestion {
    ends: Ends,
    mode: Mode,
    /// The terminal's modes from before the question.
    before: Termios,
    painted: Painted,
    /// Whether the shell has the terminal, or is about to get it.
    lent: bool,
}

impl OpenQuestion {
    /// Opens the question: changes the terminal's modes.
    pub(super) fn open(ends: Ends, mode: Mode, painted: Painted) -> io::Result<Self> {
        let before = tty::enter(&ends.keys, mode)?;
        Ok(Self { ends, mode, before, painted, lent: false })
    }

    /// Closes the answered question: restores the terminal's modes.
    pub(super) fn close(self) {
        self.put_back();
    }

    /// Gives the terminal back to the shell, before a stop or the end of the process. The shell begins a new line.
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
            let _ = queue!(bytes, Show); // writing to memory cannot fail
            let _ = crate::output::write_all(&self.ends.paint, &bytes);
        }
    }

    /// Paints the question again after a stop, and sets its modes again, which the shell may have changed.
    pub(super) fn resume(&mut self) {
        if !tty::is_foreground(&self.ends.keys) {
            return; // the process was continued in the background, where the shell has the terminal
        }
        self.lent = false;
        tty::enter_again(&self.ends.keys, self.mode, &self.before);
        let mut bytes = format!("\r{}", (self.painted)()).into_bytes();
        if self.mode == Mode::Keys {
            let _ = queue!(bytes, Hide); // writing to memory cannot fail
        }
        let _ = crate::output::write_all(&self.ends.paint, &bytes);
    }

    /// Lets Ctrl-C, Ctrl-\ and Ctrl-Z be signals again, which console's raw mode prevents.
    ///
    /// Returns `false` if the terminal went away, so that nobody can answer any more.
    pub(super) fn keep_signal_keys(&self) -> bool {
        if !self.lent && !tty::has_signal_keys(&self.ends.keys) {
            tty::enter_again(&self.ends.keys, self.mode, &self.before);
        }
        !tty::has_hung_up(&self.ends.keys)
    }
}
