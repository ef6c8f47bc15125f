//! The reveal on the terminal: paints and wipes the password row by row in the alternate screen.
//!
//! The agent dismisses it, or its time runs out.

use std::io;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use crossterm::cursor::{Hide, Show};
use crossterm::queue;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen};
use rustix::process::{Signal, kill_current_process_group};
use rustix::termios::Termios;
use signal_hook::consts::SIGHUP;

use super::keys::Keys;
use super::options::RevealOptions;
use super::rows::{Layout, WayOut, countdown, expected_size, needed_size, too_small, wipe};
use crate::domain::ports::{Interruptions, ReadyReveal, Reveal};
use crate::domain::{Delivery, Error, Issuance, Kind, Reason, Result, RevealSink, TemporaryPassword, sealed};
use crate::terminal::Signals;
use crate::terminal::recorders::recorders;
use crate::terminal::tty::{self, Awaited, Mode, Size};
use crate::texts::Localization;

/// How long keys are ignored after the first paint, because they were meant for something else.
const IGNORE_KEYS_FOR: Duration = Duration::from_secs(1);
/// The time that a press of Space adds.
const EXTENSION: Duration = Duration::from_mins(5);
/// Clears the scrollback (xterm's ED 3). Without an alternate screen, a smaller window pushes rows there.
const CLEAR_SCROLLBACK: &[u8] = b"\x1b[3J";
/// The length of a password where no policy asks for another, in characters.
const USUAL_LENGTH: usize = 14;
const CTRL_C: u8 = 0x03;
const CTRL_Z: u8 = 0x1a;

/// A reveal on the controlling terminal.
pub(crate) struct TerminalReveal {
    show_for: Duration,
    signals: Signals,
    localization: Localization,
}

impl TerminalReveal {
    /// Builds a reveal.
    pub(crate) fn new(options: RevealOptions) -> Self {
        Self { show_for: options.show_for, signals: options.signals, localization: options.localization }
    }
}

/// Checks whether a password of the usual length could be shown here.
///
/// # Errors
/// Exit 2: there is no terminal, it cannot be painted on, or it is too small.
pub(crate) fn terminal_can_reveal() -> Result<()> {
    open(USUAL_LENGTH).map(drop)
}

/// Opens the terminal, if it can show a password of this length.
fn open(length: usize) -> Result<OwnedFd> {
    let cannot = |why: &str| {
        Error::new(Kind::Usage, Reason::NoTerminal, format!("The password cannot be shown: {why}."))
            .hint("Run it in a terminal, or name another way: `--reveal stdout` or `--reveal fd:N`.")
    };
    let terminal = tty::open().map_err(|error| cannot("there is no terminal").because(error))?;
    if !tty::term_can_paint() {
        return Err(cannot("TERM does not name a terminal that can be painted on"));
    }
    let size = tty::size(&terminal);
    let needed = expected_size(length, size.columns);
    if size.columns < needed.columns || size.rows < needed.rows {
        let words = format!(
            "The window is too small to show the password: it has {} columns and {} rows, and {} columns and {} rows are needed.",
            size.columns, size.rows, needed.columns, needed.rows
        );
        return Err(Error::new(Kind::Usage, Reason::WindowTooSmall, words)
            .hint("Enlarge the window, or name another way: `--reveal stdout` or `--reveal fd:N`."));
    }
    Ok(terminal)
}

impl Reveal for TerminalReveal {
    fn prepare(&mut self, length: usize) -> Result<Box<dyn ReadyReveal>> {
        Ok(Box::new(ReadyTerminal {
            terminal: open(length)?,
            show_for: self.show_for,
            signals: self.signals.clone(),
            localization: self.localization.clone(),
        }))
    }
}

struct ReadyTerminal {
    terminal: OwnedFd,
    show_for: Duration,
    signals: Signals,
    localization: Localization,
}

#[async_trait(?Send)]
impl ReadyReveal for ReadyTerminal {
    fn notices(&self) -> Vec<String> {
        recorders()
            .into_iter()
            .map(|name| format!("this terminal is recorded by {name}, which will see the password."))
            .collect()
    }

    async fn reveal(self: Box<Self>, password: TemporaryPassword, issuance: &Issuance) -> Delivery {
        password.reveal(OnTerminal { ready: &self, issuance })
    }
}

/// The sink that paints the password on the terminal until it is dismissed.
struct OnTerminal<'a> {
    ready: &'a ReadyTerminal,
    issuance: &'a Issuance,
}

impl sealed::Sealed for OnTerminal<'_> {}

