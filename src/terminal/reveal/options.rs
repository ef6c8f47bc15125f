//! How to reveal, and the error of a way that cannot be used.

use std::time::Duration;

use crate::domain::{Error, Kind, Reason};
use crate::terminal::Signals;

/// How to reveal.
pub(crate) struct RevealOptions {
    /// How long the terminal shows it; zero: until dismissed.
    pub show_for: Duration,
    /// A regular file may get it, in clear.
    pub allow_plaintext_file: bool,
    /// One JSON object instead of the bare password.
    pub json: bool,
    /// Signals dismiss the reveal.
    pub signals: Signals,
}

/// The way to reveal cannot be used (exit 2).
pub(super) fn wrong_way(message: String) -> Error {
    Error::new(Kind::Usage, Reason::RevealWay, message).hint("Use a pipe, a terminal, or --reveal terminal.")
}
