//! Why a run stops before its input is at its end, resumable.

use std::time::Duration;

use super::outcome::RowOutcome;
use super::run::Run;
use crate::domain::{Error, Kind, Reason};

impl Run<'_> {
    pub(super) fn reason_to_stop(&self, in_a_row: u64) -> Option<Error> {
        if let Some(signal) = self.interruptions.caught() {
            let message = format!("Signal {signal} came; what was in flight is finished.");
            return Some(Error::new(Kind::Interrupted(signal), Reason::Interrupted, message));
        }
        if let Err(failure) = self.sink.check() {
            return Some(failure);
        }
        if in_a_row >= self.settings.abort_after.max(1) {
            return Some(Error::new(
                Kind::Unavailable,
                Reason::TooManyFailures,
                format!("{in_a_row} rows failed one after the other: something may be wrong with all of them."),
            ));
        }
        let (down, words) = self.limiter.down()?;
        (down > self.wait()).then(|| self.waited(&words))
    }

    /// Rows of earlier sittings that somebody has to look at; those that are done again now are counted now.
    pub(super) fn failed_before(&self) -> u64 {
        let counts = self.journal.counts().unwrap_or_default(); // a journal that cannot be read is told by the first row
        let is_over = |outcome: RowOutcome| outcome.is_failure() && outcome != RowOutcome::NotDelivered;
        counts.into_iter().filter(|(outcome, _)| is_over(*outcome)).map(|(_, count)| count).sum()
    }

    pub(super) const fn wait(&self) -> Duration {
        Duration::from_secs(self.settings.wait_seconds)
    }

    pub(super) fn waited(&self, words: &str) -> Error {
        Error::unavailable(format!("The backend was waited for {} seconds. {words}", self.settings.wait_seconds))
    }
}
