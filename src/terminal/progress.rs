//! The progress of a bulk run: a bar at a terminal, lines, or JSON events on standard error.

use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde::Serialize;

use super::screen::Screen;
use super::tty::term_can_paint;
use crate::cli::ProgressKind;
use crate::output::{Progress, sanitize, to_json, write_all};

/// The time between two lines.
const LINE_INTERVAL: Duration = Duration::from_secs(10);
/// The time between two events.
const EVENT_INTERVAL: Duration = Duration::from_secs(1);

/// Reports the progress of a run.
pub(crate) struct ProgressReporter {
    screen: Screen,
    kind: ProgressKind,
    bar: Option<ProgressBar>,
    last: Option<Instant>,
    waiting: bool,
}

#[derive(Serialize)]
struct EventJson<'a> {
    schema: &'static str,
    run: &'a str,
    done: u64,
    failed: u64,
    rows: u64,
    concurrency: usize,
    waiting: Option<&'a str>,
    refused: u64,
    calls: u64,
}

/// Formats the rate in rows a second, with one decimal.
fn rate(state: &ProgressState, writer: &mut dyn std::fmt::Write) {
    let _ = write!(writer, "{:.1}/s", state.per_sec()); // what cannot be written is not shown
}

impl ProgressReporter {
    /// Builds a reporter of this kind. With `quiet`, it reports only JSON events.
    pub(crate) fn new(screen: Screen, kind: ProgressKind, rows: u64, quiet: bool) -> Self {
        let bar = (kind == ProgressKind::Auto && !quiet && stderr().is_terminal() && term_can_paint()).then(|| {
            let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {rate} {eta} left {msg}");
            let bar = ProgressBar::with_draw_target(Some(rows), ProgressDrawTarget::stderr());
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).with_key("rate", rate))
        });
        Self { screen, kind, bar, last: None, waiting: false }
    }

    /// Reports the progress so far, if it is time to.
    pub(crate) fn tell(&mut self, run: &str, progress: &Progress) {
        if let Some(bar) = &self.bar {
            bar.set_position(progress.done);
            let failed = if progress.failed > 0 { format!("{} failed", progress.failed) } else { String::new() };
            let waiting = progress.waiting.as_deref().map_or_else(String::new, |words| format!("waiting: {words}"));
            bar.set_message(sanitize(&format!("{failed} {waiting}")).into_owned());
            return;
        }
        let interval = if self.kind == ProgressKind::Json { EVENT_INTERVAL } else { LINE_INTERVAL };
        let begins_to_wait = progress.waiting.is_some() && !self.waiting;
        self.waiting = progress.waiting.is_some();
        if begins_to_wait || self.last.is_none_or(|last| last.elapsed() >= interval) {
            self.last = Some(Instant::now());
            self.say(run, progress);
        }
    }

    /// Reports the final progress.
    pub(crate) fn end(&mut self, run: &str, progress: &Progress) {
        match &self.bar {
            Some(bar) => bar.finish_and_clear(),
            None => self.say(run, progress),
        }
    }

    fn say(&self, run: &str, progress: &Progress) {
        let Progress { rows, done, failed, concurrency, waiting, refused_of: (refused, calls) } = progress;
        if self.kind == ProgressKind::Json {
            let event = EventJson {
                schema: "tellonce.bulk-progress/v1",
                run,
                done: *done,
                failed: *failed,
                rows: *rows,
                concurrency: *concurrency,
                waiting: waiting.as_deref(),
                refused: *refused,
                calls: *calls,
            };
            if let Ok(line) = to_json(&event) {
                let _ = write_all(stderr(), &line); // a reader that went away stops nothing
            }
            return;
        }
        let waiting =
            waiting.as_deref().map_or_else(String::new, |words| format!("; waiting for the backend: {words}"));
        self.screen.notice(&format!("{done} of {rows} done, {failed} failed{waiting}"));
    }
}
