//! Room for rows: so many at the backend that it stays busy, and beside them those that wait for the disk.

use super::limiter::Limiter;

/// Rows at the backend for each call that it takes at once: those that wait for their turn keep it busy.
const AT_BACKEND_PER_CALL: usize = 2;
/// Rows in flight for each call, at most: what is in flight is finished when a run is told to stop.
const IN_FLIGHT_PER_CALL: usize = 4;
/// The same while the backend has all that it takes at once, and writers wait for company.
const IN_FLIGHT_PER_CALL_IN_COMPANY: usize = 8;

/// Room for rows, at one moment.
pub(super) struct AdmissionWindow {
    at_backend: usize,
    most_at_backend: usize,
    most_in_flight: usize,
}

impl AdmissionWindow {
    /// What there is now.
    pub(super) fn of(limiter: &Limiter) -> Self {
        let limit = limiter.limit();
        let per_call = if limiter.has_more() { IN_FLIGHT_PER_CALL_IN_COMPANY } else { IN_FLIGHT_PER_CALL };
        Self {
            at_backend: limiter.at_backend(),
            most_at_backend: limit * AT_BACKEND_PER_CALL,
            most_in_flight: limit * per_call,
        }
    }

    /// Whether one more row may begin, with so many in flight.
    pub(super) const fn is_left(&self, in_flight: usize) -> bool {
        self.at_backend < self.most_at_backend && in_flight < self.most_in_flight
    }

    /// A row began: it goes to the backend first.
    pub(super) const fn take(&mut self) {
        self.at_backend += 1;
    }

    /// One more may begin as soon as fewer than so many are at the backend; none: it is not room there that is lacking.
    pub(super) fn awaited(&self, in_flight: usize) -> Option<usize> {
        let only_at_backend = self.at_backend >= self.most_at_backend && in_flight < self.most_in_flight;
        only_at_backend.then_some(self.most_at_backend)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(at_backend: usize) -> AdmissionWindow {
        AdmissionWindow { at_backend, most_at_backend: 4, most_in_flight: 16 }
    }

    #[test]
    fn rows_begin_until_the_backend_has_enough_whoever_waits_for_the_disk() {
        let mut room = room(2);
        assert!(room.is_left(11) && room.awaited(11).is_none());
        room.take();
        room.take();
        assert!(!room.is_left(13));
        assert_eq!(room.awaited(13), Some(4));
    }

    #[test]
    fn nobody_waits_for_the_backend_where_something_else_is_lacking() {
        assert!(room(1).awaited(3).is_none(), "there is room: no row is left, or none may begin");
        assert!(!room(1).is_left(16) && room(1).awaited(16).is_none(), "all wait for the disk");
        assert!(room(4).awaited(16).is_none(), "one has to come to its end first");
    }
}
