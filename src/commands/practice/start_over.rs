//! `practice start-over`: replaces the practice directory with a new one.

use anyhow::{Result, bail};
use clap::Args;

use crate::backends::practice::Practice;
use crate::commands::context::Context;
use crate::domain::ports::Prompter;
use crate::domain::{Error, ExitCode, Kind, Reason};

/// Make the practice directory anew
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  tellonce practice start-over --customers 10000 --yes")]
pub(super) struct StartOverArgs {
    /// How many customers, the samples included (up to a million)
    #[arg(long, value_name = "N")]
    customers: Option<u64>,
    /// Do not ask for confirmation
    #[arg(long)]
    yes: bool,
}

/// Asks for confirmation, and replaces the directory, even a damaged one.
pub(super) fn run(context: &mut Context, args: &StartOverArgs) -> Result<ExitCode> {
    let path = context.folders.practice_directory();
    let mut prompter = context.prompter(args.yes);
    if !args.yes && path.exists() {
        if !prompter.can_ask() {
            bail!(Error::missing_answer(
                "This removes everything in the practice directory, and nobody can be asked.",
                "Add `--yes`.",
            ));
        }
        if !prompter.yes(&format!("Remove everything in {} and start over?", path.display()), false)? {
            bail!(Error::new(Kind::Declined, Reason::Declined, "The practice directory is as it was."));
        }
    }
    let screen = context.screen.clone();
    let created = Practice::start_over(&path, args.customers, &mut |created| screen.progress(created))?;
    context.screen.notice(&format!(
        "The practice directory is new: {created} customers. Agents sam, kim and lee, password \"practice\"."
    ));
    Ok(ExitCode::DONE)
}
