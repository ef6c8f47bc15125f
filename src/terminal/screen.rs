//! Writes everything but the reveal: results to standard output, the rest to standard error or the terminal.

use std::cell::Cell;
use std::io::{self, ErrorKind, IsTerminal, stderr, stdout};
use std::ops::ControlFlow;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;

use super::paint::wrap_line;
use super::tty;
use crate::cli::{ColorChoice, GlobalArgs, OutputFormat};
use crate::domain::{Changed, Error, ExitCode, Kind, Reason, Result};
use crate::output::{PagedTable, error_json, sanitize, table, to_json};

/// The output options of the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScreenOptions {
    json: bool,
    quiet: bool,
    verbose: bool,
    color: ColorChoice,
}

impl ScreenOptions {
    /// Takes the options from the command line.
    pub(crate) const fn of(global: &GlobalArgs) -> Self {
        Self {
            json: matches!(global.output, OutputFormat::Json),
            quiet: global.quiet,
            verbose: global.verbose > 0,
            color: global.color,
        }
    }

    /// Returns the options for people, for use before the command line is read.
    pub(crate) const fn plain() -> Self {
        Self { json: false, quiet: false, verbose: false, color: ColorChoice::Auto }
    }

    /// Returns the options for JSON, for use when the command line could not be read.
    pub(crate) const fn json() -> Self {
        Self { json: true, quiet: false, verbose: false, color: ColorChoice::Never }
    }
}

/// What the command has done when it writes its result. It decides what a failed write of the result means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing was changed.
    #[default]
    None,
    /// A customer, or the backend, was changed.
    Changed,
    /// The agent has seen the password: what could not be written afterwards is no failure.
    Revealed,
}

/// Writes results, notices and errors. A reader that went away never stops the work.
#[derive(Clone)]
pub(crate) struct Screen(Rc<Shared>);

/// What all clones of a screen share.
struct Shared {
    options: ScreenOptions,
    effect: Cell<Effect>,
    /// The first failed write to standard output.
    failed_write: Cell<Option<io::Error>>,
}

#[allow(clippy::unused_self, reason = "whoever writes a result has a screen, whether or not its options matter")]
impl Screen {
    /// Builds a screen with these options.
    pub(crate) fn new(options: ScreenOptions) -> Self {
        Self(Rc::new(Shared { options, effect: Cell::default(), failed_write: Cell::default() }))
    }

    /// Writes a line of a result to standard output.
    pub(crate) fn line(&self, text: &str) {
        self.bytes(wrap_line(&sanitize(text), tty::width_of(stdout())).as_bytes());
    }

    /// Writes text to standard output as it is. The text must not come from a backend.
    pub(crate) fn text(&self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Writes bytes to standard output without a buffer, so that no copy of them is kept.
    ///
    /// A failed write ends the command with an error when its work is done: see [`Screen::failed_write`].
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        if let Err(error) = write_to_stdout(bytes) {
            let first = self.0.failed_write.take().unwrap_or(error);
            self.0.failed_write.set(Some(first));
        }
    }

    /// Notes what the command has done, before it writes the result.
    pub(crate) fn note_effect(&self, effect: Effect) {
        self.0.effect.set(effect);
    }

    /// Returns the error of a result that could not be written whole, for example to a full disk.
    ///
    /// Returns `None` after a reveal, and for a reader that went away.
    pub(crate) fn failed_write(&self) -> Option<Error> {
        let effect = self.0.effect.get();
        self.0.failed_write.take().filter(|_| effect != Effect::Revealed).map(|error| self.not_written(error))
    }

    fn not_written(&self, error: io::Error) -> Error {
        let (words, changed) = match self.0.effect.get() {
            Effect::Changed => ("It is done, but the result could not be written to standard output", Changed::Yes),
            Effect::None | Effect::Revealed => ("The result could not be written to standard output", Changed::No),
        };
        Error { changed, ..Error::new(Kind::Unavailable, Reason::OutputFailed, format!("{words}: {error}.")) }
            .because(error)
    }

    /// Writes the result object to standard output.
    ///
    /// # Errors
    /// Exit 8: it could not be written, for example to a full disk. A closed pipe is no error.
    pub(crate) fn json(&self, object: &impl Serialize) -> Result<ExitCode> {
        self.stream_json(object).map(|_| ExitCode::DONE)
    }

    /// Writes one of many lines of a result. Breaks if the reader went away, for whom no more needs to be found out.
    ///
    /// # Errors
    /// Exit 8: it could not be written, for example to a full disk.
    pub(crate) fn stream_line(&self, text: &str) -> Result<ControlFlow<()>> {
        let line = wrap_line(&sanitize(text), tty::width_of(stdout()));
        write_to_stdout(line.as_bytes()).map_err(|error| self.not_written(error))
    }

    /// Writes one of many objects of a result. Breaks if the reader went away.
    ///
    /// # Errors
    /// Exit 8: it could not be written, for example to a full disk.
    pub(crate) fn stream_json(&self, object: &impl Serialize) -> Result<ControlFlow<()>> {
        write_to_stdout(&to_json(object)?).map_err(|error| self.not_written(error))
    }

    /// Writes bytes of a long result. Breaks if the reader went away.
    ///
    /// # Errors
    /// Exit 8: they could not be written, for example to a full disk.
    pub(crate) fn stream_bytes(&self, bytes: &[u8]) -> Result<ControlFlow<()>> {
        write_to_stdout(bytes).map_err(|error| self.not_written(error))
    }

    /// Writes the next page of a table. Breaks if the reader went away.
    ///
    /// # Errors
    /// Exit 8: it could not be written, for example to a full disk.
    pub(crate) fn stream_table(&self, table: &mut PagedTable, rows: Vec<Vec<String>>) -> Result<ControlFlow<()>> {
        let text = table.next(rows, tty::width_of(stdout().as_fd()));
        self.stream_bytes(format!("{text}\n").as_bytes())
    }

