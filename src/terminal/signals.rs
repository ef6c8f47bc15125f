//! Signals: at a question they put the terminal back and end the process; during a reset they wait; during the reveal
//! they dismiss it.

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

/// What ends the process, or the reveal.
const ENDING: [i32; 4] = [SIGINT, SIGTERM, SIGHUP, SIGQUIT];

/// What a signal does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Put the terminal back and end the process.
    End,
    /// Wait.
    Hold,
    /// Wake the reveal.
    Reveal,
    /// Nothing, for the first that ends: it came, and was acted upon, while signals waited.
    Late,
    /// The first is left to the run, which finishes what is in flight; the second ends the process.
    Run,
}

struct Shared {
    mode: Mutex<Mode>,
    question: Mutex<Option<OpenQuestion>>,
    /// Set by the handlers themselves: the thread that watches may be late.
    caught: Arc<AtomicUsize>,
    /// The thread that watches has met one that was caught while signals waited.
    met: AtomicBool,
    suspend: AtomicBool,
    wake: OwnedFd,
    woken: OwnedFd,
}

/// Watches for signals in a thread of its own.
#[derive(Clone)]
pub(crate) struct Signals(Arc<Shared>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Signals {
    /// Starts watching.
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
            met: AtomicBool::new(false),
            suspend: AtomicBool::new(false),
            wake,
            woken,
        };
        for signal in ENDING {
            register_usize(signal, shared.caught.clone(), usize::try_from(signal).unwrap_or_default())
                .map_err(failed)?;
        }
        let signals = Self(Arc::new(shared));
        let mut incoming =
            Incoming::new([SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH]).map_err(failed)?;
        let watcher = signals.clone();
        threads::start("signals", move || incoming.forever().for_each(|signal| watcher.came(signal)))
            .map_err(failed)?;
        Ok(signals)
    }

    /// In the watching thread: a signal came.
    fn came(&self, signal: i32) {
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
                self.lend();
                let _ = emulate_default_handler(signal); // stops the process; once continued, SIGCONT comes here
            }
            (SIGCONT | SIGWINCH, Mode::Reveal) => self.wake(),
            (SIGCONT, Mode::End | Mode::Late) => self.paint_again(),
            (SIGCONT | SIGWINCH, _) | (SIGTSTP, Mode::Hold) => {}
            (SIGTSTP, Mode::Reveal) => {
                self.0.suspend.store(true, Ordering::SeqCst);
                self.wake();
            }
            _ => self.wake(),
        }
    }

    /// What this signal is to do, and what it changes for the next.
    fn mode_for(&self, signal: i32) -> Mode {
        let mut mode = lock(&self.0.mode);
        let now = *mode;
        if ENDING.contains(&signal) {
            match now {
                Mode::Late => *mode = Mode::End,
                Mode::Hold | Mode::Reveal => self.0.met.store(true, Ordering::SeqCst),
                // The second ends the process: what is in flight is settled by the resumed run.
                Mode::Run if self.0.met.swap(true, Ordering::SeqCst) => return Mode::End,
                Mode::End | Mode::Run => {}
            }
        }
        now
    }

    /// As if its handler had caught this signal; a real one would reach every test in the process.
    #[cfg(test)]
    pub(super) fn catch(&self, signal: i32) {
        self.0.caught.store(usize::try_from(signal).unwrap_or_default(), Ordering::SeqCst);
        self.came(signal);
    }

    fn wake(&self) {
        let _ = rustix::io::write(&self.0.wake, &[1]); // a full pipe wakes as well
    }

    /// A question is open until `close_question`, or a signal that ends the process. What opens it changes the modes
    /// while a signal waits.
    pub(super) fn open_question(&self, open: impl FnOnce() -> io::Result<OpenQuestion>) -> io::Result<()> {
        let mut question = lock(&self.0.question);
        *question = Some(open()?);
        Ok(())
    }

    /// The question is answered: the terminal's modes are as before.
    pub(super) fn close_question(&self) {
        if let Some(question) = lock(&self.0.question).take() {
            question.close();
        }
    }

    /// Before the end of the process: the shell gets the terminal as it was.
    fn give_up_question(&self) {
        if let Some(mut question) = lock(&self.0.question).take() {
            question.lend();
        }
    }

    /// Before a stop at a question: the shell gets the terminal as it was, and the question stays open.
    fn lend(&self) {
        if let Some(question) = lock(&self.0.question).as_mut() {
            question.lend();
        }
    }

    /// After any stop: a secret that is still asked for must not be echoed, whatever modes the shell has left.
    fn paint_again(&self) {
        if let Some(question) = lock(&self.0.question).as_mut() {
            question.resume();
        }
    }

    /// Lets keys be signals at the open question. False if its terminal went away.
    pub(super) fn keep_signal_keys(&self) -> bool {
        lock(&self.0.question).as_ref().is_none_or(OpenQuestion::keep_signal_keys)
    }

    /// Ctrl-C came as a key, not as a signal: it does the same.
    pub(super) fn interrupt(&self) {
        self.came(SIGINT);
    }

    /// From now on the first signal is the run's, and the second ends the process.
    pub(crate) fn run_begins(&self) {
        *lock(&self.0.mode) = Mode::Run;
    }

    /// From now on signals wake the reveal.
    pub(super) fn reveal_begins(&self) {
        *lock(&self.0.mode) = Mode::Reveal;
    }

    /// From now on they wait, until the inside is done with the reset.
    pub(super) fn reveal_ends(&self) {
        *lock(&self.0.mode) = Mode::Hold;
    }

    /// What the reveal waits on beside the terminal.
    pub(super) fn woken(&self) -> BorrowedFd<'_> {
        self.0.woken.as_fd()
    }

    /// Empties the wake-up pipe.
    pub(super) fn calm(&self) {
        let mut bytes = [0; 64];
        while matches!(rustix::io::read(&self.0.woken, &mut bytes), Ok(read) if read > 0) {}
    }

    /// A stop was asked for (once).
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
        // What its handler caught has had its say; the thread that watches may come to it only now.
        let late = self.caught().is_some() && !self.0.met.load(Ordering::SeqCst);
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
        signals.came(SIGTERM); // the thread was late; in `Mode::End` this test would end here
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
