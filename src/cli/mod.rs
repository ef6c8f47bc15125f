//! The options that every command takes, and other options that the terminal uses.

use std::time::Duration;

use clap::{Args, ValueEnum};

/// What every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// The backend configuration to use
    #[arg(long, global = true, value_name = "NAME", env = "TELLONCE_PROFILE")]
    pub profile: Option<String>,
    /// How results are written
    #[arg(short, long, global = true, value_enum, default_value_t = OutputFormat::Table)]
    pub output: OutputFormat,
    /// When to use colour (`NO_COLOR` is respected)
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// Say only what must be said
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Tell on standard error what is going on; twice for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Ask nothing: a missing answer is an error that names its flag
    #[arg(long, global = true)]
    pub no_input: bool,
    /// How long one call to the backend may take (default 15s); with `status --watch`, how long to watch
    #[arg(long, global = true, value_name = "DURATION", value_parser = crate::config::parse_duration)]
    pub timeout: Option<Duration>,
}

/// How results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people.
    Table,
    /// For scripts: one object with a schema.
    Json,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// At a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How the progress of a run is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressKind {
    /// A bar at a terminal, else lines.
    Auto,
    /// Lines.
    Plain,
    /// JSON events on standard error.
    Json,
}
