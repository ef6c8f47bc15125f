//! The in-flight window: how many rows may be in flight at once, by the concurrency limit of the backend.

use std::time::Duration;

/// Rows at the backend for each concurrent call: the rows that wait for their turn keep the backend busy.
const AT_BACKEND_PER_CALL: usize = 2;
/// The most rows in flight for each concurrent call: a run that has to stop finishes these rows first.
const IN_FLIGHT_PER_CALL: usize = 4;
/// The most rows in flight for each concurrent call while the backend is saturated, and writers gather records.
const IN_FLIGHT_PER_CALL_IN_COMPANY: usize = 8;

/// What the limiter knows of the backend at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct BackendLoad {
    /// The concurrency limit, in calls.
    pub(super) limit: usize,
    /// Rows in a call, or waiting for their turn.
    pub(super) at_backend: usize,
    /// Whether the concurrency limit is reached, and enough calls wait to keep the backend busy.
    pub(super) is_saturated: bool,
    /// How long a busy backend is still left alone; zero if calls may begin.
    pub(super) closed_for: Duration,
    /// How long the backend has accepted no call, and its last message; `None` if it accepts calls.
    pub(super) down: Option<(Duration, String)>,
    /// How long ago the backend answered last, if it has been gone since; `None` if it answers, busy or not.
    pub(super) gone: Option<Duration>,
}

/// The in-flight window at one moment.
pub(super) struct AdmissionWindow {
    at_backend: usize,
    most_at_backend: usize,
    most_in_flight: usize,
}

impl AdmissionWindow {
    /// Computes the window for this load. Rows that are `starting` go to the backend as well; the load leaves them out.
    pub(super) const fn new(load: &BackendLoad, starting: usize) -> Self {
        let per_call = if load.is_saturated { IN_FLIGHT_PER_CALL_IN_COMPANY } else { IN_FLIGHT_PER_CALL };
        Self {
            at_backend: load.at_backend + starting,
            most_at_backend: load.limit * AT_BACKEND_PER_CALL,
            most_in_flight: load.limit * per_call,
        }
    }

    /// Whether one more row may begin, with this many rows in flight.
    pub(super) const fn is_left(&self, in_flight: usize) -> bool {
        self.at_backend < self.most_at_backend && in_flight < self.most_in_flight
    }

    /// Returns the number of rows at the backend below which one more may begin; `None` if the backend is not the
    /// bottleneck.
    pub(super) fn awaited(&self, in_flight: usize) -> Option<usize> {
        let only_at_backend = self.at_backend >= self.most_at_backend && in_flight < self.most_in_flight;
        only_at_backend.then_some(self.most_at_backend)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(at_backend: usize, starting: usize) -> AdmissionWindow {
        AdmissionWindow::new(
            &BackendLoad { limit: 2, at_backend, is_saturated: true, ..BackendLoad::default() },
            starting,
        )
    }

    #[test]
    fn rows_begin_until_the_backend_has_enough_whoever_waits_for_the_disk() {
        assert!(room(2, 0).is_left(11) && room(2, 0).awaited(11).is_none());
        assert!(!room(2, 2).is_left(13));
        assert_eq!(room(2, 2).awaited(13), Some(4));
    }

    #[test]
    fn nobody_waits_for_the_backend_where_something_else_is_lacking() {
        assert!(room(1, 0).awaited(3).is_none(), "there is room: no row is left, or none may begin");
        assert!(!room(1, 0).is_left(16) && room(1, 0).awaited(16).is_none(), "all wait for the disk");
        assert!(room(4, 0).awaited(16).is_none(), "one has to come to its end first");
    }

    #[test]
    fn more_rows_may_be_in_flight_while_the_backend_is_saturated() {
        let load = BackendLoad { limit: 2, ..BackendLoad::default() };
        assert!(AdmissionWindow::new(&load, 0).is_left(7) && !AdmissionWindow::new(&load, 0).is_left(8));
        assert!(room(0, 0).is_left(15) && !room(0, 0).is_left(16));
    }
}
