//! Questions that dialoguer asks, in a separate thread that no signal reaches (docs/adr/0029).

use std::fs::File;
use std::io::{self, ErrorKind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use dialoguer::console::Term;
use dialoguer::theme::Theme;
use dialoguer::{Confirm, Select};
use nix::sys::signal::{SigSet, Signal};
use signal_hook::consts::SIGINT;

use super::question::{Ends, OpenQuestion};
use super::rows::Rows;
use super::signals::Signals;
use super::theme::{ConfirmTheme, Frame, ListTheme, Pages};
use super::tty::{self, Mode};
use crate::domain::{Error, Kind, Reason, Result};
use crate::platform::threads;

/// The smallest terminal that a list is painted on.
const MIN_SIZE: tty::Size = tty::Size { columns: 20, rows: 5 };
/// The fewest rows of a list that are shown at once, even if the question scrolls away for them.
const MIN_LIST_ROWS: usize = 3;
/// How often the modes are checked: console's raw mode keeps Ctrl-Z from being a signal for this long at most.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Tells whether dialoguer can ask on this terminal.
pub(super) fn can_ask(ends: &Ends) -> bool {
    let size = tty::size(&ends.paint);
    tty::term_can_paint() && size.columns >= MIN_SIZE.columns && size.rows >= MIN_SIZE.rows
}

/// Asks the agent to choose one of the rows. Returns `None` if the agent gives up.
///
/// # Errors
/// Exit 6: the terminal went away. Exit 1: its modes cannot be changed.
pub(super) fn select(signals: &Signals, ends: &Ends, rows: Rows, question: &str) -> Result<Option<usize>> {
    // The line that names the keys is above the list, and the cursor is below it.
    let max_rows =
        usize::from(tty::size(&ends.paint).rows).saturating_sub(question.lines().count() + 2).max(MIN_LIST_ROWS);
    let pages = if rows.len() > max_rows { Pages::Several } else { Pages::One };
    let keys: Vec<String> = (0..rows.len()).map(|position| position.to_string()).collect();
    let paint = ends.try_clone().map_err(unusable)?.paint;
    let frame = Frame::below(question);
    ask(signals, ends, &frame, ListTheme::new(rows, pages, paint, frame.clone()), move |theme, term| {
        let select = Select::with_theme(theme).with_prompt("").items(&keys).default(0);
        select.max_length(max_rows).interact_on_opt(term)
    })
}

/// Asks yes or no. Returns `None` if the agent gives up.
///
/// `row` is the question's last row, which fits the terminal and is painted again at each key.
///
/// # Errors
/// As for [`select`].
pub(super) fn confirm(
    signals: &Signals,
    ends: &Ends,
    (above, row): (&str, &str),
    default: bool,
) -> Result<Option<bool>> {
    let row = row.to_owned();
    let frame = Frame::below(above);
    ask(signals, ends, &frame, ConfirmTheme::new(default, frame.clone()), move |theme, term| {
        let confirm = Confirm::with_theme(theme).with_prompt(row).default(default);
        confirm.wait_for_newline(true).interact_on_opt(term)
    })
}

fn unusable(error: io::Error) -> Error {
    Error::bug("The terminal cannot be asked on.").because(error)
}

/// Returns the error of a terminal that went away during a question.
fn terminal_went_away(error: io::Error) -> Error {
    Error::new(Kind::Declined, Reason::Declined, "The terminal went away; nothing was changed.").because(error)
}

/// Asks in a thread that takes no signals. The main thread takes them, and waits for the answer.
fn ask<T: Send + 'static, D: Theme + Send + 'static>(
    signals: &Signals,
    ends: &Ends,
    frame: &Frame,
    theme: D,
    dialog: impl FnOnce(&D, &Term) -> dialoguer::Result<T> + Send + 'static,
) -> Result<T> {
    let (ours, theirs) = ends.try_clone().and_then(|ours| Ok((ours, ends.try_clone()?))).map_err(unusable)?;
    let painted = frame.clone();
    tty::discard_type_ahead(&ends.keys); // keys typed before the question were meant for something else
    signals
        .open_question(|| OpenQuestion::open(ours, Mode::Keys, Box::new(move || painted.text())))
        .map_err(unusable)?;
    // A terminal that cannot be written fails at the dialog below.
    let _ = crate::output::write_all(&ends.paint, frame.text().as_bytes());
    let (send, receive) = channel();
    let started = threads::start("question", move || {
        let term = Term::read_write_pair(File::from(theirs.keys), File::from(theirs.paint));
        let answer = unblock_job_control().and_then(|()| Ok(dialog(&theme, &term)?));
        let _ = send.send(answer); // if nobody receives the answer, the process is about to end
    });
    let answer = started.map_err(unusable).and_then(|_| {
        loop {
            match receive.recv_timeout(POLL_INTERVAL) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Timeout) if signals.keep_signal_keys() => {}
                Err(_) => return Ok(Err(ErrorKind::BrokenPipe.into())),
            }
        }
    });
    if matches!(&answer, Ok(Err(error)) if error.kind() == ErrorKind::Interrupted) {
        signals.interrupt(); // ends the process, unless signals wait now
        return Err(Error::new(Kind::Interrupted(SIGINT), Reason::Interrupted, "Interrupted; nothing was changed."));
    }
    signals.close_question();
    answer?.map_err(terminal_went_away)
}

/// Unblocks the job-control signals, so that a question in the background stops the process like any other read.
fn unblock_job_control() -> io::Result<()> {
    let mut job_control = SigSet::empty();
    job_control.add(Signal::SIGTTIN);
    job_control.add(Signal::SIGTTOU);
    Ok(job_control.thread_unblock()?)
}
