//! Each promise, kept or not kept, by this backend as it is set up.

use crate::commands::context::Context;
use crate::domain::{Capabilities, Check, CheckState, Gap, Promise, Session};

/// L1 to L14.
pub(super) async fn checks(context: &Context, session: &Session) -> Vec<Check> {
    let capabilities = match session.backend().capabilities().await {
        Ok(capabilities) => capabilities,
        Err(failure) => return vec![Check::new("promises", CheckState::Fault, failure.told())],
    };
    let mut checks: Vec<Check> = Promise::ALL.into_iter().map(|promise| told(promise, &capabilities)).collect();
    if context.profile.guards.allow_without_logout {
        checks.push(Check::new(
            "guards",
            CheckState::Warning,
            "the profile allows a reset without ending sessions (allow_without_logout)",
        ));
    }
    checks
}

/// One promise: kept, kept by tellonce, or not kept, and what to do.
fn told((promise, words): (Promise, &str), capabilities: &Capabilities) -> Check {
    let met = |gap: &Gap| gap.met_by().is_some_and(|aid| capabilities.aids.contains(&aid));
    let gaps: Vec<String> = capabilities
        .gaps
        .iter()
        .filter(|gap| gap.promise() == promise && !met(gap))
        .map(|gap| format!("{} ({})", gap.words(), gap.remedy()))
        .collect();
    let aids: Vec<&str> =
        capabilities.aids.iter().filter(|aid| aid.promise() == promise).map(|aid| aid.words()).collect();
    let (state, more) = if !gaps.is_empty() {
        let told = [gaps.join("; "), aids.join("; ")].into_iter().filter(|part| !part.is_empty());
        (CheckState::NotKept, told.collect::<Vec<_>>().join("; what tellonce does all the same: "))
    } else if !aids.is_empty() {
        (CheckState::KeptByTellonce, aids.join("; "))
    } else {
        (CheckState::Kept, String::new())
    };
    Check {
        id: format!("promise_{}", promise.to_string().to_lowercase()),
        promise: Some(promise.to_string()),
        state,
        words: if more.is_empty() { words.to_owned() } else { format!("{words}: {more}") },
        for_setup: false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::Aid;

    fn states(gaps: &[Gap], aids: &[Aid]) -> Vec<Check> {
        let capabilities = Capabilities {
            gaps: gaps.iter().copied().collect(),
            aids: aids.iter().copied().collect::<BTreeSet<_>>(),
            set_lifts_lock: false,
            concurrency: 1,
        };
        Promise::ALL.into_iter().map(|promise| told(promise, &capabilities)).collect()
    }

    #[test]
    fn what_tellonce_does_on_top_is_a_state_of_its_own_and_a_gap_that_is_left_outweighs_it() {
        let found = states(
            &[Gap::NeverRunsOut, Gap::RulesNotListed, Gap::SelfServiceWhilePending],
            &[Aid::Sweeps, Aid::EndsSessions],
        );
        let state = |number: usize| (found[number - 1].state, found[number - 1].words.as_str());
        assert!(matches!(state(11), (CheckState::KeptByTellonce, words) if words.contains("withdraw --older-than")));
        assert!(matches!(state(8), (CheckState::NotKept, words) if words.contains("read the rules")), "no aid for it");
        assert!(matches!(state(9), (CheckState::NotKept, words) if words.contains("tellonce setup")));
        assert!(state(9).1.contains("each reset ends them"), "what is done all the same is told");
        assert_eq!(state(12).0, CheckState::Kept);
        assert!(states(&[], &[]).iter().all(|check| check.state == CheckState::Kept));
    }
}