    /// Whether nobody reads standard output any more: the reading end of its pipe is closed.
    pub(crate) fn has_lost_its_reader(&self) -> bool {
        let standard_output = stdout();
        let mut watched = [PollFd::new(&standard_output, PollFlags::empty())]; // errors are always reported
        let polled = poll(&mut watched, Some(&Timespec::default()));
        polled.is_ok() && watched[0].revents().contains(PollFlags::ERR)
    }

    /// Writes an object to standard error, when the results are already on standard output.
    pub(crate) fn json_beside(&self, object: &impl Serialize) {
        let written = to_json(object).map(|line| crate::output::write_all(stderr(), &line));
        drop(written); // the exit code still reports the result
    }

    /// Writes a table of a result.
    pub(crate) fn table(&self, headers: &[&str], rows: Vec<Vec<String>>) {
        let text = table::table(headers, rows, tty::width_of(stdout().as_fd()));
        self.bytes(format!("{text}\n").as_bytes());
    }

    /// Writes names and values of a result.
    pub(crate) fn fields(&self, fields: &[(String, String)]) {
        let text = table::fields(fields, tty::width_of(stdout().as_fd()));
        self.bytes(format!("{text}\n").as_bytes());
    }

    /// Says that nothing is real, if the backend is the practice directory.
    pub(crate) fn practice_banner(&self, backend: &str) {
        if backend == "practice" {
            self.notice("Practice directory: nothing here is real.");
        }
    }

    /// Writes a notice that is no result, unless `--quiet` was given.
    pub(crate) fn notice(&self, text: &str) {
        if !self.0.options.quiet {
            self.beside_line(text);
        }
    }

    /// Writes a warning, even with `--quiet`.
    pub(crate) fn warning(&self, text: &str) {
        self.beside(&self.labelled("warning:", "33", text));
    }

    /// Writes a progress counter, if standard error is a terminal.
    pub(crate) fn progress(&self, done: u64) {
        if !self.0.options.quiet && !self.0.options.json && stderr().is_terminal() {
            self.beside(&format!("\r{done} "));
        }
    }

    /// Writes the error of the command, and with `-v` each of its causes.
    ///
    /// For scripts it is one line of JSON, the last on standard error.
    pub(crate) fn failure(&self, error: &Error, causes: &[String]) {
        if self.0.options.json {
            for cause in causes {
                tracing::debug!("{}", sanitize(cause)); // only with `-v`
            }
            let _ = crate::output::write_all(stderr(), &error_json(error)); // the exit code still reports the error
            return;
        }
        let hint = error.hint.as_deref().map_or_else(String::new, |hint| self.labelled("hint:", "36", hint));
        let text = format!("{}{hint}", self.labelled("error:", "31", &error.message));
        let _ = crate::output::write_all(stderr(), text.as_bytes()); // the exit code still reports the error
        if !error.candidates.is_empty() {
            let row = |customer: &crate::domain::Customer| {
                vec![customer.id.to_string(), customer.name.clone(), customer.masked_email().unwrap_or_default()]
            };
            let rows = error.candidates.iter().map(row).collect();
            let table = table::table(&["ID", "NAME", "E-MAIL"], rows, tty::width_of(stderr().as_fd()));
            let _ = crate::output::write_all(stderr(), format!("{table}\n").as_bytes());
        }
        for cause in causes.iter().filter(|_| self.0.options.verbose) {
            self.beside_line(cause);
        }
    }

    /// Writes text to standard error, or with JSON to the terminal: standard error is then for the error object.
    pub(super) fn beside(&self, text: &str) {
        let written = if self.0.options.json {
            tty::open_for_writing().map_or(Ok(()), |terminal| crate::output::write_all(terminal, text.as_bytes()))
        } else {
            crate::output::write_all(stderr(), text.as_bytes())
        };
        drop(written); // a notice that nobody can read stops nothing
    }

    /// Returns the descriptor that `beside` writes to, for output that is more than lines.
    pub(super) fn beside_end(&self) -> io::Result<OwnedFd> {
        if self.0.options.json {
            return tty::open_for_writing().map(OwnedFd::from).ok_or_else(|| ErrorKind::NotConnected.into());
        }
        stderr().as_fd().try_clone_to_owned()
    }

    /// Tells whether anybody can read what `beside` writes.
    pub(crate) fn reaches_somebody(&self) -> bool {
        !self.0.options.json || tty::open_for_writing().is_some()
    }

    /// Writes a line as `beside` does, sanitised and broken between words.
    pub(super) fn beside_line(&self, text: &str) {
        self.beside(&wrap_line(&sanitize(text), tty::width_of(stderr())));
    }

    /// Formats a line with a coloured label.
    fn labelled(&self, label: &str, sgr: &str, text: &str) -> String {
        let line = wrap_line(&format!("{label} {}", sanitize(text)), tty::width_of(stderr()));
        line.replacen(label, &self.painted(label, sgr), 1)
    }

    /// Colours a text with an SGR code, if colour is wanted.
    fn painted(&self, text: &str, sgr: &str) -> String {
        let wanted = match self.0.options.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                stderr().is_terminal()
                    && tty::term_can_paint()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        if wanted { format!("\u{1b}[1;{sgr}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Writes to standard output. Breaks if the reader went away, which is no error: it has read what it wanted.
fn write_to_stdout(bytes: &[u8]) -> io::Result<ControlFlow<()>> {
    match crate::output::write_all(stdout(), bytes) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ControlFlow::Break(())),
        written => written.map(ControlFlow::Continue),
    }
}
