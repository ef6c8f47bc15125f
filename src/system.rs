//! The operating system's clock and random source, as ports.

use jiff::Timestamp;
use rand::TryRng;
use rand::rngs::SysRng;

use crate::domain::ports::{Clock, RandomSource};
use crate::domain::{Answer, Failure};

/// The system's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The system's random source.
#[derive(Clone, Copy, Debug)]
pub struct SystemRandom;

impl RandomSource for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Answer<()> {
        SysRng
            .try_fill_bytes(bytes)
            .map_err(|error| Failure::bug("The operating system gave no random bytes.").because(error))
    }
}
