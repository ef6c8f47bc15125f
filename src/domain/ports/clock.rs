//! The port to the time.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

/// The time, so that tests can set it.
#[async_trait(?Send)]
pub trait Clock {
    /// Returns the time now.
    fn now(&self) -> Timestamp;
    /// Waits for this long.
    async fn sleep(&self, duration: Duration);
}
