//! The command line: the clap types, nothing else. Completions and man pages are made from them.

mod agents;
mod bulk;
mod records;
mod resets;
mod setup;

use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub use agents::{LoginArgs, SignInWay, StoreChoice};
pub use bulk::{BulkArgs, BulkCommand, BulkRunArgs, InputKind, ProgressKind, UnsealArgs};
pub use records::{AuditArgs, AuditCommand, ExportFormat, RecordFilter};
pub use resets::{CaseArgs, FindArgs, ResetArgs, RevealArgs, ShowArgs, StatusArgs, WithdrawArgs};
pub use setup::{
    CompletionsArgs, ForgotPasswordArgs, ManArgs, PracticeArgs, PracticeCommand, ProfileAddArgs, ProfileArgs,
    ProfileCommand, SetupArgs, SignInArgs, StartOverArgs,
};

/// Issue a customer a temporary password from the terminal: told once, stored nowhere.
///
/// With nothing set up, it works on the embedded practice directory.
#[derive(Debug, Parser)]
#[command(
    name = "tellonce",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Example:\n  tellonce reset ada@example.com     issue Ada a temporary password\n  tellonce practice tour             see the whole story, with nothing set up"
)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The verb.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
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
pub enum OutputFormat {
    /// For people.
    Table,
    /// For scripts: one object with a schema.
    Json,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// At a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign in as an agent
    Login(LoginArgs),
    /// End the agent's session
    #[command(after_help = "Example:\n  tellonce logout")]
    Logout,
    /// Who is signed in, where, and until when
    #[command(after_help = "Example:\n  tellonce whoami -o json")]
    Whoami,
    /// Customers that match a text
    Find(FindArgs),
    /// A customer's profile, roles and access
    Show(ShowArgs),
    /// Issue a temporary password: the main job
    Reset(ResetArgs),
    /// Make a pending temporary password unusable now
    Withdraw(WithdrawArgs),
    /// Where a customer stands
    Status(StatusArgs),
    /// Many resets, resumable at any moment
    Bulk(Box<BulkArgs>),
    /// Reveal one sealed password of a bulk run's output
    Unseal(UnsealArgs),
    /// Who did what to whom
    Audit(AuditArgs),
    /// Backend configurations
    Profile(ProfileArgs),
    /// An administrator's one-time preparation of a backend
    Setup(SetupArgs),
    /// Is this set-up right, and does it keep every promise?
    #[command(after_help = "Example:\n  tellonce doctor     exits 11 if a check found a fault")]
    Doctor,
    /// The practice directory, seen as the customer
    Practice(PracticeArgs),
    /// A shell's completion script, on standard output
    Completions(CompletionsArgs),
    /// The man pages
    Man(ManArgs),
}
