//! `whoami`: says who is signed in, where, until when, and with which rights.

use anyhow::{Result, bail};

use super::context::Context;
use super::view;
use crate::domain::{Error, ExitCode, Kind, Reason};

/// Says who is signed in. Ends with exit 4 if nobody is.
pub(super) async fn run(context: &mut Context) -> Result<ExitCode> {
    let Some((session, kept)) = context.kept_session().await? else {
        bail!(
            Error::new(
                Kind::NotAllowed,
                Reason::NotSignedIn,
                format!("Nobody is signed in to {}.", context.profile.name),
            )
            .hint("Sign in: `tellonce login`.")
        );
    };
    view::whoami(context, &session, kept.as_ref()).await
}
