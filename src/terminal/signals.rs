//! Handles signals: at a question they end the process, during a reset they wait, and they dismiss a reveal.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::pipe::{PipeFlags, pipe_with};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::flag::register_usize;
use signal_hook::iterator::Signals as Incoming;
use signal_hook::low_level::emulate_default_handler;

use super::question::OpenQuestion;
use crate::domain::ports::Interruptions;
use crate::domain::{Error, Result};
use crate::platform::threads;

/// The signals that end the process or the reveal.
const TERMINATING_SIGNALS: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// How a signal is handled now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Restores the terminal and ends the process.
    End,
    /// The signal waits.
    Hold,
    /// The signal wakes the reveal.
    Reveal,
    /// Ignores the next signal that ends the process: it came and took effect while signals waited.
    Late,
    /// The first signal makes the run finish what is in flight; the second ends the process.
    Run,
}

struct Shared {
    mode: Mutex<Mode>,
    question: Mutex<Option<OpenQuestion>>,
    /// The last signal. The handlers set it themselves, because the watching thread may be late.
    caught: Arc<AtomicUsize>,
    /// Whether the watching thread has seen a signal that did not end the process.
    has_seen_signal: AtomicBool,
    suspend: AtomicBool,
    wake: OwnedFd,
    woken: OwnedFd,
}

/// Watches for signals in a separate thread.
#[derive(Clone)]
pub(crate) struct Signals(Arc<Shared>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Signals {
    /// Installs the handlers and starts the watching thread.
    ///
    /// # Errors
    /// Exit 1: the handlers could not be installed.
    pub(crate) fn start() -> Result<Self> {
        let failed = |error: io::Error| Error::bug("Signals cannot be watched.").because(error);
        let (woken, wake) =
            pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).map_err(|error| failed(error.into()))?;
        let shared = Shared {
            mode: Mutex::new(Mode::End),
            question: Mutex::new(None),
            caught: Arc::new(AtomicUsize::new(0)),
            has_seen_signal: AtomicBool::new(false),
            suspend: AtomicBool::new(false),
            wake,
            woken,
        };
        for signal in TERMINATING_SIGNALS {
            register_usize(signal, shared.caught.clone(), usize::try_from(signal).unwrap_or_default())
                .map_err(failed)?;
        }
        let signals = Self(Arc::new(shared));
        let mut incoming =
            Incoming::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH]).map_err(failed)?;
        let watcher = signals.clone();
        threads::start("signals", move || incoming.forever().for_each(|signal| watcher.handle(signal)))
            .map_err(failed)?;
        Ok(signals)
    }

    /// Handles a signal, in the watching thread.
    fn handle(&self, signal: i32) {
        let mode = self.mode_for(signal);
        match (signal, mode) {
            (SIGINT | SIGTERM | SIGHUP | SIGQUIT, Mode::End) => {
                self.give_up_question();
                let _ = emulate_default_handler(signal); // ends the process
            }
            (SIGTSTP, Mode::Run) => {
                let _ = emulate_default_handler(signal);
            }
            (SIGTSTP, Mode::End | Mode::Late) => {
                self.lend_terminal();
                let _ = emulate_default_handler(signal); // stops the process; once continued, SIGCONT comes here
            }
            (SIGCONT | SIGWINCH, Mode::Reveal) => self.wake(),
            (SIGCONT, Mode::End | Mode::Late) => self.resume_question(),
            (SIGCONT | SIGWINCH, _) | (SIGTSTP, Mode::Hold) => {}
            (SIGTSTP, Mode::Reveal) => {
                self.0.suspend.store(true, Ordering::SeqCst);
                self.wake();
            }
            _ => self.wake(),
        }
    }

    /// Returns how this signal is handled, and changes how the next one is.
    fn mode_for(&self, signal: i32) -> Mode {
        let mut mode = lock(&self.0.mode);
        let now = *mode;
        if TERMINATING_SIGNALS.contains(&signal) {
            match now {
                Mode::Late => *mode = Mode::End,
                Mode::Hold | Mode::Reveal => self.0.has_seen_signal.store(true, Ordering::SeqCst),
                // The second signal ends the process; a resumed run settles what is in flight.
                Mode::Run if self.0.has_seen_signal.swap(true, Ordering::SeqCst) => return Mode::End,
                Mode::End | Mode::Run => {}
            }
        }
        now
    }

    /// Acts as if the handler had caught this signal. A real signal would reach every test in the process.
    #[cfg(test)]
    pub(super) fn catch(&self, signal: i32) {
        self.0.caught.store(usize::try_from(signal).unwrap_or_default(), Ordering::SeqCst);
        self.handle(signal);
    }

    fn wake(&self) {
        let _ = rustix::io::write(&self.0.wake, &[1]); // a full pipe wakes as well
    }

    /// Opens a question, until `close_question` or a signal that ends the process.
    ///
    /// Signals wait while `open` changes the modes of the terminal.
    pub(super) fn open_question(&self, open: impl FnOnce() -> io::Result<OpenQuestion>) -> io::Result<()> {
        let mut question = lock(&self.0.question);
        *question = Some(open()?);
        Ok(())
    }

    /// Closes the answered question, and restores the terminal's modes.
    pub(super) fn close_question(&self) {
        if let Some(question) = lock(&self.0.question).take() {
            question.close();
        }
    }

    /// Closes an unanswered question before the end of the process, and gives the terminal back to the shell.
    fn give_up_question(&self) {
        if let Some(mut question) = lock(&self.0.question).take() {
            question.lend();
        }
    }

    /// Gives the terminal back to the shell before a stop. The question stays open.
    fn lend_terminal(&self) {
        if let Some(question) = lock(&self.0.question).as_mut() {
            question.lend();
        }
    }

    /// Paints the question again after a stop, in its own modes, so that a secret is not echoed.
    fn resume_question(&self) {
        if let Some(question) = lock(&self.0.question).as_mut() {
            question.resume();
        }
    }

    /// Lets keys be signals at the open question. Returns `false` if its terminal went away.
    pub(super) fn keep_signal_keys(&self) -> bool {
        lock(&self.0.question).as_ref().is_none_or(OpenQuestion::keep_signal_keys)
    }

    /// Handles Ctrl-C that came as a key, as if it were the signal.
    pub(super) fn interrupt(&self) {
        self.handle(SIGINT);
    }

    /// Begins a run: from now on the run handles the first signal, and the second ends the process.
    pub(crate) fn run_begins(&self) {
        *lock(&self.0.mode) = Mode::Run;
    }

    /// Begins a reveal: from now on signals wake it.
    pub(super) fn reveal_begins(&self) {
        *lock(&self.0.mode) = Mode::Reveal;
    }

    /// Ends a reveal: from now on signals wait until the reset is done.
    pub(super) fn reveal_ends(&self) {
        *lock(&self.0.mode) = Mode::Hold;
    }

    /// Returns the pipe that wakes the reveal at a signal.
    pub(super) fn woken(&self) -> BorrowedFd<'_> {
        self.0.woken.as_fd()
    }

    /// Empties the wake-up pipe.
    pub(super) fn drain_wake_ups(&self) {
        let mut bytes = [0; 64];
        while matches!(rustix::io::read(&self.0.woken, &mut bytes), Ok(read) if read > 0) {}
    }

    /// Tells whether a stop was requested since the last call.
    pub(super) fn wants_suspend(&self) -> bool {
        self.0.suspend.swap(false, Ordering::SeqCst)
    }
}

