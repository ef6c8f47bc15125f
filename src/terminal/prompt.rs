//! The prompter that asks the agent on the terminal.

use std::io::{self, IsTerminal, stderr, stdin};
use std::os::fd::{AsFd, OwnedFd};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::local_time::LocalTime;
use super::paint::{wrap, wrap_line};
use super::question::{Ends, OpenQuestion};
use super::rows::Rows;
use super::screen::Screen;
use super::signals::Signals;
use super::theme::choices;
use super::tty::{self, Mode};
use super::{dialog, plan};
use crate::domain::ports::{NOTHING_TYPED, Prompter};
use crate::domain::{Customer, Decision, Error, Kind, Plan, Reason, Result, SECRET_KEY_WORDS, is_secret_key};
use crate::output::{sanitize, table};
use crate::platform::read_line;
use crate::texts::Localization;

/// The longest answer, in bytes: a terminal returns no more in one line (termios(3), canonical mode).
const MAX_ANSWER_BYTES: usize = 4096;

/// Asks on the terminal, if standard input and standard error are terminals and `--no-input` was not given.
pub(crate) struct TerminalPrompter {
    screen: Screen,
    signals: Signals,
    may_ask: bool,
    yes: bool,
    /// The controlling terminal, if standard input is the input of the command.
    terminal: Option<OwnedFd>,
    /// Whether codes are lines of standard input.
    reads_codes: bool,
    /// The language of what the customer is told; English if it was not chosen.
    localization: Option<Localization>,
}

impl TerminalPrompter {
    /// Builds a prompter. With `yes`, it confirms without asking.
    pub(crate) fn new(screen: Screen, signals: Signals, may_ask: bool, yes: bool) -> Self {
        Self { screen, signals, may_ask, yes, terminal: None, reads_codes: false, localization: None }
    }

    /// Reads codes from standard input instead of asking for them.
    #[must_use]
    pub(crate) fn with_codes_of_standard_input(self) -> Self {
        Self { reads_codes: true, ..self }
    }

    /// Chooses the language of what the customer is told.
    #[must_use]
    pub(crate) fn in_language(self, localization: Localization) -> Self {
        Self { localization: Some(localization), ..self }
    }

    /// Reads answers from the controlling terminal, because standard input is the input of the command.
    #[must_use]
    pub(crate) fn beside_standard_input(self) -> Self {
        let terminal = tty::open().ok();
        Self { may_ask: self.may_ask && terminal.is_some(), terminal, ..self }
    }

    /// Returns the descriptors for keys and for questions, the same as for a question without dialoguer.
    fn ends(&self) -> io::Result<Ends> {
        let keys = match &self.terminal {
            Some(terminal) => terminal.try_clone(),
            None => stdin().as_fd().try_clone_to_owned(),
        };
        Ok(Ends { keys: keys?, paint: self.screen.beside_end()? })
    }

    /// Returns the descriptors, or `None` if dialoguer cannot ask there.
    fn dialog_ends(&self) -> Option<Ends> {
        self.ends().ok().filter(dialog::can_ask)
    }

    fn must_be_able_to_ask(&self, question: &str, flag: &str) -> Result<()> {
        if self.can_ask() {
            return Ok(());
        }
        Err(Error::missing_answer(
            format!("\"{question}\" has no answer, and nobody can be asked."),
            format!("Give it with `{flag}`."),
        ))
    }

    fn ask(&self, question: &str, flag: &str, mode: Mode) -> Result<Zeroizing<String>> {
        self.must_be_able_to_ask(question, flag)?;
        let prompt = format!("{}: ", sanitize(question));
        let painted = prompt.clone();
        // The modes change before the question is shown, so that a secret typed at once is not echoed.
        self.signals
            .open_question(|| OpenQuestion::open(self.ends()?, mode, Box::new(move || painted.clone())))
            .map_err(|error| Error::bug("The terminal's modes could not be changed.").because(error))?;
        self.screen.beside(&prompt);
        let line = match &self.terminal {
            Some(terminal) => read_line(terminal, MAX_ANSWER_BYTES),
            None => read_line(stdin(), MAX_ANSWER_BYTES),
        };
        self.signals.close_question();
        if mode == Mode::NoEcho {
            self.screen.beside("\n");
        }
        line?.ok_or_else(given_up)
    }

    /// Asks the agent to choose a row, from a list or, if that cannot be painted, by its number.
    fn choose_row(&self, question: &str, headers: &[&str], rows: Vec<Vec<String>>) -> Result<usize> {
        let Some(ends) = self.dialog_ends() else { return self.choose_number(question, headers, rows) };
        let asked = wrap_line(&sanitize(question), Some(tty::size(&ends.paint).columns));
        dialog::select(&self.signals, &ends, Rows::new(rows), &asked)?.ok_or_else(given_up)
    }

