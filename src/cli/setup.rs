//! Setting up, trying out, and what shells need.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::Shell;

/// Backend configurations
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce profile list")]
pub struct ProfileArgs {
    /// The verb.
    #[command(subcommand)]
    pub command: ProfileCommand,
}

/// The profiles' verbs.
#[derive(Debug, Subcommand)]
pub enum ProfileCommand {
    /// Add one: asks for what is needed and tries it
    Add(ProfileAddArgs),
    /// All of them
    #[command(after_help = "Example:\n  tellonce profile list")]
    List,
    /// One of them
    #[command(after_help = "Example:\n  tellonce profile show practice")]
    Show {
        /// The profile
        name: Option<String>,
    },
    /// Make one the default
    #[command(after_help = "Example:\n  tellonce profile use training")]
    Use {
        /// The profile
        name: String,
    },
    /// Remove one
    #[command(after_help = "Example:\n  tellonce profile remove training")]
    Remove {
        /// The profile
        name: String,
    },
}

/// Add a profile
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce profile add training --backend practice\n  tellonce profile add acme --backend keycloak --set url=https://id.example.com --set realm=customers --protect staff-admins\n  tellonce profile add --print > config.toml"
)]
pub struct ProfileAddArgs {
    /// Its name
    #[arg(required_unless_present = "print")]
    pub name: Option<String>,
    /// Which backend: practice, keycloak, active-directory, openldap
    #[arg(long, value_name = "BACKEND")]
    pub backend: Option<String>,
    /// One of the backend's own keys; what is not given is asked for
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// A group whose members agents do not reset (or "none")
    #[arg(long = "protect", value_name = "GROUP")]
    pub protect: Vec<String>,
    /// Print a commented sample configuration instead
    #[arg(long, conflicts_with_all = ["name", "backend", "settings", "protect"])]
    pub print: bool,
}

/// An administrator's one-time preparation of a backend
///
/// The administrator signs in for this command alone; nothing of it is kept. Nothing is changed before it is confirmed.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(
    after_help = "Examples:\n  tellonce --profile acme setup --administrator root --realm-of-administrator master\n  tellonce --profile acme setup --print     the same as steps for those who click\n  tellonce --profile acme setup --administrator root --password-stdin --password-history --yes <secret\n\nThe practice directory needs none, and says so."
)]
pub struct SetupArgs {
    /// Who signs in: an administrator of the realm
    #[arg(long, value_name = "NAME")]
    pub administrator: Option<String>,
    /// Read the administrator's password from the first line of standard input
    #[arg(long, requires = "administrator")]
    pub password_stdin: bool,
    /// Sign in with a one-time code as well: asked for, or with --password-stdin read from the second line
    #[arg(long, requires = "administrator")]
    pub one_time_code: bool,
    /// The realm that the administrator is a user of, if it is another one (master)
    #[arg(long, value_name = "REALM")]
    pub realm_of_administrator: Option<String>,
    /// The group that agents are put into
    #[arg(long, value_name = "GROUP", default_value = "support-agents")]
    pub agents: String,
    /// Also have the password policy refuse the password used last, for everybody
    #[arg(long)]
    pub password_history: bool,
    /// Print the steps for doing it by hand; changes nothing, and without --administrator asks nobody
    #[arg(long, conflicts_with_all = ["yes", "dry_run"])]
    pub print: bool,
    /// Show what is there and what would be done; changes nothing
    #[arg(long, conflicts_with = "yes")]
    pub dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long)]
    pub yes: bool,
}

/// The practice directory, seen as the customer
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce practice tour     the whole story, with nothing set up")]
pub struct PracticeArgs {
    /// The verb.
    #[command(subcommand)]
    pub command: PracticeCommand,
}

/// The practice directory's verbs.
#[derive(Debug, Subcommand)]
pub enum PracticeCommand {
    /// The sample customers
    #[command(after_help = "Example:\n  tellonce practice customers --limit 10")]
    Customers {
        /// How many to show at most
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
        limit: u16,
    },
    /// Sign in as a customer, as the app does
    SignIn(SignInArgs),
    /// Ask for the self-service e-mail, or redeem its link
    ForgotPassword(ForgotPasswordArgs),
    /// The e-mails that the practice directory would have sent
    #[command(after_help = "Example:\n  tellonce practice outbox")]
    Outbox,
    /// Make the practice directory anew
    StartOver(StartOverArgs),
    /// The whole story, agent's and customer's side, in a throw-away directory
    #[command(after_help = "Example:\n  tellonce practice tour     works without a terminal, too")]
    Tour,
}

/// Sign in as a customer, as the app does
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce practice sign-in ada@example.com\n  printf 'temporary\\nnew one\\n' | tellonce practice sign-in ada@example.com --password-stdin\n\nExit codes: 0 in, 4 refused, 7 a change is required or the new password was refused."
)]
pub struct SignInArgs {
    /// The e-mail address or username
    #[arg(value_name = "EMAIL")]
    pub name: String,
    /// Read the password from the first line of standard input, and the new one, if asked for, from the second
    #[arg(long)]
    pub password_stdin: bool,
}

/// Ask for the self-service e-mail, or redeem its link
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce practice forgot-password ada@example.com\n  echo 'My-own-choice-7' | tellonce practice forgot-password --token TOKEN --password-stdin"
)]
pub struct ForgotPasswordArgs {
    /// The e-mail address
    #[arg(required_unless_present = "token", conflicts_with = "token")]
    pub email: Option<String>,
    /// The token in the link that was mailed
    #[arg(long, value_name = "TOKEN")]
    pub token: Option<String>,
    /// With --token: read the new password from the first line of standard input
    #[arg(long, requires = "token")]
    pub password_stdin: bool,
}

/// Make the practice directory anew
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce practice start-over --customers 10000 --yes")]
pub struct StartOverArgs {
    /// How many customers, the samples included (up to a million)
    #[arg(long, value_name = "N")]
    pub customers: Option<u64>,
    /// Do not ask for confirmation
    #[arg(long)]
    pub yes: bool,
}

/// A shell's completion script
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  source <(tellonce completions bash)\n\nFor profile and customer names as well, in bash: source <(COMPLETE=bash tellonce)"
)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// The man pages
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tellonce man | man -l -\n  tellonce man ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Write a page for each command into this folder; else the main page goes to standard output
    pub dir: Option<PathBuf>,
}
