//! The unlock against a backend that answers as a test has it: order of the calls, and every failure after the intent.

use tellonce::domain::{
    Changed, Gap, Guards, Kind, LockOuts, Obstacle, Reason, Right, Services, Session, UnlockRequest, Unlocked, unlock,
};

use super::play::{Ended, play_command};
use super::scripted::Script;
use crate::support::conformance::guards;

fn play_unlock(script: Script) -> Ended<Unlocked> {
    let guards = Guards { max_resets_per_customer_24h: Some(0), ..guards() }; // an unlock is no reset
    let request = UnlockRequest { customer: "ada".into(), ..UnlockRequest::default() };
    play_command(script, &guards, async |services: &mut Services<'_>, session: &Session| {
        unlock(services, session, request).await
    })
}

fn locked() -> Script {
    Script { locked: true, ..Script::default() }
}

#[test]
fn it_lifts_reads_back_and_touches_nothing_else() {
    let gaps = [Gap::SelfServiceWhilePending].into();
    let ended = play_unlock(Script { gaps, is_pending: true, ..locked() });
    let unlocked = ended.answer.unwrap();
    assert_eq!(ended.calls, ["keep_alive", "exact", "standing", "keep_alive", "standing", "unlock_alone", "standing"]);
    assert!(!unlocked.state.locked && unlocked.state.change_required, "Force Password Reset stays");
    assert!(ended.passwords.is_empty() && ended.plans.len() == 1);
    assert!(ended.plans[0].gaps.is_empty(), "what is not kept of a temporary password is not said");
}

#[test]
fn who_is_not_locked_is_refused_before_anything_is_asked() {
    let ended = play_unlock(Script::default());
    assert_eq!(ended.answer.err().map(|error| (error.kind, error.reason)), Some((Kind::Refused, Reason::NotLocked)));
    assert!(ended.plans.is_empty());
    let creates = play_unlock(Script { creates: true, ..Script::default() });
    assert_eq!(creates.answer.err().map(|error| error.reason), Some(Reason::NotLocked));
    let obstacles = vec![Obstacle::MissingRight(Right::Unlock, None)];
    let ended = play_unlock(Script { obstacles, ..locked() });
    assert_eq!(ended.answer.err().map(|error| error.kind), Some(Kind::NotAllowed));
    assert!(ended.plans.is_empty() && !ended.calls.contains(&"unlock_alone"));
}

#[test]
fn where_nothing_lifts_a_lock_out_it_is_refused_before_anything_is_asked() {
    let ended = play_unlock(Script { lock_outs: LockOuts::EndByThemselves, ..locked() });
    let refused = ended.answer.err().unwrap();
    assert_eq!((refused.kind, refused.reason), (Kind::Refused, Reason::RefusedByBackend));
    assert!(ended.plans.is_empty() && !ended.calls.contains(&"unlock_alone"), "{:?}", ended.calls);
}

#[test]
fn a_lock_that_is_read_back_is_a_failure_that_changed_nothing() {
    let ended = play_unlock(Script { lags: true, ..locked() });
    let error = ended.answer.err().unwrap();
    assert_eq!((error.kind, error.reason, error.changed), (Kind::Unavailable, Reason::UnlockFailed, Changed::No));
    assert!(error.message.contains("still shows the user as locked"), "{error}");
    assert!(!ended.calls.contains(&"end_sessions"), "{:?}", ended.calls);
}

#[test]
fn a_lost_answer_is_settled_by_reading_the_lock_once() {
    for (lags, changed, code) in [(false, Changed::Yes, 9), (true, Changed::No, 8)] {
        let ended = play_unlock(Script { unlock_fails: true, lags, ..locked() });
        let error = ended.answer.err().unwrap();
        assert_eq!((error.changed, error.exit_code().number()), (changed, code), "{error}");
        let after: Vec<_> = ended.calls.iter().skip_while(|call| **call != "unlock_alone").copied().collect();
        assert_eq!(after, ["unlock_alone", "standing"], "one look, and no session is ended");
        assert!(!error.password_may_be_set);
    }
}

#[test]
fn one_that_takes_too_long_is_given_up_and_not_known() {
    let ended = play_unlock(Script { hangs: vec!["unlock_alone"], ..locked() });
    let error = ended.answer.err().unwrap();
    assert_eq!((error.reason, error.changed), (Reason::BackendUnavailable, Changed::No), "it is still locked: {error}");
    assert!(ended.took.as_secs() >= 60, "{:?}", ended.took);
}
