//! `logout`: ends the agent's session at the backend, and forgets it on this machine.

use anyhow::Result;

use super::context::Context;
use crate::domain::ExitCode;
use crate::domain::ports::SessionKeeper;

/// Ends the session and forgets it. Says so if nobody is signed in.
pub(super) async fn run(context: &mut Context) -> Result<ExitCode> {
    if let SessionKeeper::Other { end, .. } = context.sign_in()?.session_keeper() {
        context.screen.notice(&end);
        return Ok(ExitCode::DONE);
    }
    let session = context.session_if_any().await;
    if let Ok(Some(session)) = session {
        let agent = session.agent().to_owned();
        session.sign_out().await?;
        context.store().forget();
        context.screen.notice(&format!("{agent} is signed out of {}.", context.profile.name));
    } else {
        context.store().forget(); // the error of a damaged or foreign session file says to run `logout`
        context.screen.notice(&format!("Nobody is signed in to {}.", context.profile.name));
    }
    Ok(ExitCode::DONE)
}
