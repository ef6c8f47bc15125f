#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use super::*;
use crate::domain::customer::{Customer, CustomerId};
use crate::domain::obstacle::Unreadable;
use crate::domain::policy::{Policy, PolicyRead};
use crate::domain::status::{State, Unread};
use crate::domain::user::NewUser;

fn now() -> Timestamp {
    "2026-03-01T08:00:00Z".parse().unwrap()
}

fn attempt(kind: ChangeKind, end: Option<End>) -> Attempt {
    Attempt {
        id: AttemptId::known("a1".to_owned()),
        at: now(),
        agent: "sam".to_owned(),
        kind,
        user: None,
        stamp_before: None,
        set: None,
        end,
        in_progress: false,
        retried: false,
    }
}

fn history(kind: ChangeKind, end: Option<End>) -> History {
    History { attempts: vec![attempt(kind, end)], damaged: false }
}

fn snapshot(state: State) -> UserSnapshot {
    let customer = Customer::known_by(CustomerId::new("C-1"));
    let new = NewUser { customer, username: "ada".to_owned(), new_customer: false };
    let snapshot = UserSnapshot::without_user(new, PolicyRead::Read(Policy::new([])), Vec::new());
    UserSnapshot { state: State { has_user: true, ..state }, ..snapshot }
}

#[test]
fn an_unlock_counts_as_no_reset_however_it_ended() {
    for end in [None, Some(End::Unlocked), Some(End::Failed(Changed::Yes)), Some(End::Recovered(Changed::Unknown))] {
        assert!(history(ChangeKind::Unlocking, end).recent_resets(now()).is_empty(), "{end:?}");
        assert_eq!(history(ChangeKind::Reset, end).recent_resets(now()).len(), 1, "the control: {end:?}");
    }
    let mut unlocks = history(ChangeKind::Unlocking, Some(End::Failed(Changed::Yes)));
    let stamp = Stamp { at: Some(now()), version: Some(2) };
    unlocks.attempts[0].set = Some(Some(stamp.clone()));
    assert_eq!(unlocks.issued_by(Some(&stamp)), None, "an unlock issues nothing");
}

#[test]
fn an_unlock_without_an_end_changed_nothing_if_the_lock_is_there_and_is_not_known_otherwise() {
    let history = history(ChangeKind::Unlocking, None);
    let hidden = Unread { locked: true, ..Unread::default() };
    let mut unread_lock = snapshot(State { locked: true, ..State::default() });
    unread_lock.unread_lock = Some(Unreadable::new("lock", "whether", "right"));
    for (now, changed, words) in [
        (snapshot(State { locked: true, ..State::default() }), Changed::No, "before it changed anything"),
        (snapshot(State::default()), Changed::Unknown, "what became of it is not known"),
        (snapshot(State { unread: hidden, ..State::default() }), Changed::Unknown, "is not known"),
        (unread_lock, Changed::Unknown, "is not known"),
    ] {
        let findings = history.findings(&now);
        assert_eq!(findings[0].changed, changed);
        let note = history.note(&findings[0]);
        assert!(note.starts_with("An unlock by sam") && note.contains(words), "{note}");
    }
}

#[test]
fn an_action_in_a_record_has_one_kind_and_an_unknown_one_counts_as_a_reset() {
    for (name, kind) in [
        ("set", ChangeKind::Reset),
        ("create_and_set", ChangeKind::Reset),
        ("withdraw", ChangeKind::Withdrawal),
        ("unlock", ChangeKind::Unlocking),
        ("something new", ChangeKind::Reset),
    ] {
        assert_eq!(ChangeKind::of_action(name), kind, "{name}");
    }
}
