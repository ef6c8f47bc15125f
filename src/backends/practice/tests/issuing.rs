//! Issuing, reading back, withdrawing, unlocking.

use super::{directory, fresh_password, snapshot_of, wait_for};
use crate::backends::practice::INITIAL_PASSWORD;
use crate::domain::ports::SetFailed;
use crate::domain::{
    Changed, Kind, LockOuts, Obstacle, Particulars, Reason, Reset, ResetTarget, Right, Rule, SessionsEnded, Stamp,
    Status, UserId,
};

#[test]
fn a_set_is_read_back_and_each_has_a_newer_stamp() {
    let directory = directory();
    let session = directory.agent("sam");
    let before = snapshot_of(&session, "C-1001");
    let (first, _) = directory.issue_to(&session, &before.target).unwrap();
    let back = wait_for(session.backend().read_back(&first)).unwrap();
    assert!(back.change_required);
    assert_eq!(back.stamp, first.stamp);
    assert!(first.stamp.as_ref().unwrap().is_newer_than(before.stamp.as_ref()));
    let (second, _) = directory.issue_to(&session, &before.target).unwrap();
    assert!(second.stamp.as_ref().unwrap().is_newer_than(first.stamp.as_ref()));
    let after = snapshot_of(&session, "C-1001");
    assert_eq!(after.state.status(), Status::ForcePasswordReset);
    assert_eq!(after.issued_by.as_deref(), Some("sam"));
    assert_eq!(after.expires_at, second.expires_at);
}

#[test]
fn a_stamp_is_newer_though_the_clock_went_back() {
    let directory = directory();
    let session = directory.agent("sam");
    let target = snapshot_of(&session, "C-1001").target;
    let (first, _) = directory.issue_to(&session, &target).unwrap();
    let earlier = "UPDATE user SET set_at = set_at + 86400000 WHERE customer = 1"; // set by a clock a day ahead
    directory.practice.connection().execute(earlier, []).unwrap();
    let (second, _) = directory.issue_to(&session, &target).unwrap();
    assert!(second.stamp.unwrap().is_newer_than(first.stamp.as_ref()));
}

#[test]
fn a_password_that_breaks_the_live_policy_is_refused_and_changes_nothing() {
    let directory = directory();
    let session = directory.agent("sam");
    directory
        .practice
        .connection()
        .execute("UPDATE policy_rule SET number = 90 WHERE name = 'min_length'", [])
        .unwrap();
    let before = snapshot_of(&session, "C-1001");
    let password = fresh_password();
    let answer = wait_for(session.backend().set_temporary_password(&directory.intent(&session, "C-1001"), &password));
    let Err(SetFailed::Policy(rules)) = answer else { panic!("it is too short") };
    assert_eq!(rules, [Rule::MinLength(90)]);
    assert_eq!(snapshot_of(&session, "C-1001").stamp, before.stamp);
}

#[test]
fn an_agent_without_the_right_is_told_so_and_not_about_the_policy() {
    let directory = directory();
    directory
        .practice
        .connection()
        .execute("UPDATE policy_rule SET number = 90 WHERE name = 'min_length'", [])
        .unwrap();
    let lee = directory.agent("lee");
    let target = snapshot_of(&lee, "C-1001").target;
    assert_eq!(directory.issue_to(&lee, &target).err().unwrap().reason, Reason::MissingRight);
}

#[test]
fn a_user_is_created_and_set_in_one_call_and_only_once() {
    let directory = directory();
    let session = directory.agent("sam");
    let target = snapshot_of(&session, "C-1002").target;
    let (issued, password) = directory.issue_to(&session, &target).unwrap();
    assert!(wait_for(session.backend().read_back(&issued)).unwrap().change_required);
    assert_eq!(directory.signs_in("grace.hopper", &password), "change");
    let found = wait_for(session.directory().find("grace.hop", 5)).unwrap();
    assert_eq!(found.customers.len(), 1, "the new username is found");
    let late = directory.issue_to(&session, &target).err().unwrap();
    assert_eq!((late.kind, late.reason, late.changed), (Kind::Unavailable, Reason::CustomerExists, Changed::No));
    assert_eq!(directory.signs_in("grace.hopper", &password), "change", "the one who was late changed nothing");
}

#[test]
fn a_customer_is_created_with_the_user_and_found_afterwards() {
    let directory = directory();
    let session = directory.agent("sam");
    let particulars = Particulars {
        email: "ludwig@example.com".to_owned(),
        first_name: "Ludwig".to_owned(),
        last_name: "van Beethoven".to_owned(),
    };
    let drafted = wait_for(session.directory().draft(&particulars)).unwrap();
    let target = wait_for(session.backend().user_snapshot(&drafted)).unwrap().target;
    let ResetTarget::NewUser(new) = &target else { panic!("nobody knows him yet") };
    assert!(new.new_customer);
    let (_, password) = directory.issue_to(&session, &target).unwrap();
    let found = wait_for(session.directory().exact("ludwig@example.com")).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].id.as_str(), found[0].name.as_str()), ("C-1041", "Ludwig van Beethoven"));
    assert_eq!(directory.signs_in("ludwig@example.com", &password), "change");
    assert_eq!(wait_for(session.directory().find("BEETH", 5)).unwrap().total, Some(1));
    let late = directory.issue_to(&session, &target).err().unwrap();
    assert_eq!((late.reason, late.changed), (Reason::CustomerExists, Changed::No));
    assert_eq!(directory.practice.customers(1).unwrap().total, 41);
}

