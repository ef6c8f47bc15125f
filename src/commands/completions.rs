//! `completions`: the script by which a shell asks this program what may come next.

use clap_complete::Shell;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Zsh};

use super::context::Context;
use crate::cli::CompletionsArgs;
use crate::domain::{Answer, ExitCode, Failure};

/// Writes the shell's script to standard output.
pub(super) fn run(context: &mut Context, args: &CompletionsArgs) -> Answer<ExitCode> {
    context.screen.text(&script(args.shell)?);
    Ok(ExitCode::DONE)
}

/// The script for a shell: it asks `tellonce` itself, so that profile and customer names come up as well.
pub fn script(shell: Shell) -> Answer<String> {
    let completer: &dyn EnvCompleter = match shell {
        Shell::Bash => &Bash,
        Shell::Elvish => &Elvish,
        Shell::Fish => &Fish,
        Shell::PowerShell => &Powershell,
        Shell::Zsh => &Zsh,
        _ => return Err(Failure::usage(format!("There are no completions for {shell}."))),
    };
    let mut script = Vec::new();
    completer
        .write_registration("COMPLETE", "tellonce", "tellonce", "tellonce", &mut script)
        .map_err(|error| Failure::bug("The completion script could not be made.").because(error))?;
    String::from_utf8(script).map_err(|error| Failure::bug("The completion script is not text.").because(error))
}
