//! The reveal: shows the temporary password once, and leaves no trace of it.

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]
pub(super) mod fixture;
mod keys;
mod options;
mod rows;
mod stream;
mod target;
mod terminal;

pub(crate) use options::RevealOptions;
pub(crate) use stream::StreamReveal;
pub use stream::reveal_to_descriptor;
pub(crate) use target::{ChosenReveal, RevealTarget};
pub(crate) use terminal::{TerminalReveal, terminal_can_reveal};
