//! Where customers stand, and what stands in the way.

use super::{directory, snapshot_of, wait_for};
use crate::domain::{Obstacle, PolicyRead, ResetTarget, Right, Rule, Status};

#[test]
fn the_samples_stand_as_the_tour_needs_them() {
    let directory = directory();
    let session = directory.agent("sam");
    let status = |id| snapshot_of(&session, id).state.status();
    assert_eq!(status("C-1001"), Status::Active);
    assert_eq!(status("C-1002"), Status::NoUser);
    assert_eq!(status("C-1003"), Status::Disabled);
    assert_eq!(status("C-1006"), Status::ForcePasswordReset);
    assert_eq!(status("C-1007"), Status::External);
    let ada = snapshot_of(&session, "C-1001");
    assert_eq!((ada.state.withdrawn, ada.state.expired), (None, None), "said only of what is pending");
    assert!(ada.obstacles.is_empty() && ada.issued_at.is_none());
    let katherine = snapshot_of(&session, "C-1006");
    assert_eq!((katherine.state.withdrawn, katherine.state.expired), (Some(false), Some(false)));
    assert!(katherine.issued_at.is_some() && katherine.issued_by.is_none());
    let PolicyRead::Read(policy) = ada.policy else { panic!("the policy can be read") };
    assert!(policy.rules().any(|rule| *rule == Rule::MinLength(12)));
    assert!(policy.rules().any(|rule| *rule == Rule::History(3)));
}

#[test]
fn what_stands_in_the_way_is_named_gravest_first() {
    let directory = directory();
    let session = directory.agent("sam");
    let obstacles = |id| snapshot_of(&session, id).obstacles;
    assert_eq!(obstacles("C-1003"), [Obstacle::Disabled]);
    assert_eq!(obstacles("C-1007"), [Obstacle::External("Hollywood SSO".to_owned())]);
    assert_eq!(obstacles("C-1008"), [Obstacle::Protected("staff-admins".to_owned())]);
    assert_eq!(obstacles("C-1009"), [Obstacle::OwnUser]);
    assert!(snapshot_of(&directory.agent("kim"), "C-1009").obstacles.is_empty(), "sam's own user is a customer to kim");
    let everything = "UPDATE user SET disabled = 1, external = 'SSO', locked_until = 9999999999999 WHERE customer = 9;
                      INSERT INTO user_group VALUES(9, 'staff-admins');";
    directory.practice.connection().execute_batch(everything).unwrap();
    let kinds: Vec<_> = obstacles("C-1009").iter().map(std::mem::discriminant).collect();
    let expected = [
        Obstacle::OwnUser,
        Obstacle::Protected(String::new()),
        Obstacle::External(String::new()),
        Obstacle::Disabled,
        Obstacle::Locked { until: None },
    ];
    assert_eq!(kinds, expected.iter().map(std::mem::discriminant).collect::<Vec<_>>());
    let lees = snapshot_of(&directory.agent("lee"), "C-1009").obstacles;
    assert_eq!(lees[0], Obstacle::MissingRight(Right::IssueTemporaryPasswords, None));
}

#[test]
fn who_has_no_user_is_offered_one_with_a_free_name() {
    let directory = directory();
    let session = directory.agent("sam");
    directory
        .practice
        .connection()
        .execute("UPDATE user SET username = 'grace.hopper' WHERE customer = 1", [])
        .unwrap();
    let grace = snapshot_of(&session, "C-1002");
    let ResetTarget::NewUser(new) = grace.target else { panic!("Grace has no user") };
    assert_eq!((new.username.as_str(), new.new_customer), ("grace.hopper2", false));
    assert!(
        snapshot_of(&directory.agent("lee"), "C-1002")
            .obstacles
            .contains(&Obstacle::MissingRight(Right::CreateUsers, None))
    );
}

#[test]
fn the_policy_is_read_live() {
    let directory = directory();
    let session = directory.agent("sam");
    directory
        .practice
        .connection()
        .execute("UPDATE policy_rule SET number = 20 WHERE name = 'min_length'", [])
        .unwrap();
    let PolicyRead::Read(policy) = snapshot_of(&session, "C-1001").policy else { panic!("the policy can be read") };
    assert!(policy.rules().any(|rule| *rule == Rule::MinLength(20)));
}

#[test]
fn a_user_is_found_by_the_number_that_no_rename_moves() {
    let directory = directory();
    let session = directory.agent("sam");
    let find = |id: &str| wait_for(session.backend().find_by_immutable_id(id)).unwrap();
    let ada = snapshot_of(&session, "C-1001").user.unwrap();
    let id = ada.immutable_id.clone().unwrap();
    assert_eq!(find(&id), Some(ada));
    let renamed = "UPDATE user SET username = 'countess' WHERE customer = 1; UPDATE customer SET last_name = 'King' WHERE number = 1;";
    directory.practice.connection().execute_batch(renamed).unwrap();
    let found = find(&id).unwrap();
    assert_eq!((found.username.as_deref(), found.name.as_deref()), (Some("countess"), Some("Ada King")));
    let without_user = directory.number("SELECT number FROM customer WHERE id = 'C-1002'").to_string();
    for other in [without_user.as_str(), "01", "+1", " 1", "999999", "-1", "ada.lovelace", "1 OR 1", ""] {
        assert_eq!(find(other), None, "{other:?}");
    }
    let pending = wait_for(directory.agent("kim").backend().pending()).unwrap();
    assert!(!pending.is_empty());
    for item in pending {
        assert_eq!(item.immutable_id.as_deref(), Some(item.user.as_str()));
    }
}
