//! The reveal: the temporary password is shown once, and leaves no trace.

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]
pub(super) mod fixture;
mod keys;
mod options;
mod rows;
mod stream;
mod target;
mod terminal;

pub use options::RevealOptions;
pub use stream::{StreamReveal, reveal_to_descriptor};
pub use target::{ChosenReveal, RevealTarget};
pub use terminal::{TerminalReveal, terminal_can_reveal};
