//! Every failure after the intent is told as it is; the password is never shown, and never tried again by itself.

use tellonce::domain::{Changed, Failure, Kind, Reason, ResetRequest};

use super::desk::guards;
use super::scripted::{Ended, Script, play, play_with};

/// Exit 9, nothing revealed, sessions ended, one password at most.
#[track_caller]
fn not_delivered(ended: Ended, reason: Reason, changed: Changed) {
    let failure = ended.answer.err().unwrap();
    assert_eq!((failure.kind, failure.reason, failure.changed), (Kind::NotDelivered, reason, changed), "{failure}");
    assert!(failure.password_may_be_set && failure.hint.unwrap().contains("Issue another"));
    assert!(ended.revealed.is_empty(), "nothing is revealed");
    assert_eq!(ended.passwords.len(), 1, "never another password by itself");
    assert!(ended.calls.contains(&"end_sessions"), "sessions are still ended");
}

#[test]
fn a_set_that_was_not_applied_changed_nothing() {
    let ended = play(Script { set_fails: Some(|| Failure::unavailable("refused to connect")), ..Script::default() });
    let failure = ended.answer.err().unwrap();
    assert_eq!((failure.kind, failure.changed), (Kind::Unavailable, Changed::No));
    assert!(ended.revealed.is_empty() && !ended.calls.contains(&"end_sessions"));
}

#[test]
fn a_lost_answer_is_looked_at_once() {
    let lost: Option<fn() -> Failure> = Some(|| Failure::unavailable("cut").answer_lost());
    not_delivered(
        play(Script { set_fails: lost, applied: true, ..Script::default() }),
        Reason::BackendUnavailable,
        Changed::Yes,
    );
    not_delivered(
        play(Script { set_fails: lost, applied: false, ..Script::default() }),
        Reason::BackendUnavailable,
        Changed::Unknown,
    );
}

#[test]
fn a_change_that_is_not_forced_is_a_failure() {
    not_delivered(play(Script { forced: false, ..Script::default() }), Reason::ChangeNotForced, Changed::Yes);
}

#[test]
fn someone_elses_newer_stamp_is_a_failure() {
    not_delivered(play(Script { overtaken: true, ..Script::default() }), Reason::Superseded, Changed::Yes);
}

/// The stamp from before: nobody else set a password, the server is behind.
#[test]
fn a_copy_that_lags_behind_is_told_as_such() {
    let ended = play(Script { lags: true, ..Script::default() });
    let message = ended.answer.as_ref().err().unwrap().message.clone();
    assert!(message.contains("does not know the change yet") && !message.contains("omeone else"), "{message}");
    not_delivered(ended, Reason::NotReplicated, Changed::Yes);
}

#[test]
fn a_failed_mark_unlock_or_log_out_is_a_failure() {
    not_delivered(play(Script { mark_fails: true, ..Script::default() }), Reason::MarkFailed, Changed::Yes);
    not_delivered(
        play(Script { end_sessions_fails: Some(|| Failure::unavailable("no")), ..Script::default() }),
        Reason::SessionsNotEnded,
        Changed::Yes,
    );
    let unlocking = ResetRequest { customer: "ada".to_owned(), unlock: true, ..ResetRequest::default() };
    let script = Script { locked: true, unlock_fails: true, ..Script::default() };
    not_delivered(play_with(script, &guards(), unlocking), Reason::UnlockFailed, Changed::Yes);
}
