//! Asks the agent, or knows that nobody can be asked.

use std::io::{IsTerminal, stderr, stdin};
use std::os::fd::{AsFd, OwnedFd};

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::local_time::LocalTime;
use super::screen::Screen;
use super::signals::Signals;
use super::{plan, tty};
use crate::domain::ports::Prompter;
use crate::domain::{Customer, Decision, Error, Kind, Plan, Reason, Result, SECRET_KEY_WORDS, is_secret_key};
use crate::output::{sanitize, table};
use crate::platform::read_line;

/// The longest answer, in bytes: what a terminal gives in one line (termios(3), canonical mode).
const LONGEST: usize = 4096;

/// Asks on the terminal, if standard input and standard error are one and `--no-input` was not given.
pub struct TerminalPrompter {
    screen: Screen,
    signals: Signals,
    may_ask: bool,
    yes: bool,
    /// The terminal itself, where standard input is the work.
    terminal: Option<OwnedFd>,
}

impl TerminalPrompter {
    /// A prompter; with `yes`, confirmations are given beforehand.
    pub fn new(screen: Screen, signals: Signals, may_ask: bool, yes: bool) -> Self {
        Self { screen, signals, may_ask, yes, terminal: None }
    }

    /// Reads answers from the terminal itself, if there is one: standard input is the work.
    #[must_use]
    pub fn beside_standard_input(self) -> Self {
        let terminal = tty::open().ok();
        Self { may_ask: self.may_ask && terminal.is_some(), terminal, ..self }
    }

    /// Switches the echo off, until the answer is read or a signal ends the process.
    fn hide(&self) -> Result<()> {
        let failed =
            |error: std::io::Error| Error::bug("The terminal's echo could not be switched off.").because(error);
        let copy = match &self.terminal {
            Some(terminal) => terminal.try_clone(),
            None => stdin().as_fd().try_clone_to_owned(),
        };
        self.signals.hide(copy.map_err(failed)?).map_err(failed)
    }

    fn ask(&self, question: &str, flag: &str, hidden: bool) -> Result<Zeroizing<String>> {
        if !self.can_ask() {
            return Err(Error::missing_answer(
                format!("\"{question}\" has no answer, and nobody can be asked."),
                format!("Give it with `{flag}`."),
            ));
        }
        if hidden {
            self.hide()?; // before the question is seen: whoever answers at once is not echoed either
        }
        self.screen.beside(&format!("{}: ", sanitize(question)));
        let line = match &self.terminal {
            Some(terminal) => read_line(terminal, LONGEST),
            None => read_line(stdin(), LONGEST),
        };
        if hidden {
            self.signals.put_back();
            self.screen.beside("\n");
        }
        line?.ok_or_else(given_up)
    }
}

/// The end of input at a question is a no.
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
        let numbered = |(place, customer): (usize, &Customer)| {
            vec![
                (place + 1).to_string(),
                customer.id.to_string(),
                customer.name.clone(),
                customer.masked_email().unwrap_or_default(),
            ]
        };
        let rows = customers.iter().enumerate().map(numbered).collect();
        let listed = table::table(&["", "ID", "NAME", "E-MAIL"], rows, tty::width_of(stderr().as_fd()));
        self.screen.beside(&format!("{}\n{listed}\n", sanitize(question)));
        loop {
            let answer = self.ask("Number (Enter to give up)", "CUSTOMER", false)?;
            if answer.trim().is_empty() {
                return Err(given_up());
            }
            match answer.trim().parse::<usize>() {
                Ok(number) if (1..=customers.len()).contains(&number) => return Ok(number - 1),
                _ => self.say(&format!("Type a number from 1 to {}.", customers.len())),
            }
        }
    }

    fn confirm(&mut self, plan: &Plan) -> Result<Decision> {
        if self.yes {
            self.screen.notice(&plan::short(plan));
            for notice in &plan.notices {
                self.screen.notice(&format!("Note: {notice}"));
            }
            return Ok(Decision::ConfirmedBeforehand);
        }
        for line in plan::lines(plan, &LocalTime::at(Timestamp::now())) {
            self.screen.beside_line(&line);
        }
        Ok(if self.yes(&plan::question(plan), false)? { Decision::Confirmed } else { Decision::Declined })
    }

    fn line(&mut self, question: &str, flag: &str) -> Result<String> {
        let answer = self.ask(question, flag, false)?;
        if is_secret_key(&answer) {
            return Err(Error::usage(format!("The answer to \"{question}\" {SECRET_KEY_WORDS}.")));
        }
        Ok(answer.trim().to_owned())
    }

    fn secret(&mut self, question: &str, flag: &str) -> Result<Zeroizing<String>> {
        self.ask(question, flag, true)
    }

    fn yes(&mut self, question: &str, default: bool) -> Result<bool> {
        let choices = if default { "[Y/n]" } else { "[y/N]" };
        loop {
            let answer = self.ask(&format!("{question} {choices}"), "--yes", false)?;
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
