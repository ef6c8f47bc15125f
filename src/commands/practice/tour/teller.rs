//! Tells the story step by step, and remembers whether each promise was kept.

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

/// Tells and remembers.
pub(super) struct Teller<'a> {
    screen: &'a Screen,
    json: bool,
    steps: Vec<Step>,
}

impl<'a> Teller<'a> {
    pub(super) const fn new(screen: &'a Screen, json: bool) -> Self {
        Self { screen, json, steps: Vec::new() }
    }

    /// A heading: who acts now.
    pub(super) fn act(&mut self, words: &str) {
        if !self.json {
            self.screen.line("");
            self.screen.line(words);
        }
    }

    /// Something told that is no check.
    pub(super) fn say(&mut self, words: &str) {
        if !self.json {
            self.screen.line(&format!("  {words}"));
        }
        self.steps.push(Step { promise: None, words: words.to_owned(), kept: None });
    }

    /// The reveal as the tour shows it: on the screen only, never in the JSON report.
    pub(super) fn show(&mut self, password: &str) {
        if !self.json {
            let mut line = Zeroizing::new(Vec::with_capacity(password.len() + 32));
            line.extend_from_slice(b"\n        ");
            line.extend_from_slice(password.as_bytes());
            line.extend_from_slice(b"\n\n");
            self.screen.bytes(&line);
        }
    }

    /// A promise, and whether it held just now.
    pub(super) fn check(&mut self, promise: &str, words: &str, kept: bool) {
        if !self.json {
            let mark = if kept { "ok " } else { "BROKEN" };
            self.screen.line(&format!("  {mark} {promise:<3} {words}"));
        }
        self.steps.push(Step { promise: Some(promise.to_owned()), words: words.to_owned(), kept: Some(kept) });
    }

    /// The end: the report, and a failure if a promise was broken.
    pub(super) fn end(self) -> Result<ExitCode> {
        let count = |wanted: bool| self.steps.iter().filter(|step| step.kept == Some(wanted)).count();
        let (kept, broken) = (count(true), count(false));
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
        Ok(ExitCode::DONE)
    }
}
