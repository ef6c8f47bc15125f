//! Implements the `Clock` port with the system's clock.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::domain::ports::Clock;

/// The system's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

#[async_trait(?Send)]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
