//! The audit log's verbs.

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;

/// Who did what to whom
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce audit list --customer C-1001")]
pub struct AuditArgs {
    /// The verb.
    #[command(subcommand)]
    pub command: AuditCommand,
}

/// The audit log's verbs.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// The records that match
    #[command(after_help = "Example:\n  tellonce audit list --customer C-1001 --since 2026-01-01T00:00:00Z")]
    List(RecordFilter),
    /// Is the chain whole? Exit 11 names the first broken line
    #[command(after_help = "Example:\n  tellonce audit verify --head HASH     also finds a cut-off end")]
    Verify {
        /// The hash of a line that must be there, as an earlier verify said it
        #[arg(long, value_name = "HASH", value_parser = hash)]
        head: Option<String>,
    },
    /// All records that match, on standard output
    #[command(after_help = "Example:\n  tellonce audit export --format csv > audit.csv")]
    Export {
        /// The form of the export
        #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
        format: ExportFormat,
        /// Which records.
        #[command(flatten)]
        filter: RecordFilter,
    },
}

/// Which records
#[derive(Clone, Debug, Default, Args)]
pub struct RecordFilter {
    /// Only this customer's, by id
    #[arg(long, value_name = "ID")]
    pub customer: Option<String>,
    /// Only this agent's
    #[arg(long, value_name = "NAME")]
    pub agent: Option<String>,
    /// Not before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub since: Option<Timestamp>,
    /// Before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub until: Option<Timestamp>,
    /// Only this action: set, `create_and_set` or withdraw
    #[arg(long, value_name = "ACTION", value_parser = ["set", "create_and_set", "withdraw"])]
    pub action: Option<String>,
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// Comma-separated values, formula cells defused.
    Csv,
    /// The lines as they stand in the log.
    Jsonl,
}

/// A SHA-256 hash in hexadecimal: a mistyped one must not look like a cut-off end.
fn hash(text: &str) -> Result<String, String> {
    let is_hash = text.len() == 64 && text.chars().all(|digit| digit.is_ascii_hexdigit());
    if is_hash { Ok(text.to_lowercase()) } else { Err("not a hash of 64 hexadecimal digits".to_owned()) }
}
