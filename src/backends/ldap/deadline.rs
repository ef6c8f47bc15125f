//! The deadline of one operation, with its pages and its retries.

use std::time::Duration;

use tokio::time::Instant;

/// When an operation has to be over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(Instant);

impl Deadline {
    /// Returns the deadline this long from now.
    pub(super) fn after(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// Returns how long is left.
    pub(super) fn remaining(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Returns the deadline of the first of `many` attempts that share what is left.
    pub(super) fn share(self, many: usize) -> Self {
        Self::after(self.remaining() / u32::try_from(many.max(1)).unwrap_or(u32::MAX))
    }

    /// Returns the instant itself.
    pub(super) const fn instant(self) -> Instant {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_a_part_of_what_is_left() {
        let deadline = Deadline::after(Duration::from_mins(1));
        let share = deadline.share(3).remaining();
        assert!(share <= Duration::from_secs(20) && share > Duration::from_secs(19), "{share:?}");
        assert!(deadline.share(0).remaining() > Duration::from_secs(59));
        assert_eq!(Deadline::after(Duration::ZERO).remaining(), Duration::ZERO);
    }
}
