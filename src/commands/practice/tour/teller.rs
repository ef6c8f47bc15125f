//! The narrator of the tour: prints the story step by step, and records whether each promise was kept.

use anyhow::{Result, bail};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::domain::{Error, ExitCode, Kind, Reason};
use crate::terminal::Screen;

#[derive(Serialize)]
struct Step {
    promise: Option<String>,
    words: String,
    kept: Option<bool>,
}

#[derive(Serialize)]
struct TourJson<'a> {
    schema: &'static str,
    steps: &'a [Step],
    kept: usize,
    broken: usize,
}

/// The steps of the story so far, and the screen that they are printed on.
pub(super) struct Teller<'a> {
    screen: &'a Screen,
    json: bool,
    steps: Vec<Step>,
}

impl<'a> Teller<'a> {
    pub(super) const fn new(screen: &'a Screen, json: bool) -> Self {
        Self { screen, json, steps: Vec::new() }
    }

    /// Prints a heading that says who acts now.
    pub(super) fn act(&mut self, words: &str) {
        if !self.json {
            self.screen.line("");
            self.screen.line(words);
        }
    }

    /// Prints a step that is no check.
    pub(super) fn say(&mut self, words: &str) {
        if !self.json {
            self.screen.line(&format!("  {words}"));
        }
        self.steps.push(Step { promise: None, words: words.to_owned(), kept: None });
    }

    /// Shows the password as the reveal would: on the screen only, never in the JSON report.
    pub(super) fn show(&mut self, password: &str) {
        if !self.json {
            let mut line = Zeroizing::new(Vec::with_capacity(password.len() + 32));
            line.extend_from_slice(b"\n        ");
            line.extend_from_slice(password.as_bytes());
            line.extend_from_slice(b"\n\n");
            self.screen.bytes(&line);
        }
    }

    /// Prints and records whether a promise was kept.
    pub(super) fn check(&mut self, promise: &str, words: &str, kept: bool) {
        if !self.json {
            let mark = if kept { "ok " } else { "BROKEN" };
            self.screen.line(&format!("  {mark} {promise:<3} {words}"));
        }
        self.steps.push(Step { promise: Some(promise.to_owned()), words: words.to_owned(), kept: Some(kept) });
    }

    /// Prints the report.
    ///
    /// # Errors
    /// Exit 11: a promise was broken.
    pub(super) fn end(self) -> Result<ExitCode> {
        let count_of = |kept: bool| self.steps.iter().filter(|step| step.kept == Some(kept)).count();
        let (kept, broken) = (count_of(true), count_of(false));
        if broken > 0 {
            bail!(Error::new(
                Kind::CheckFailed,
                Reason::CheckFailed,
                format!("The tour found {broken} promises broken."),
            ));
        }
        if self.json {
            return Ok(self.screen.json(&TourJson {
                schema: "tellonce.practice-tour/v1",
                steps: &self.steps,
                kept,
                broken,
            })?);
        }
        self.screen.line("");
        self.screen.line(&format!("That was the whole story: {kept} checks, all kept. The directory is gone."));
        self.screen.line("Now you: tellonce reset ada@example.com");
        if cfg!(feature = "practice-app") {
            self.screen.line("What the customer sees, in a browser: tellonce practice app --open");
        }
        Ok(ExitCode::DONE)
    }
}
