//! The port to the signals that wait while a customer is being changed.

use std::time::Duration;

/// Signals (INT, TERM, HUP) wait while a reset must not be cut.
pub trait Interruptions {
    /// From now on they wait.
    fn hold(&self);
    /// One that came meanwhile.
    fn caught(&self) -> Option<i32>;
    /// From now on they end the process again.
    fn release(&self);
    /// How long they may be made to wait: after this time a change is given up, and cleaned up after.
    fn longest_hold(&self) -> Duration {
        CHANGE_LIMIT
    }
}

/// After this time from the intent no new step begins.
pub const CHANGE_LIMIT: Duration = Duration::from_mins(1);
