//! Starts threads that leave signals to the main thread (docs/adr/0020).

use std::io;
use std::thread::{Builder, JoinHandle};

use nix::sys::signal::{SigSet, Signal};

/// The signals of a fault in the thread itself, which must reach it.
const FAULTS: [Signal; 4] = [Signal::SIGSEGV, Signal::SIGBUS, Signal::SIGFPE, Signal::SIGILL];

/// Starts a thread that no signal is delivered to.
///
/// A signal to the process goes to any thread that does not block it (signal(7)). The new thread inherits the mask, so
/// there is no moment at which it would take one.
///
/// # Errors
/// The thread cannot be started.
pub(crate) fn start<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
    let mut blocked = SigSet::all();
    for fault in FAULTS {
        blocked.remove(fault);
    }
    let ours = SigSet::thread_get_mask()?;
    blocked.thread_set_mask()?;
    let started = Builder::new().name(name.to_owned()).spawn(work);
    ours.thread_set_mask()?;
    started
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use super::*;

    #[test]
    fn it_takes_no_signals_and_who_started_it_still_does() {
        let before = SigSet::thread_get_mask().unwrap();
        let theirs = start("quiet", || SigSet::thread_get_mask().unwrap()).unwrap().join().unwrap();
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGTSTP] {
            assert!(theirs.contains(signal), "{signal}");
        }
        assert!(!theirs.contains(Signal::SIGSEGV));
        assert_eq!(SigSet::thread_get_mask().unwrap(), before);
    }
}
