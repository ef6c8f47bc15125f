//! Every failure after the intent is told as it is; the password is never shown, and never tried again by itself.

use tellonce::domain::{Changed, Error, Kind, Reason, ResetRequest};

use super::play::{Ended, play, play_with};
use super::scripted::Script;
use crate::support::conformance::guards;

/// Exit 9, nothing revealed, sessions ended, one password at most.
#[track_caller]
fn not_delivered(ended: Ended, reason: Reason, changed: Changed) {
    let failure = ended.answer.err().unwrap();
    assert_eq!((failure.kind, failure.reason, failure.changed), (Kind::NotDelivered, reason, changed), "{failure}");
    let hint = if reason == Reason::ChangeNotForced {
        "Another one ends the same way"
    } else {
        "Issue another: `tellonce reset"
    };
    assert!(failure.password_may_be_set && failure.hint.as_ref().unwrap().contains(hint), "{:?}", failure.hint);
    assert!(ended.revealed.is_empty(), "nothing is revealed");
    assert_eq!(ended.passwords.len(), 1, "never another password by itself");
    assert!(ended.calls.contains(&"end_sessions"), "sessions are still ended");
}

#[test]
fn a_set_that_was_not_applied_changed_nothing() {
    let ended = play(Script { set_fails: Some(|| Error::unavailable("refused to connect")), ..Script::default() });
    let failure = ended.answer.err().unwrap();
    assert_eq!((failure.kind, failure.changed), (Kind::Unavailable, Changed::No));
    assert!(ended.revealed.is_empty() && !ended.calls.contains(&"end_sessions"));
}

#[test]
fn a_lost_answer_is_looked_at_once() {
    let lost: Option<fn() -> Error> = Some(|| Error::unavailable("cut").answer_lost());
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
fn a_copy_that_lags_behind_is_reported_as_such() {
    let ended = play(Script { lags: true, ..Script::default() });
    let message = ended.answer.as_ref().err().unwrap().message.clone();
    assert!(message.contains("does not know the change yet") && !message.contains("omeone else"), "{message}");
    not_delivered(ended, Reason::NotReplicated, Changed::Yes);
}

#[test]
fn a_failed_mark_unlock_or_log_out_is_a_failure() {
    not_delivered(play(Script { mark_fails: true, ..Script::default() }), Reason::MarkFailed, Changed::Yes);
    not_delivered(
        play(Script { end_sessions_fails: Some(|| Error::unavailable("no")), ..Script::default() }),
        Reason::SessionsNotEnded,
        Changed::Yes,
    );
    let unlocking = ResetRequest { customer: "ada".into(), unlock: true, ..ResetRequest::default() };
    let script = Script { locked: true, unlock_fails: true, ..Script::default() };
    not_delivered(play_with(script, &guards(), unlocking), Reason::UnlockFailed, Changed::Yes);
}

#[test]
fn a_backend_that_never_ends_is_given_up_after_a_minute_and_the_clean_up_after_ten_seconds() {
    let lasts = |ended: &Ended, seconds: u64| assert_eq!(ended.took.as_secs(), seconds, "{:?}", ended.calls);
    for (hangs, reason, changed) in [
        ("set", Reason::BackendUnavailable, Changed::Unknown),
        ("mark", Reason::BackendUnavailable, Changed::Yes),
        ("read_back", Reason::BackendUnavailable, Changed::Yes),
        ("try_sign_in", Reason::BackendUnavailable, Changed::Yes),
    ] {
        let ended = play(Script { hangs: vec![hangs], ..Script::default() });
        lasts(&ended, 60);
        not_delivered(ended, reason, changed);
        let ended = play(Script { hangs: vec![hangs, "standing"], ..Script::default() });
        lasts(&ended, 70);
        not_delivered(ended, reason, changed);
    }
    let ended = play(Script { hangs: vec!["end_sessions"], ..Script::default() });
    lasts(&ended, 70);
    not_delivered(ended, Reason::BackendUnavailable, Changed::Yes);
    let unlocking = ResetRequest { customer: "ada".into(), unlock: true, ..ResetRequest::default() };
    let script = Script { locked: true, hangs: vec!["unlock"], ..Script::default() };
    let ended = play_with(script, &guards(), unlocking);
    lasts(&ended, 60);
    not_delivered(ended, Reason::BackendUnavailable, Changed::Yes);
}

#[test]
fn a_server_that_quotes_the_password_in_its_error_does_not_get_it_told() {
    let ended = play(Script { quotes: true, ..Script::default() });
    let failure = ended.answer.err().unwrap();
    let password = &ended.passwords[0];
    let told = format!(
        "{failure:?} {} {:?}",
        failure.message_with_hint(),
        std::error::Error::source(&failure).map(ToString::to_string)
    );
    assert!(told.contains("[removed]") && !told.contains(password.as_str()), "{told}");
}
