//! The options of a reveal, and the error of a way to reveal that cannot be used.

use std::time::Duration;

use crate::domain::{Error, Kind, Reason};
use crate::terminal::Signals;
use crate::texts::Localization;

/// The options of a reveal.
pub(crate) struct RevealOptions {
    /// How long the terminal shows the password; zero means until it is dismissed.
    pub show_for: Duration,
    /// Whether a regular file may get the password in clear.
    pub allow_plaintext_file: bool,
    /// Whether a descriptor gets one JSON object instead of the bare password.
    pub json: bool,
    /// The language of the words beside the password.
    pub localization: Localization,
    /// The signals that dismiss the reveal.
    pub signals: Signals,
}

/// Returns the error (exit 2) of a way to reveal that cannot be used.
pub(super) fn wrong_way(message: String) -> Error {
    Error::new(Kind::Usage, Reason::RevealWay, message).hint("Use a pipe, a terminal, or --reveal terminal.")
}
