//! The reveal on the terminal: painted and wiped row by row in the alternate screen, dismissed by the agent or the time.

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
use super::rows::{Layout, too_small, wipe};
use crate::domain::ports::{Interruptions, ReadyReveal, Reveal};
use crate::domain::{Delivery, Error, Issuance, Kind, Reason, Result, RevealSink, TemporaryPassword, sealed};
use crate::terminal::Signals;
use crate::terminal::recorders::recorders;
use crate::terminal::tty::{self, Awaited, Mode, Size};

/// Keys are ignored for this long after the first paint: they were meant for something else.
const DEAF: Duration = Duration::from_secs(1);
/// What a press of Space adds.
const MORE: Duration = Duration::from_mins(5);
/// "Clear the scrollback" (xterm's ED 3): without an alternate screen a smaller window has pushed rows there.
const CLEAR_SCROLLBACK: &[u8] = b"\x1b[3J";
const CTRL_C: u8 = 0x03;
const CTRL_Z: u8 = 0x1a;

/// Reveals on the controlling terminal.
pub(crate) struct TerminalReveal {
    show_for: Duration,
    signals: Signals,
}

impl TerminalReveal {
    /// Shown for so long; zero: until dismissed.
    pub(crate) const fn new(show_for: Duration, signals: Signals) -> Self {
        Self { show_for, signals }
    }
}

/// Whether a password could be shown here.
///
/// # Errors
/// Exit 2: there is no terminal, or it cannot be painted on.
pub(crate) fn terminal_can_reveal() -> Result<()> {
    open().map(drop)
}

fn open() -> Result<OwnedFd> {
    let cannot = |why: &str| {
        Error::new(Kind::Usage, Reason::NoTerminal, format!("The password cannot be shown: {why}."))
            .hint("Run it in a terminal, or name another way: `--reveal stdout` or `--reveal fd:N`.")
    };
    let terminal = tty::open().map_err(|error| cannot("there is no terminal").because(error))?;
    if tty::term_can_paint() {
        return Ok(terminal);
    }
    Err(cannot("TERM does not name a terminal that can be painted on"))
}

impl Reveal for TerminalReveal {
    fn prepare(&mut self) -> Result<Box<dyn ReadyReveal>> {
        Ok(Box::new(ReadyTerminal { terminal: open()?, show_for: self.show_for, signals: self.signals.clone() }))
    }
}

struct ReadyTerminal {
    terminal: OwnedFd,
    show_for: Duration,
    signals: Signals,
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

/// Paints the password on the terminal until it is dismissed.
struct OnTerminal<'a> {
    ready: &'a ReadyTerminal,
    issuance: &'a Issuance,
}

impl sealed::Sealed for OnTerminal<'_> {}

impl RevealSink for OnTerminal<'_> {
    type Output = Delivery;

    fn take(self, characters: &str) -> Delivery {
        let mut show = Showing {
            ready: self.ready,
            password: characters,
            issuance: self.issuance,
            painted: None,
            modes: None,
            deadline: None,
            extra: Duration::ZERO,
            keys: Keys::default(),
        };
        self.ready.signals.reveal_begins();
        let delivery = show.run();
        self.ready.signals.reveal_ends();
        delivery.unwrap_or(Delivery::NotDelivered)
    }
}

/// What is on the screen now.
struct Painted {
    size: Size,
    layout: Option<Layout>,
}

/// One reveal going on.
struct Showing<'a> {
    ready: &'a ReadyTerminal,
    password: &'a str,
    issuance: &'a Issuance,
    painted: Option<Painted>,
    /// The terminal's modes from before, while it is ours.
    modes: Option<Termios>,
    /// When the password was first painted.
    deadline: Option<Instant>,
    extra: Duration,
    keys: Keys,
}

/// What a wait led to.
enum Next {
    Go,
    Repaint,
    Suspend,
    End(Delivery),
}

