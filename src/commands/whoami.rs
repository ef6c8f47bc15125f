//! `whoami`: who is signed in, where, until when, with which rights.

use super::context::Context;
use super::view;
use crate::domain::{Answer, ExitCode, Failure, Kind, Reason};

/// Says who is signed in; signed out is exit 4.
pub(super) async fn run(context: &mut Context) -> Answer<ExitCode> {
    let Some((session, kept)) = context.kept_session().await? else {
        return Err(Failure::new(
            Kind::NotAllowed,
            Reason::NotSignedIn,
            format!("Nobody is signed in to {}.", context.profile.name),
        )
        .hint("Sign in: `tellonce login`."));
    };
    view::whoami(context, &session, kept.as_ref()).await
}
