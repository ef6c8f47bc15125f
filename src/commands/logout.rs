//! `logout`: the agent's session ends, at the backend and here.

use anyhow::Result;

use super::context::Context;
use crate::domain::ExitCode;

/// Ends the session and forgets it. Signed out already: says so, and is done.
pub(super) async fn run(context: &mut Context) -> Result<ExitCode> {
    let session = context.session_if_any().await;
    if let Ok(Some(session)) = session {
        let agent = session.agent().to_owned();
        session.sign_out().await?;
        context.store().forget();
        context.screen.notice(&format!("{agent} is signed out of {}.", context.profile.name));
    } else {
        context.store().forget(); // also a damaged or foreign file: that is what its error says to run
        context.screen.notice(&format!("Nobody is signed in to {}.", context.profile.name));
    }
    Ok(ExitCode::DONE)
}
