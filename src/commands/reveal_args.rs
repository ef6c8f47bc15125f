//! The flags that say how a temporary password is revealed, which several verbs share.

use std::time::Duration;

use clap::Args;

use crate::config::parse_duration;

/// The one reveal.
#[derive(Debug, Args)]
pub(super) struct RevealArgs {
    /// Where the temporary password is shown: terminal, stdout or fd:N
    #[arg(long = "reveal", value_name = "WHERE", default_value = "terminal")]
    pub(super) to: String,
    /// How long the terminal shows it; 0 until dismissed
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = parse_duration)]
    pub(super) show_for: Duration,
    /// Let the reveal go to a regular file, in clear
    #[arg(long)]
    pub(super) allow_plaintext_file: bool,
}
