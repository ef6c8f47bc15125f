//! The port to random bytes.

use crate::domain::error::Result;

/// The operating system's random source, or a test's.
pub trait RandomSource {
    /// Fills the buffer.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<()>;
}
