//! `setup`: an administrator's one-time preparation of a backend.

use super::context::Context;
use crate::domain::ExitCode;

/// The practice directory needs none.
pub(super) fn run(context: &mut Context) -> ExitCode {
    context.screen.line(&format!(
        "Profile {} uses the practice directory, which needs no preparation: it keeps every promise as it is. `tellonce doctor` shows them.",
        context.profile.name
    ));
    ExitCode::DONE
}
