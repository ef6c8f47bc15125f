//! The port to the signals that wait while a customer is being changed.

use std::time::Duration;

/// Makes signals (INT, TERM, HUP) wait while a reset must not be cut short.
pub trait Interruptions {
    /// Makes signals wait from now on.
    fn hold(&self);
    /// Returns a signal that came meanwhile; `None` if none came.
    fn caught(&self) -> Option<i32>;
    /// Lets signals end the process again.
    fn release(&self);
    /// Returns how long signals may wait: after this time a change is given up and cleaned up.
    fn longest_hold(&self) -> Duration {
        CHANGE_LIMIT
    }
}

/// After this time from the intent no new step begins.
pub const CHANGE_LIMIT: Duration = Duration::from_mins(1);
