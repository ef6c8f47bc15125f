//! `setup`: an administrator's one-time preparation of a backend.

use super::context::Context;
use crate::config::BUILT_IN;
use crate::domain::{Answer, ExitCode, Failure};

/// The practice directory needs none; elsewhere the steps are done by hand.
///
/// # Errors
/// Exit 2 naming the page with the steps: nothing was prepared.
pub(super) fn run(context: &mut Context) -> Answer<ExitCode> {
    let (name, backend) = (&context.profile.name, &context.profile.backend);
    if backend != BUILT_IN {
        return Err(Failure::usage(format!(
            "tellonce does not prepare a {backend} by itself; nothing was done for profile {name}."
        ))
        .hint(format!("docs/backends/{backend}.md has the steps for its administrator; then `tellonce doctor`.")));
    }
    context.screen.line(&format!(
        "Profile {name} uses the practice directory, which needs no preparation: it keeps every promise as it is. `tellonce doctor` shows them."
    ));
    Ok(ExitCode::DONE)
}