    fn choose_number(&self, question: &str, headers: &[&str], rows: Vec<Vec<String>>) -> Result<usize> {
        let count = rows.len();
        let numbered = rows.into_iter().enumerate().map(|(position, mut row)| {
            row.insert(0, (position + 1).to_string());
            row
        });
        let headers = [&[""], headers].concat();
        let listed = table::table(&headers, numbered.collect(), tty::width_of(stderr().as_fd()));
        self.screen.beside_line(question);
        self.screen.beside(&format!("{listed}\n"));
        loop {
            let answer = self.ask("Number (Enter to give up)", "CUSTOMER", Mode::Lines)?;
            if answer.trim().is_empty() {
                return Err(given_up());
            }
            match answer.trim().parse::<usize>() {
                Ok(number) if (1..=count).contains(&number) => return Ok(number - 1),
                _ => self.screen.beside_line(&format!("Type a number from 1 to {count}.")),
            }
        }
    }

    /// Asks the agent to choose a name. The error names `flag` if nobody can be asked.
    ///
    /// # Errors
    /// Exit 2: nobody can be asked. Exit 6: the agent gives up.
    pub(crate) fn choose_name(&mut self, question: &str, header: &str, names: &[&str], flag: &str) -> Result<usize> {
        self.must_be_able_to_ask(question, flag)?;
        self.choose_row(question, &[header], names.iter().map(|name| vec![(*name).to_owned()]).collect())
    }

    /// Asks a yes-or-no question that is not the confirmation of a plan.
    ///
    /// # Errors
    /// Exit 6: the agent gives up. Exit 2: nobody can be asked.
    pub(crate) fn ask_whether(&mut self, question: &str, default: bool) -> Result<bool> {
        let Some(ends) = self.dialog_ends().filter(|_| self.can_ask()) else { return self.yes(question, default) };
        let room = usize::from(tty::size(&ends.paint).columns).saturating_sub(choices(default).len() + 6);
        let mut rows = wrap(&sanitize(question), room);
        let last = rows.pop().unwrap_or_default();
        let above = rows.iter().fold(String::new(), |above, row| format!("{above}{row}\n"));
        dialog::confirm(&self.signals, &ends, (&above, &last), default)?.ok_or_else(given_up)
    }
}

/// Returns the error of a question that the agent leaves unanswered.
fn given_up() -> Error {
    Error::new(Kind::Declined, Reason::Declined, "The question was left unanswered; nothing was changed.")
}

impl Prompter for TerminalPrompter {
    fn can_ask(&self) -> bool {
        self.may_ask && (self.terminal.is_some() || stdin().is_terminal()) && stderr().is_terminal()
    }

    fn can_choose(&self) -> bool {
        self.can_ask() && !self.yes
    }

    fn choose(&mut self, question: &str, customers: &[Customer]) -> Result<usize> {
        let row = |customer: &Customer| {
            vec![customer.name.clone(), customer.id.to_string(), customer.masked_email().unwrap_or_default()]
        };
        self.choose_row(question, &["NAME", "ID", "E-MAIL"], customers.iter().map(row).collect())
    }

    fn choose_text(&mut self, question: &str, options: &[String]) -> Result<usize> {
        self.choose_row(question, &["WAY"], options.iter().map(|option| vec![option.clone()]).collect())
    }

    fn code(&mut self, question: &str) -> Result<Option<Zeroizing<String>>> {
        if self.reads_codes {
            return read_line(stdin(), MAX_ANSWER_BYTES);
        }
        self.ask(question, "--code-stdin", Mode::Lines).map(Some)
    }

    fn confirm(&mut self, plan: &Plan) -> Result<Decision> {
        if self.yes {
            self.screen.notice(&plan::short(plan));
            for notice in &plan.notices {
                self.screen.notice(&format!("Note: {notice}"));
            }
            return Ok(Decision::ConfirmedBeforehand);
        }
        let localization = self.localization.clone().unwrap_or_else(Localization::english);
        for line in plan::lines(plan, &LocalTime::at(Timestamp::now()), &localization) {
            self.screen.beside_line(&line);
        }
        Ok(if self.yes(&plan::question(plan), false)? { Decision::Confirmed } else { Decision::Declined })
    }

    fn line(&mut self, question: &str, flag: &str) -> Result<String> {
        let answer = self.ask(question, flag, Mode::Lines)?;
        if is_secret_key(&answer) {
            return Err(Error::usage(format!("The answer to \"{question}\" {SECRET_KEY_WORDS}.")));
        }
        Ok(answer.trim().to_owned())
    }

    fn secret(&mut self, question: &str, flag: &str) -> Result<Zeroizing<String>> {
        loop {
            match self.optional_secret(question, flag)? {
                Some(secret) => return Ok(secret),
                None => self.say(NOTHING_TYPED),
            }
        }
    }

    fn optional_secret(&mut self, question: &str, flag: &str) -> Result<Option<Zeroizing<String>>> {
        Ok(Some(self.ask(question, flag, Mode::NoEcho)?).filter(|secret| !secret.is_empty()))
    }

    fn yes(&mut self, question: &str, default: bool) -> Result<bool> {
        if let Ok(ends) = self.ends() {
            tty::discard_type_ahead(&ends.keys); // keys typed before the question was shown do not answer it
        }
        loop {
            let answer = self.ask(&format!("{question} {}", choices(default)), "--yes", Mode::Lines)?;
            match answer.trim().to_lowercase().as_str() {
                "" => return Ok(default),
                "y" | "yes" => return Ok(true),
                "n" | "no" => return Ok(false),
                _ => self.say("Type y or n."),
            }
        }
    }

    fn say(&mut self, words: &str) {
        self.screen.beside_line(words);
    }
}