impl Showing<'_> {
    /// From first paint to dismissal. An error means that the terminal does not take it.
    fn run(&mut self) -> io::Result<Delivery> {
        let started = Instant::now();
        self.enter()?;
        let ended = self.until_dismissed(started);
        self.leave();
        ended
    }

    fn until_dismissed(&mut self, started: Instant) -> io::Result<Delivery> {
        tty::discard_type_ahead(&self.ready.terminal); // before the paint: what follows it is meant for it
        if let Some(delivery) = self.ended_by_signal() {
            return Ok(delivery); // it came before there was anything to see
        }
        self.paint()?;
        loop {
            match self.next(started)? {
                Next::Go => self.tick(started)?,
                Next::Repaint => self.repaint()?,
                Next::Suspend => self.suspend()?,
                Next::End(delivery) => return Ok(delivery),
            }
        }
    }

    /// Whether the agent has seen it.
    const fn was_shown(&self) -> bool {
        self.deadline.is_some()
    }

    fn or_not_delivered(&self, delivery: Delivery) -> Delivery {
        if self.was_shown() { delivery } else { Delivery::NotDelivered }
    }

    /// The time left; none: until dismissed.
    fn left(&self, started: Instant) -> Option<Duration> {
        let total = (self.ready.show_for > Duration::ZERO).then_some(self.ready.show_for + self.extra)?;
        Some(total.saturating_sub(self.deadline.unwrap_or(started).elapsed()))
    }

    fn next(&mut self, started: Instant) -> io::Result<Next> {
        if let Some(delivery) = self.ended_by_signal() {
            return Ok(Next::End(delivery)); // looked at each time: the wake-up may have come with a stop
        }
        if self.left(started) == Some(Duration::ZERO) {
            return Ok(Next::End(self.or_not_delivered(Delivery::TimedOut)));
        }
        match tty::wait(&self.ready.terminal, self.ready.signals.woken(), self.until_next_second(started)) {
            Awaited::Nothing => Ok(Next::Go),
            Awaited::HungUp => Ok(Next::End(Delivery::NotDelivered)),
            Awaited::Woken => Ok(self.signal()),
            Awaited::Input => self.keys(),
        }
    }

    /// Milliseconds until the countdown has to change.
    fn until_next_second(&self, started: Instant) -> u64 {
        let rest = self.left(started).map_or(1000, |left| u64::from(left.subsec_millis()) + 1);
        rest.min(1000)
    }

    fn signal(&self) -> Next {
        self.ready.signals.calm();
        if self.ready.signals.wants_suspend() {
            return Next::Suspend;
        }
        self.ended_by_signal().map_or(Next::Repaint, Next::End)
    }

    /// What a signal makes of the reveal, whether it came during it, before it, or while it was stopped.
    fn ended_by_signal(&self) -> Option<Delivery> {
        let signal = self.ready.signals.caught()?;
        Some(if signal == SIGHUP { Delivery::NotDelivered } else { self.or_not_delivered(Delivery::Shown) })
    }

    fn keys(&mut self) -> io::Result<Next> {
        let mut bytes = [0_u8; 256];
        let read = rustix::io::read(&self.ready.terminal, &mut bytes)?;
        if read == 0 {
            return Ok(Next::End(Delivery::NotDelivered));
        }
        let typed = self.keys.plain(&bytes[..read]);
        if typed.contains(&CTRL_C) {
            return Ok(Next::End(self.or_not_delivered(Delivery::Shown)));
        }
        if typed.contains(&CTRL_Z) {
            return Ok(Next::Suspend);
        }
        let deaf = self.deadline.is_none_or(|first| first.elapsed() < DEAF);
        if deaf {
            return Ok(Next::Go);
        }
        if typed.contains(&b' ') && self.ready.show_for > Duration::ZERO {
            self.extra += MORE;
        }
        let dismissed = typed.iter().any(|byte| matches!(byte, b'\r' | b'\n' | b'q' | b'Q'));
        Ok(if dismissed { Next::End(Delivery::Shown) } else { Next::Go })
    }

    /// Paints what fits; counts as shown from the first time that the password did.
    fn paint(&mut self) -> io::Result<()> {
        let size = tty::size(&self.ready.terminal);
        let layout = Layout::of(self.password, self.issuance, size);
        let bytes = layout.as_ref().map_or_else(|| too_small(size), |layout| layout.paint(self.password));
        let fits = layout.is_some();
        self.painted = Some(Painted { size, layout });
        crate::output::write_all(&self.ready.terminal, &bytes)?;
        if fits && self.deadline.is_none() {
            self.deadline = Some(Instant::now());
        }
        self.tick(Instant::now())
    }

    /// The countdown and the keys.
    fn tick(&self, started: Instant) -> io::Result<()> {
        let Some(layout) = self.painted.as_ref().and_then(|painted| painted.layout.as_ref()) else { return Ok(()) };
        let words = self.left(started).map_or_else(
            || "Enter or q when you have noted it.".to_owned(),
            |left| {
                let seconds = left.as_millis().div_ceil(1000);
                format!(
                    "Gone in {}:{:02}.  Enter or q when you have noted it, Space for more time.",
                    seconds / 60,
                    seconds % 60
                )
            },
        );
        crate::output::write_all(&self.ready.terminal, &layout.paint_countdown(&words))
    }

    /// After a change of size, or a continue: wiped and painted again.
    fn repaint(&mut self) -> io::Result<()> {
        // SIGSTOP cannot be caught: the shell that had the terminal meanwhile may have left other modes.
        tty::enter(&self.ready.terminal, Mode::Raw)?;
        let size = tty::size(&self.ready.terminal);
        let was = self.painted.as_ref();
        let smaller = was.is_some_and(|was| {
            let height = was.layout.as_ref().map_or(0, Layout::height);
            usize::from(size.rows) < height || size.columns < was.size.columns
        });
        let rows = was.map_or(0, |was| was.size.rows).max(size.rows);
        crate::output::write_all(&self.ready.terminal, &wipe(rows))?;
        if smaller {
            crate::output::write_all(&self.ready.terminal, CLEAR_SCROLLBACK)?;
        }
        self.paint()
    }

    /// Ctrl-Z: wiped and stopped; continued, painted again, if time is left.
    fn suspend(&mut self) -> io::Result<()> {
        self.leave();
        let _ = kill_current_process_group(Signal::STOP); // with the rest of a pipeline; here we stand until `fg`
        self.enter()?;
        self.ready.signals.calm();
        let over = self.deadline.is_some() && self.left(Instant::now()) == Some(Duration::ZERO);
        if over || self.ended_by_signal().is_some() { Ok(()) } else { self.paint() }
    }

    fn enter(&mut self) -> io::Result<()> {
        self.modes = Some(tty::enter(&self.ready.terminal, Mode::Raw)?);
        let mut bytes = Vec::new();
        queue!(bytes, EnterAlternateScreen, Hide)?;
        crate::output::write_all(&self.ready.terminal, &bytes)
    }

    /// Wipes every row, leaves the alternate screen, and puts the modes back. A terminal that went away has nothing to wipe.
    fn leave(&mut self) {
        let rows =
            self.painted.as_ref().map_or(0, |painted| painted.size.rows).max(tty::size(&self.ready.terminal).rows);
        let mut bytes = wipe(rows);
        let _ = queue!(&mut *bytes, Show, LeaveAlternateScreen); // to memory
        let _ = crate::output::write_all(&self.ready.terminal, &bytes);
        if let Some(modes) = self.modes.take() {
            tty::leave(&self.ready.terminal, &modes);
        }
    }
}

#[cfg(test)]
mod tests;
