//! `whoami`: says who is signed in, where, until when, and with which rights.

use anyhow::{Result, bail};

use super::context::Context;
use super::view;
use crate::domain::ports::SessionKeeper;
use crate::domain::{Error, ExitCode};

/// Says who is signed in. Ends with exit 4 if nobody is.
pub(super) async fn run(context: &mut Context) -> Result<ExitCode> {
    let Some((session, kept)) = context.kept_session().await? else {
        let hint = match context.sign_in()?.session_keeper() {
            SessionKeeper::Tellonce => "Sign in: `tellonce login`.".to_owned(),
            SessionKeeper::Other { begin, .. } => begin,
        };
        bail!(Error::not_signed_in(format!("Nobody is signed in to {}.", context.profile.name)).hint(hint));
    };
    view::whoami(context, &session, kept.as_ref()).await
}
