//! Many resets at once.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::{CaseArgs, RevealArgs};
use crate::config::parse_duration;

/// Many resets, resumable at any moment
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  tellonce bulk customers.csv --dry-run\n  tellonce bulk customers.csv --out sealed.csv --seal-to age1...\n  tellonce bulk --resume 20260109-0830     (a file called list: ./list)"
)]
pub struct BulkArgs {
    /// Look at runs
    #[command(subcommand)]
    pub command: Option<BulkCommand>,
    /// A run
    #[command(flatten)]
    pub run: BulkRunArgs,
}

/// Runs that there are.
#[derive(Debug, Subcommand)]
pub enum BulkCommand {
    /// All runs, newest first
    #[command(after_help = "Example:\n  tellonce bulk list -o json")]
    List,
    /// How far a run has come
    #[command(after_help = "Example:\n  tellonce bulk show 20260109-0830")]
    Show {
        /// The run's id, or its beginning
        run: String,
    },
}

/// How the input is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InputKind {
    /// CSV with a header row.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// How far it has come, and how that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressKind {
    /// A bar at a terminal, else lines.
    Auto,
    /// Lines.
    Plain,
    /// JSON events on standard error.
    Json,
}

/// A run.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "independent flags of a command line")]
pub struct BulkRunArgs {
    /// CSV or JSON Lines with a column "customer"; - is standard input
    #[arg(required_unless_present = "resume", value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Go on with a run that was interrupted, as it was asked for
    #[arg(long, value_name = "RUN", conflicts_with_all = ["input", "dry_run", "out", "seal_to", "recipients", "limit", "rate", "format", "input_format", "strict", "expect", "create"])]
    pub resume: Option<String>,
    /// How the input is written (default: its content tells)
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub input_format: Option<InputKind>,
    /// Refuse the whole input if a row cannot be read
    #[arg(long)]
    pub strict: bool,
    /// Look everyone up and say what would happen; change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask for confirmation (needs --expect)
    #[arg(long)]
    pub yes: bool,
    /// How many rows the input must have
    #[arg(long, value_name = "N")]
    pub expect: Option<u64>,
    /// A new file for the rows, with each password sealed
    #[arg(long, value_name = "FILE", conflicts_with = "reveal")]
    pub out: Option<PathBuf>,
    /// Seal to this age public key; may be given more than once
    #[arg(long, value_name = "KEY", requires = "out")]
    pub seal_to: Vec<String>,
    /// Seal to the age public keys in this file
    #[arg(long, value_name = "FILE", requires = "out")]
    pub recipients: Option<PathBuf>,
    /// Passwords in clear, to stdout or fd:N
    #[arg(long, value_name = "WHERE")]
    pub reveal: Option<String>,
    /// Let --reveal go to a regular file, in clear
    #[arg(long)]
    pub allow_plaintext_file: bool,
    /// How rows are written (default: as --out ends, else jsonl)
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<InputKind>,
    /// Enter customers that the directory does not know, from email, `first_name` and `last_name`
    #[arg(long)]
    pub create: bool,
    /// Stop after so many rows; resume does the next ones
    #[arg(long, value_name = "N")]
    pub limit: Option<u64>,
    /// Stop after so many failures in a row
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub abort_after: u64,
    /// Calls to the backend at once (default: as many as it takes well)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: Option<u16>,
    /// Never more rows a second than this, as in 5 or 5/s
    #[arg(long, value_name = "N/s", value_parser = parse_rate)]
    pub rate: Option<f64>,
    /// How long a backend that is gone is waited for
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = parse_duration)]
    pub wait: Duration,
    /// How progress is told
    #[arg(long, value_enum, default_value_t = ProgressKind::Auto)]
    pub progress: ProgressKind,
    /// For rows that do not say it themselves
    #[command(flatten)]
    pub case: CaseArgs,
}

/// Rows a second.
fn parse_rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.trim_end_matches("/s").parse().map_err(|_| "give a number, as in 5 or 5/s".to_owned())?;
    if rate.is_finite() && rate > 0.0 && rate <= 100_000.0 { Ok(rate) } else { Err("it must be above 0".to_owned()) }
}

/// Reveal one sealed password of a bulk run's output
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce unseal sealed.csv --identity key.txt --customer C-1001")]
pub struct UnsealArgs {
    /// The output of a bulk run
    pub file: PathBuf,
    /// The file with your age identity, as age-keygen writes it
    #[arg(long, value_name = "KEY")]
    pub identity: PathBuf,
    /// The customer's id, username or (JSON only) e-mail
    #[arg(long, value_name = "C")]
    pub customer: String,
    /// The one reveal
    #[command(flatten)]
    pub reveal: RevealArgs,
}
