//! `completions`: prints the script by which a shell asks this program for completions.

use anyhow::{Context as _, Result, bail};
use clap::Args;
use clap_complete::Shell;
use clap_complete::env::{Elvish, EnvCompleter, Fish, Powershell, Zsh};

use super::bash_completion::QuotingBash;
use super::context::Context;
use crate::domain::{Error, ExitCode};

/// A shell's completion script, on standard output
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  source <(tellonce completions bash)\n\nFor profile and customer names as well, in bash: source <(COMPLETE=bash tellonce)"
)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Writes the shell's script to standard output.
pub(super) fn run(context: &mut Context, args: &CompletionsArgs) -> Result<ExitCode> {
    context.screen.text(&script(args.shell)?);
    Ok(ExitCode::DONE)
}

/// Returns the script for a shell. It asks `tellonce` itself, so that it completes profile and customer names as well.
pub fn script(shell: Shell) -> Result<String> {
    let completer: &dyn EnvCompleter = match shell {
        Shell::Bash => &QuotingBash,
        Shell::Elvish => &Elvish,
        Shell::Fish => &Fish,
        Shell::PowerShell => &Powershell,
        Shell::Zsh => &Zsh,
        _ => bail!(Error::usage(format!("There are no completions for {shell}."))),
    };
    let mut script = Vec::new();
    completer
        .write_registration("COMPLETE", "tellonce", "tellonce", "tellonce", &mut script)
        .context("The completion script could not be made.")?;
    String::from_utf8(script).context("The completion script is not text.")
}