impl RevealSink for OnTerminal<'_> {
    type Output = Delivery;

    fn take(self, characters: &str) -> Delivery {
        let mut show = ActiveReveal {
            ready: self.ready,
            password: characters,
            issuance: self.issuance,
            painted: None,
            modes: None,
            first_painted_at: None,
            extra: Duration::ZERO,
            keys: Keys::default(),
        };
        self.ready.signals.reveal_begins();
        let delivery = show.run();
        self.ready.signals.reveal_ends();
        delivery.unwrap_or(Delivery::NotDelivered)
    }
}

/// The size and the layout that are on the screen now.
struct Painted {
    size: Size,
    layout: Option<Layout>,
}

/// The state of a reveal that is shown now.
struct ActiveReveal<'a> {
    ready: &'a ReadyTerminal,
    password: &'a str,
    issuance: &'a Issuance,
    painted: Option<Painted>,
    /// The terminal's earlier modes, while the reveal has changed them.
    modes: Option<Termios>,
    /// When the password was first painted.
    first_painted_at: Option<Instant>,
    extra: Duration,
    keys: Keys,
}

/// What the reveal does after a wait.
enum Step {
    Tick,
    Repaint,
    Suspend,
    End(Delivery),
}

impl ActiveReveal<'_> {
    /// Shows the password until it is dismissed.
    ///
    /// # Errors
    /// The terminal cannot be read or written.
    fn run(&mut self) -> io::Result<Delivery> {
        let started = Instant::now();
        self.enter()?;
        let result = self.until_dismissed(started);
        self.leave();
        result
    }

    fn until_dismissed(&mut self, started: Instant) -> io::Result<Delivery> {
        tty::discard_type_ahead(&self.ready.terminal); // keys typed after the paint are meant for the reveal
        if let Some(delivery) = self.ended_by_signal() {
            return Ok(delivery); // the signal came before the password was painted
        }
        self.paint()?;
        loop {
            match self.next(started)? {
                Step::Tick => self.tick(started)?,
                Step::Repaint => self.repaint()?,
                Step::Suspend => self.suspend()?,
                Step::End(delivery) => return Ok(delivery),
            }
        }
    }

    /// Tells whether the password was painted at least once.
    const fn was_shown(&self) -> bool {
        self.first_painted_at.is_some()
    }

    fn or_not_delivered(&self, delivery: Delivery) -> Delivery {
        if self.was_shown() { delivery } else { Delivery::NotDelivered }
    }

    /// Returns the time left, or `None` if the reveal lasts until it is dismissed.
    fn left(&self, started: Instant) -> Option<Duration> {
        let total = (self.ready.show_for > Duration::ZERO).then_some(self.ready.show_for + self.extra)?;
        Some(total.saturating_sub(self.first_painted_at.unwrap_or(started).elapsed()))
    }

    fn next(&mut self, started: Instant) -> io::Result<Step> {
        if let Some(delivery) = self.ended_by_signal() {
            return Ok(Step::End(delivery)); // checked each time, because a stop may have used up the wake-up
        }
        if self.left(started) == Some(Duration::ZERO) {
            return Ok(Step::End(self.or_not_delivered(Delivery::TimedOut)));
        }
        match tty::wait(&self.ready.terminal, self.ready.signals.woken(), self.until_next_second(started)) {
            Awaited::Nothing => Ok(Step::Tick),
            Awaited::HungUp => Ok(Step::End(Delivery::NotDelivered)),
            Awaited::Woken => Ok(self.signal()),
            Awaited::Input => self.keys(),
        }
    }

    /// Returns the milliseconds until the countdown has to change.
    fn until_next_second(&self, started: Instant) -> u64 {
        let rest = self.left(started).map_or(1000, |left| u64::from(left.subsec_millis()) + 1);
        rest.min(1000)
    }

    fn signal(&self) -> Step {
        self.ready.signals.drain_wake_ups();
        if self.ready.signals.wants_suspend() {
            return Step::Suspend;
        }
        self.ended_by_signal().map_or(Step::Repaint, Step::End)
    }

    /// Returns how a caught signal ends the reveal, or `None`. It may have come before the reveal or during a stop.
    fn ended_by_signal(&self) -> Option<Delivery> {
        let signal = self.ready.signals.caught()?;
        Some(if signal == SIGHUP { Delivery::NotDelivered } else { self.or_not_delivered(Delivery::Shown) })
    }

    fn keys(&mut self) -> io::Result<Step> {
        let mut bytes = [0_u8; 256];
        let read = rustix::io::read(&self.ready.terminal, &mut bytes)?;
        if read == 0 {
            return Ok(Step::End(Delivery::NotDelivered));
        }
        let typed = self.keys.plain(&bytes[..read]);
        if typed.contains(&CTRL_C) {
            return Ok(Step::End(self.or_not_delivered(Delivery::Shown)));
        }
        if typed.contains(&CTRL_Z) {
            return Ok(Step::Suspend);
        }
        let ignores_keys = self.first_painted_at.is_none_or(|painted_at| painted_at.elapsed() < IGNORE_KEYS_FOR);
        if ignores_keys {
            return Ok(Step::Tick);
        }
        if typed.contains(&b' ') && self.ready.show_for > Duration::ZERO {
            self.extra += EXTENSION;
        }
        let dismissed = typed.iter().any(|byte| matches!(byte, b'\r' | b'\n' | b'q' | b'Q'));
        Ok(if dismissed { Step::End(Delivery::Shown) } else { Step::Tick })
    }

    /// Paints the password, or that the window is too small. The time runs from the first paint of the password.
    fn paint(&mut self) -> io::Result<()> {
        let size = tty::size(&self.ready.terminal);
        let layout = Layout::of(self.password, self.issuance, size, &self.ready.localization);
        let bytes = layout.as_ref().map_or_else(
            || {
                let way_out = if self.was_shown() { WayOut::Dismiss } else { WayOut::GiveUp };
                too_small(size, needed_size(self.password, size.columns), way_out)
            },
            |layout| layout.paint(self.password),
        );
        let fits = layout.is_some();
        self.painted = Some(Painted { size, layout });
        crate::output::write_all(&self.ready.terminal, &bytes)?;
        if fits && self.first_painted_at.is_none() {
            self.first_painted_at = Some(Instant::now());
        }
        self.tick(Instant::now())
    }

    /// Paints the countdown and the keys.
    fn tick(&self, started: Instant) -> io::Result<()> {
        let Some(Painted { size, layout: Some(layout) }) = &self.painted else { return Ok(()) };
        let words = countdown(self.left(started), size.columns, &self.ready.localization);
        crate::output::write_all(&self.ready.terminal, &layout.paint_countdown(&words))
    }

    /// Wipes the screen and paints it again, after a change of size or a continue.
    fn repaint(&mut self) -> io::Result<()> {
        // SIGSTOP cannot be caught, so a shell may have changed the modes without our knowing.
        tty::enter(&self.ready.terminal, Mode::Raw)?;
        let size = tty::size(&self.ready.terminal);
        let previous = self.painted.as_ref();
        let has_shrunk = previous.is_some_and(|previous| {
            let height = previous.layout.as_ref().map_or(0, Layout::height);
            usize::from(size.rows) < height || size.columns < previous.size.columns
        });
        let rows = previous.map_or(0, |previous| previous.size.rows).max(size.rows);
        crate::output::write_all(&self.ready.terminal, &wipe(rows))?;
        if has_shrunk {
            crate::output::write_all(&self.ready.terminal, CLEAR_SCROLLBACK)?;
        }
        self.paint()
    }

    /// Wipes the screen and stops the process on Ctrl-Z. Paints again after a continue, if time is left.
    fn suspend(&mut self) -> io::Result<()> {
        self.leave();
        let _ = kill_current_process_group(Signal::STOP); // stops the whole pipeline, and returns after `fg`
        self.enter()?;
        self.ready.signals.drain_wake_ups();
        let over = self.first_painted_at.is_some() && self.left(Instant::now()) == Some(Duration::ZERO);
        if over || self.ended_by_signal().is_some() { Ok(()) } else { self.paint() }
    }

    fn enter(&mut self) -> io::Result<()> {
        self.modes = Some(tty::enter(&self.ready.terminal, Mode::Raw)?);
        let mut bytes = Vec::new();
        queue!(bytes, EnterAlternateScreen, Hide)?;
        crate::output::write_all(&self.ready.terminal, &bytes)
    }

    /// Wipes every row, leaves the alternate screen, and restores the modes. A terminal that is gone needs no wiping.
    fn leave(&mut self) {
        let rows =
            self.painted.as_ref().map_or(0, |painted| painted.size.rows).max(tty::size(&self.ready.terminal).rows);
        let mut bytes = wipe(rows);
        let _ = queue!(&mut *bytes, Show, LeaveAlternateScreen); // writing to memory cannot fail
        let _ = crate::output::write_all(&self.ready.terminal, &bytes);
        if let Some(modes) = self.modes.take() {
            tty::leave(&self.ready.terminal, &modes);
        }
    }
}

#[cfg(test)]
mod tests;