impl Interruptions for Signals {
    fn hold(&self) {
        *lock(&self.0.mode) = Mode::Hold;
    }

    fn caught(&self) -> Option<i32> {
        i32::try_from(self.0.caught.load(Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
    }

    fn release(&self) {
        let mut mode = lock(&self.0.mode);
        // A signal that waited has taken effect, but the watching thread may see it only now.
        let late = self.caught().is_some() && !self.0.has_seen_signal.load(Ordering::SeqCst);
        *mode = if late { Mode::Late } else { Mode::End };
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    fn mode(signals: &Signals) -> Mode {
        *lock(&signals.0.mode)
    }

    #[test]
    fn one_that_is_met_after_it_was_acted_upon_does_not_end_the_process() {
        let signals = Signals::start().unwrap();
        signals.hold();
        signals.0.caught.store(usize::try_from(SIGTERM).unwrap(), Ordering::SeqCst); // by its handler
        signals.release();
        assert_eq!(mode(&signals), Mode::Late);
        signals.handle(SIGTERM); // the thread was late; in `Mode::End` this test would end here
        assert_eq!(mode(&signals), Mode::End);
    }

    #[test]
    fn one_that_was_met_in_time_leaves_the_next_to_end_the_process() {
        let signals = Signals::start().unwrap();
        signals.hold();
        signals.catch(SIGTERM);
        signals.release();
        assert_eq!(mode(&signals), Mode::End);
    }
}
