//! The main job and what belongs to it.

use std::time::Duration;

use clap::Args;

use crate::config::parse_duration;

/// Customers that match a text
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce find lovelace")]
pub struct FindArgs {
    /// An id, a username, an e-mail address or part of a name
    pub text: String,
    /// How many to show at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
}

/// A customer's profile, roles and access
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce show C-1001")]
pub struct ShowArgs {
    /// The customer: an id, username or e-mail address
    pub customer: String,
}

/// Where a customer stands
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce status ada@example.com\n  tellonce status C-1001 --watch     waits until Ada is back in"
)]
pub struct StatusArgs {
    /// The customer: an id, username or e-mail address
    pub customer: String,
    /// Wait until the customer is back in (--timeout gives a limit)
    #[arg(long)]
    pub watch: bool,
}

/// What the agent was told of the case; written to the audit log
#[derive(Clone, Debug, Args)]
pub struct CaseArgs {
    /// The ticket
    #[arg(long, value_name = "ID")]
    pub ticket: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// How the caller was verified
    #[arg(long, value_name = "HOW")]
    pub verified: Option<String>,
}

/// The one reveal.
#[derive(Debug, Args)]
pub struct RevealArgs {
    /// Where the temporary password is shown: terminal, stdout or fd:N
    #[arg(long = "reveal", value_name = "WHERE", default_value = "terminal")]
    pub to: String,
    /// How long the terminal shows it; 0 until dismissed
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = parse_duration)]
    pub show_for: Duration,
    /// Let the reveal go to a regular file, in clear
    #[arg(long)]
    pub allow_plaintext_file: bool,
}

/// Issue a temporary password: the main job
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce reset ada@example.com\n  tellonce reset C-1002 --ticket T-17 --verified 'called back'\n  tellonce --profile practice reset C-1001 --yes --reveal stdout | next-step"
)]
#[allow(clippy::struct_excessive_bools, reason = "independent flags of a command line")]
pub struct ResetArgs {
    /// The customer: an id, username or e-mail address; at a terminal also part of a name
    pub customer: String,
    /// Do not ask for confirmation
    #[arg(long)]
    pub yes: bool,
    /// Also lift a lock-out after failed attempts
    #[arg(long)]
    pub unlock: bool,
    /// What the agent was told of the case
    #[command(flatten)]
    pub case: CaseArgs,
    /// The one reveal
    #[command(flatten)]
    pub reveal: RevealArgs,
    /// Enter the customer if the directory does not know them
    #[arg(long, requires_all = ["email", "first_name", "last_name"])]
    pub create: bool,
    /// With --create: the e-mail address
    #[arg(long, value_name = "ADDRESS", requires = "create")]
    pub email: Option<String>,
    /// With --create: the given name
    #[arg(long, value_name = "NAME", requires = "create")]
    pub first_name: Option<String>,
    /// With --create: the family name
    #[arg(long, value_name = "NAME", requires = "create")]
    pub last_name: Option<String>,
}

/// Make a pending temporary password unusable now
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce withdraw C-1001 --reason 'wrong caller'\n  tellonce withdraw --older-than 24h --all --dry-run"
)]
pub struct WithdrawArgs {
    /// The customer: an id, username or e-mail address
    #[arg(required_unless_present = "all")]
    pub customer: Option<String>,
    /// Everything this tool issued that has been pending for longer than --older-than
    #[arg(long, conflicts_with = "customer", requires = "older_than")]
    pub all: bool,
    /// With --all: how long it has been pending
    #[arg(long, value_name = "DURATION", requires = "all", value_parser = parse_duration)]
    pub older_than: Option<Duration>,
    /// With --all: say what would be withdrawn, and change nothing
    #[arg(long, requires = "all")]
    pub dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long)]
    pub yes: bool,
    /// What the agent was told of the case
    #[command(flatten)]
    pub case: CaseArgs,
}
