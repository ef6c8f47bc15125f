//! The checks that say whether this backend, as it is set up, keeps each promise.

use crate::commands::context::Context;
use crate::domain::{Capabilities, Check, CheckState, Gap, Promise, Right, Session};

/// Checks the promises L1 to L16.
pub(super) async fn checks(context: &Context, session: &Session) -> Vec<Check> {
    let mut capabilities = match session.backend().capabilities().await {
        Ok(capabilities) => context.profile.guards.with_gaps(capabilities),
        Err(error) => return vec![Check::new("promises", CheckState::Fault, error.message_with_hint())],
    };
    if context.profile.guards.allow_without_logout
        && session.backend().rights().await.is_ok_and(|rights| !rights.contains(&Right::EndSessions))
    {
        capabilities.gaps.insert(Gap::SessionsGoOn);
    }
    let mut checks = promises(&capabilities);
    if context.profile.guards.allow_without_logout {
        checks.push(Check::new(
            "guards",
            CheckState::Warning,
            "the profile allows a reset without ending sessions (allow_without_logout)",
        ));
    }
    if !context.profile.guards.prove {
        checks.push(Check::new(
            "proof",
            CheckState::Warning,
            "the profile has prove = false: no temporary password is tried by a sign-in before it is revealed",
        ));
    }
    checks
}

/// Lists each promise in turn, then the limits of the server.
fn promises(capabilities: &Capabilities) -> Vec<Check> {
    let each = Promise::ALL.into_iter().filter_map(|promise| as_set_up(promise, capabilities));
    each.chain(Promise::ALL.into_iter().filter_map(|promise| limit(promise, capabilities))).collect()
}

/// Says whether the server as set up keeps the promise, or tellonce does, or nobody does and what to do.
///
/// Returns `None` if only a limit of the server prevents it.
fn as_set_up((promise, words): (Promise, &str), capabilities: &Capabilities) -> Option<Check> {
    let open = open_gaps(promise, capabilities);
    let gaps: Vec<String> =
        open.iter().filter(|gap| !capabilities.limits.contains(gap)).map(|gap| with_remedy(*gap)).collect();
    let aids: Vec<&str> =
        capabilities.aids.iter().filter(|aid| aid.promise() == promise).map(|aid| aid.describe()).collect();
    let (state, detail) = if !gaps.is_empty() {
        let parts = [gaps.join("; "), aids.join("; ")].into_iter().filter(|part| !part.is_empty());
        (CheckState::NotKept, parts.collect::<Vec<_>>().join("; what tellonce does all the same: "))
    } else if !open.is_empty() && aids.is_empty() {
        return None;
    } else if !aids.is_empty() {
        let state = if open.is_empty() { CheckState::KeptByTellonce } else { CheckState::Limit };
        (state, aids.join("; "))
    } else {
        (CheckState::Kept, String::new())
    };
    Some(check(promise, state, if detail.is_empty() { words.to_owned() } else { format!("{words}: {detail}") }))
}

/// Returns the part of a promise that no set-up of the server can keep, if there is one.
fn limit((promise, _): (Promise, &str), capabilities: &Capabilities) -> Option<Check> {
    let limits: Vec<String> = open_gaps(promise, capabilities)
        .into_iter()
        .filter(|gap| capabilities.limits.contains(gap))
        .map(with_remedy)
        .collect();
    (!limits.is_empty()).then(|| check(promise, CheckState::Limit, limits.join("; ")))
}

/// Lists the gaps of a promise that tellonce does not close by itself.
fn open_gaps(promise: Promise, capabilities: &Capabilities) -> Vec<Gap> {
    let met = |gap: &Gap| gap.met_by().is_some_and(|aid| capabilities.aids.contains(&aid));
    capabilities.gaps.iter().filter(|gap| gap.promise() == promise && !met(gap)).copied().collect()
}

fn with_remedy(gap: Gap) -> String {
    format!("{} ({})", gap.describe(), gap.remedy())
}

fn check(promise: Promise, state: CheckState, words: String) -> Check {
    let id = format!("promise_{}", promise.to_string().to_lowercase());
    Check { id, promise: Some(promise.to_string()), state, words, for_setup: false }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "a test may stop at what it does not expect")]

    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::{Aid, ChangeScreen};

    fn states(gaps: &[Gap], limits: &[Gap], aids: &[Aid]) -> Vec<Check> {
        promises(&Capabilities {
            gaps: gaps.iter().copied().collect(),
            limits: limits.iter().copied().collect(),
            aids: aids.iter().copied().collect::<BTreeSet<_>>(),
            change_screen: ChangeScreen::UpdatePasswordPage,
            lock_outs: crate::domain::LockOuts::LiftedOnRequest,
            lifetime: None,
            concurrency: 1,
        })
    }

    fn of(checks: &[Check], number: usize) -> Vec<(CheckState, &str)> {
        let promise = format!("L{number}");
        let own = checks.iter().filter(|check| check.promise.as_deref() == Some(promise.as_str()));
        own.map(|check| (check.state, check.words.as_str())).collect()
    }

    #[test]
    fn what_tellonce_does_on_top_is_a_state_of_its_own_and_a_gap_that_is_left_outweighs_it() {
        let found = states(
            &[Gap::NeverRunsOut, Gap::RulesNotListed, Gap::SelfServiceWhilePending],
            &[],
            &[Aid::Sweeps, Aid::EndsSessions],
        );
        assert!(
            matches!(of(&found, 11)[..], [(CheckState::KeptByTellonce, words)] if words.contains("withdraw --older-than"))
        );
        assert!(
            matches!(of(&found, 8)[..], [(CheckState::NotKept, words)] if words.contains("read the rules")),
            "no aid for it"
        );
        let [(CheckState::NotKept, words)] = of(&found, 9)[..] else { panic!("{found:?}") };
        assert!(
            words.contains("tellonce setup") && words.contains("each reset ends them"),
            "what is done all the same is told"
        );
        assert_eq!(of(&found, 12)[0].0, CheckState::Kept);
        assert!(states(&[], &[], &[]).iter().all(|check| check.state == CheckState::Kept));
    }

    #[test]
    fn a_limit_of_the_server_is_distinguished_from_what_can_be_set_up() {
        let limits = [Gap::StampNamesNoAuthor, Gap::RulesNotListed, Gap::NeverRunsOut];
        let gaps = [&limits[..], &[Gap::TemporaryMayBeKept]].concat();
        let found = states(&gaps, &limits, &[Aid::Sweeps]);
        assert!(matches!(of(&found, 7)[..], [(CheckState::Limit, words)] if words.contains("cannot always be told")));
        let [(CheckState::NotKept, kept), (CheckState::Limit, rules)] = of(&found, 8)[..] else { panic!("{found:?}") };
        assert!(
            kept.contains("password history") && !kept.contains("list the rules") && rules.contains("list the rules")
        );
        assert_eq!(of(&found, 11)[0].0, CheckState::KeptByTellonce, "tellonce closes it");
        let last = found.iter().rposition(|check| check.state != CheckState::Limit);
        let first = found.iter().position(|check| check.state == CheckState::Limit);
        assert!(last < first, "limits come last");
    }
}
