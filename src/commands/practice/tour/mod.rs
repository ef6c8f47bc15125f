//! `practice tour`: plays the whole story, the agent's and the customer's side, in a temporary practice directory.
//!
//! It runs the same code as the real commands, checks each promise, and fails if one is broken.

mod agent_side;
mod callers;
mod customer_side;
mod players;
mod teller;

use std::path::Path;

use anyhow::Result;

use crate::commands::context::Context;
use crate::config::Folders;
use crate::domain::{Error, ExitCode};
use teller::Teller;

/// Plays and tells the story, and removes the temporary directory.
pub(super) async fn run(context: &mut Context) -> Result<ExitCode> {
    let folder = create_folder()?;
    let played = play(context, &folder).await;
    let removed = std::fs::remove_dir_all(&folder);
    let teller = played?;
    removed
        .map_err(|error| Error::unavailable(format!("{} could not be removed.", folder.display())).because(error))?;
    teller.end()
}

/// Creates a folder for this tour that only this agent can enter.
fn create_folder() -> Result<std::path::PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    let name = format!("tellonce-tour-{}-{}", std::process::id(), jiff::Timestamp::now().as_nanosecond());
    let folder = std::env::temp_dir().join(name);
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .map_err(|error| Error::unavailable(format!("{} could not be made.", folder.display())).because(error))?;
    Ok(folder)
}

async fn play<'a>(context: &'a Context, folder: &Path) -> Result<Teller<'a>> {
    let stage = context.elsewhere(Folders::all_in(folder))?;
    let mut teller = Teller::new(&context.screen, context.json());
    teller.say("A practice directory of its own, thrown away at the end. Nothing here is real.");
    let session = agent_side::sign_in(&stage, &mut teller).await?;
    agent_side::find(&session, &mut teller).await?;
    let first = agent_side::reset_ada(&stage, &session, &mut teller).await?;
    customer_side::locked_out(&stage, &mut teller)?;
    let second = agent_side::reset_again(&stage, &session, &mut teller).await?;
    customer_side::only_the_newest(&stage, &first, &second, &mut teller)?;
    customer_side::chooses(&stage, &second, &mut teller)?;
    agent_side::read_status(&session, &mut teller).await?;
    customer_side::self_service(&stage, &mut teller)?;
    let third = agent_side::reset_grace(&stage, &session, &mut teller).await?;
    customer_side::grace_comes_in(&stage, &third, &mut teller)?;
    agent_side::withdraw_and_refusals(&stage, &session, &mut teller).await?;
    let fourth = callers::verified_reset(&stage, &session, &mut teller).await?;
    let passwords = [&first, &second, &third, &fourth].map(|password| password.as_str());
    agent_side::audit(&stage, &passwords, &mut teller).await?;
    Ok(teller)
}
