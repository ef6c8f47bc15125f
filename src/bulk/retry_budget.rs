//! How long a row that the backend does not take is tried again, and when it is the row's own fault.

use std::time::Duration;

use crate::domain::{Error, Reason};

/// So often a row is tried while others come to their end: what fails then is the row.
const ROUNDS: u32 = 5;

/// How often one row was tried, and since when no row has ended.
#[derive(Debug, Default)]
pub(super) struct RetryBudget {
    rounds: u32,
    done_then: u64,
    stuck_since: Option<Duration>,
}

/// What to do with a row that was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Once more, later.
    Again,
    /// Others fare better: it is told as failed, and the run goes on.
    GiveUp,
    /// Nothing has come to its end for longer than the backend is waited for: the run stops, resumable.
    Stop,
}

impl RetryBudget {
    /// Decides after one more refusal, with so many rows done. `now` counts from the run's start; `wait` is how long a
    /// backend is waited for.
    pub(super) fn after(&mut self, failure: &Error, done: u64, now: Duration, wait: Duration) -> Verdict {
        if done > self.done_then || self.stuck_since.is_none() {
            self.rounds += u32::from(self.stuck_since.is_some());
            (self.done_then, self.stuck_since) = (done, Some(now));
        }
        // A backend that says that it is busy says nothing of the row.
        if self.rounds >= ROUNDS && failure.reason != Reason::Throttled {
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
