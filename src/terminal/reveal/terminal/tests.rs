#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::io::Read;

use portable_pty::{PtySize, native_pty_system};
use signal_hook::consts::{SIGHUP, SIGTERM};

use super::*;
use crate::domain::{Policy, Rule};
use crate::terminal::reveal::fixture::password;
use crate::texts::fixture::issuance;

const END: &str = "the end of what was written";

/// Reveals on a terminal of its own for a moment; gives what became of it, and all that was written.
fn reveal(signals: Signals) -> (Delivery, String) {
    let pair = native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).unwrap();
    let mut reader = pair.master.try_clone_reader().unwrap();
    let flags = i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).unwrap();
    let terminal =
        std::os::unix::fs::OpenOptionsExt::custom_flags(std::fs::OpenOptions::new().read(true).write(true), flags)
            .open(pair.master.tty_name().unwrap())
            .unwrap();
    let ready = ReadyTerminal {
        terminal: terminal.try_clone().unwrap().into(),
        show_for: Duration::from_millis(1),
        signals,
        localization: Localization::english(),
    };
    let seen = std::thread::spawn(move || {
        let mut written = String::new();
        let mut bytes = [0; 1024];
        while !written.contains(END) {
            let read = reader.read(&mut bytes).unwrap();
            written.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
        written
    });
    let issuance = issuance(Policy::new([Rule::MinLength(12)]));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let delivery = runtime.block_on(Box::new(ready).reveal(password(), &issuance));
    crate::output::write_all(&terminal, END.as_bytes()).unwrap();
    (delivery, seen.join().unwrap())
}

#[test]
fn without_a_signal_it_is_painted_and_its_time_runs_out() {
    let (delivery, written) = reveal(Signals::start().unwrap());
    assert_eq!(delivery, Delivery::TimedOut);
    assert!(written.contains("Temporary password for Ada Lovelace (C-1001)"), "{written}");
}

#[test]
fn a_signal_that_waited_leaves_nothing_painted_and_nothing_delivered() {
    for signal in [SIGTERM, SIGHUP] {
        let signals = Signals::start().unwrap();
        signals.hold();
        signals.catch(signal);
        let (delivery, written) = reveal(signals);
        assert_eq!(delivery, Delivery::NotDelivered);
        assert!(!written.contains("Temporary password for"), "{written}");
    }
}
