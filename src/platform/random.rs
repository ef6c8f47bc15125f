//! Implements the `RandomSource` port with the system's random source.

use rand::TryRng;
use rand::rngs::SysRng;

use crate::domain::ports::RandomSource;
use crate::domain::{Error, Result};

/// The system's random source.
#[derive(Clone, Copy, Debug)]
pub struct SystemRandom;

impl RandomSource for SystemRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        SysRng
            .try_fill_bytes(bytes)
            .map_err(|error| Error::bug("The operating system gave no random bytes.").because(error))
    }
}
