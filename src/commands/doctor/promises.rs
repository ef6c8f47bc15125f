//! Each promise, kept or not kept, by this backend as it is set up.

use crate::commands::context::Context;
use crate::domain::{Check, CheckState, Promise, Session};

/// L1 to L14.
pub(super) async fn checks(context: &Context, session: &Session) -> Vec<Check> {
    let capabilities = match session.backend().capabilities().await {
        Ok(capabilities) => capabilities,
        Err(failure) => return vec![Check::new("promises", CheckState::Fault, failure.told())],
    };
    let check = |(promise, words): (Promise, &str)| {
        let gaps: Vec<&str> =
            capabilities.gaps.iter().filter(|gap| gap.promise() == promise).map(|gap| gap.words()).collect();
        let (state, words) = if gaps.is_empty() {
            (CheckState::Kept, words.to_owned())
        } else {
            (CheckState::NotKept, format!("{words}: {}", gaps.join("; ")))
        };
        Check {
            id: format!("promise_{}", promise.to_string().to_lowercase()),
            promise: Some(promise.to_string()),
            state,
            words,
        }
    };
    let mut checks: Vec<Check> = Promise::ALL.into_iter().map(check).collect();
    if context.profile.guards.allow_without_logout {
        checks.push(Check::new(
            "guards",
            CheckState::Warning,
            "the profile allows a reset without ending sessions (allow_without_logout)",
        ));
    }
    checks
}
