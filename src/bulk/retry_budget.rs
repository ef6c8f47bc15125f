//! The retry budget of a row: how long a row that the backend does not accept is repeated, and when it is at fault.

use std::time::Duration;

use crate::domain::{Error, Reason};

/// How often a row is repeated while other rows end: after that the row itself is at fault.
const ROUNDS: u32 = 5;

/// Counts how often one row was tried, and since when no row has ended.
#[derive(Debug, Default)]
pub(super) struct RetryBudget {
    rounds: u32,
    last_done: u64,
    stuck_since: Option<Duration>,
}

/// What to do with a row that the backend did not accept.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Repeat the row later.
    Again,
    /// Report the row as failed and go on, because other rows succeed.
    GiveUp,
    /// Stop the run, which can be resumed: no row has ended for longer than the run waits for the backend.
    Stop,
}

impl RetryBudget {
    /// Decides after one more refusal, with `done` rows done. `now` counts from the run's start; `wait` says how long
    /// the run waits for a backend.
    pub(super) fn after(&mut self, error: &Error, done: u64, now: Duration, wait: Duration) -> Verdict {
        if done > self.last_done || self.stuck_since.is_none() {
            self.rounds += u32::from(self.stuck_since.is_some());
            (self.last_done, self.stuck_since) = (done, Some(now));
        }
        // A backend that says that it is busy says nothing about the row.
        if self.rounds >= ROUNDS && error.reason != Reason::Throttled {
            return Verdict::GiveUp;
        }
        if self.stuck_since.is_some_and(|since| now.saturating_sub(since) > wait) {
            Verdict::Stop
        } else {
            Verdict::Again
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Kind;

    const WAIT: Duration = Duration::from_mins(5);

    #[test]
    fn a_row_that_fails_while_others_are_done_is_given_up_but_not_for_a_busy_backend() {
        let (mut row, mut throttled) = (RetryBudget::default(), RetryBudget::default());
        let busy = Error::new(Kind::Unavailable, Reason::Throttled, "Too many requests.");
        let now = Duration::from_secs(3);
        for done in 7..12 {
            assert_eq!(row.after(&Error::unavailable("500"), done, now, WAIT), Verdict::Again);
            assert_eq!(throttled.after(&busy, done, now, WAIT), Verdict::Again);
        }
        assert_eq!(row.after(&Error::unavailable("500"), 12, now, WAIT), Verdict::GiveUp);
        assert_eq!(throttled.after(&busy, 12, now, WAIT), Verdict::Again);
    }

    #[test]
    fn a_run_in_which_nothing_comes_to_its_end_stops() {
        let (mut row, mut now) = (RetryBudget::default(), Duration::from_secs(3));
        assert_eq!(row.after(&Error::unavailable("500"), 7, now, WAIT), Verdict::Again);
        now += WAIT;
        assert_eq!(row.after(&Error::unavailable("500"), 7, now, WAIT), Verdict::Again);
        now += Duration::from_secs(1);
        assert_eq!(row.after(&Error::unavailable("500"), 7, now, WAIT), Verdict::Stop);
    }
}
