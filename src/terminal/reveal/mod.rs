//! The reveal: the temporary password is shown once, and leaves no trace.

mod early;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]
pub(super) mod fixture;
mod keys;
mod rows;
mod stream;
mod terminal;

pub use early::{ChosenReveal, EarlyReveal, RevealOptions};
pub use stream::StreamReveal;
pub use terminal::{TerminalReveal, terminal_can_reveal};