#[test]
fn sessions_are_counted_and_ended_and_only_those_of_this_user() {
    let directory = directory();
    let session = directory.agent("sam");
    for name in ["ada.lovelace", "ada.lovelace", "mary.jackson"] {
        assert_eq!(directory.signs_in(name, INITIAL_PASSWORD), "in");
    }
    let end = || wait_for(session.backend().end_sessions(&directory.intent::<Reset>(&session, "C-1001"))).unwrap();
    assert_eq!(end(), SessionsEnded::Count(2));
    assert_eq!(end(), SessionsEnded::Count(0));
    assert_eq!(directory.number("SELECT count(*) FROM customer_session"), 1);
}

#[test]
fn a_withdrawn_password_is_dead_and_the_rest_stays() {
    let directory = directory();
    let session = directory.agent("sam");
    let password = directory.issue(&session, "C-1001");
    let before = snapshot_of(&session, "C-1001");
    wait_for(session.backend().withdraw(&directory.intent(&session, "C-1001"))).unwrap();
    let after = snapshot_of(&session, "C-1001");
    assert_eq!(after.state.withdrawn, Some(true));
    assert_eq!(after.state.status(), Status::ForcePasswordReset);
    assert_eq!((after.stamp, after.issued_at), (before.stamp, before.issued_at));
    assert_ne!(directory.signs_in("ada.lovelace", &password), "change");
    let newer = directory.issue(&session, "C-1001");
    assert_eq!(snapshot_of(&session, "C-1001").state.withdrawn, Some(false));
    assert_eq!(directory.signs_in("ada.lovelace", &newer), "change");
}

#[test]
fn only_the_one_that_is_meant_is_withdrawn() {
    let directory = directory();
    let session = directory.agent("sam");
    let target = snapshot_of(&session, "C-1001").target;
    let withdraw = |only: Option<Stamp>| {
        wait_for(session.backend().withdraw(&directory.intent_for(&session, &target, only))).err()
    };
    assert_eq!(
        withdraw(snapshot_of(&session, "C-1001").stamp).unwrap().reason,
        Reason::NothingPending,
        "nothing was issued"
    );
    directory.issue(&session, "C-1001");
    let meant = snapshot_of(&session, "C-1001").stamp;
    let newer = directory.issue(&session, "C-1001");
    let refused = withdraw(meant).unwrap();
    assert_eq!((refused.kind, refused.reason, refused.changed), (Kind::Refused, Reason::NothingPending, Changed::No));
    assert_eq!(directory.signs_in("ada.lovelace", &newer), "change");
}

#[test]
fn the_sweep_sees_who_issued_what() {
    let directory = directory();
    directory.clock.move_by(60); // Katherine's is older: the oldest come first
    directory.issue(&directory.agent("sam"), "C-1001");
    let pending = wait_for(directory.agent("kim").backend().pending()).unwrap();
    let seen: Vec<_> = pending.iter().map(|one| (one.customer.id.as_str(), one.marked, one.withdrawn)).collect();
    assert_eq!(seen, [("C-1006", false, false), ("C-1001", true, false)]);
}

#[test]
fn a_lock_stays_when_a_password_is_set_and_unlock_lifts_it() {
    let directory = directory();
    let session = directory.agent("sam");
    for _ in 0..5 {
        assert_ne!(directory.signs_in("ada.lovelace", "wrong"), "in");
    }
    let password = directory.issue(&session, "C-1001");
    assert!(matches!(snapshot_of(&session, "C-1001").obstacles[..], [Obstacle::Locked { until: Some(_) }]));
    assert!(directory.signs_in("ada.lovelace", &password).contains("Too many"));
    assert_eq!(wait_for(session.backend().capabilities()).unwrap().lock_outs, LockOuts::LiftedOnRequest);
    wait_for(session.backend().unlock(&directory.intent(&session, "C-1001"))).unwrap();
    assert!(snapshot_of(&session, "C-1001").obstacles.is_empty());
    assert_eq!(directory.signs_in("ada.lovelace", &password), "change");
}

#[test]
fn an_unlock_alone_leaves_the_password_and_is_seen_to_be_missing_as_a_right() {
    let directory = directory();
    let session = directory.agent("sam");
    for _ in 0..5 {
        assert_ne!(directory.signs_in("ada.lovelace", "wrong"), "in");
    }
    let before = snapshot_of(&session, "C-1001");
    let viewer = snapshot_of(&directory.agent("lee"), "C-1001").obstacles;
    assert!(viewer.contains(&Obstacle::MissingRight(Right::Unlock, None)), "{viewer:?}");
    wait_for(session.backend().unlock_alone(&directory.intent(&session, "C-1001"))).unwrap();
    let after = snapshot_of(&session, "C-1001");
    assert!(before.state.locked && !after.state.locked && after.obstacles.is_empty());
    assert_eq!((after.stamp, after.state.change_required), (before.stamp, false));
    assert_eq!(directory.signs_in("ada.lovelace", INITIAL_PASSWORD), "in");
}

#[test]
fn a_user_who_is_gone_is_reported_as_such() {
    let directory = directory();
    let session = directory.agent("sam");
    for id in ["4711", "none", "-1", "2"] {
        let told = directory.issue_to(&session, &ResetTarget::User(UserId::new(id))).err().unwrap();
        assert_eq!((told.kind, told.changed), (Kind::Unavailable, Changed::No), "{id}");
    }
}
