//! Signing in.

use clap::{Args, ValueEnum};

/// Sign in as an agent
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tellonce login                                     asks for name and password\n  echo practice | tellonce login --agent sam --password-stdin --store file"
)]
pub struct LoginArgs {
    /// The agent's name
    #[arg(long, value_name = "NAME")]
    pub agent: Option<String>,
    /// Read the password from the first line of standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// Where to keep the session
    #[arg(long, value_enum, default_value_t = StoreChoice::Keyring)]
    pub store: StoreChoice,
    /// Which way to sign in, where the backend has several
    #[command(flatten)]
    pub way: SignInWay,
}

/// Which way to sign in.
#[derive(Clone, Copy, Debug, Args)]
#[group(multiple = false)]
#[allow(clippy::struct_excessive_bools, reason = "a group of flags of which clap lets one be set")]
pub struct SignInWay {
    /// In a browser on this machine
    #[arg(long)]
    pub web: bool,
    /// By a code entered in a browser, on any device
    #[arg(long)]
    pub device: bool,
    /// With a script's own credentials
    #[arg(long)]
    pub client_credentials: bool,
}

/// Where a session is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StoreChoice {
    /// The platform's keyring.
    Keyring,
    /// A file that only you can read.
    File,
}
