//! The order of the calls, and what the agent is told before confirming.

use std::collections::BTreeSet;
use std::time::Duration;

use tellonce::domain::{
    Error, Gap, Kind, LockOuts, Obstacle, Policy, PolicyRead, Reason, ResetRequest, Right, Rule, SessionsEnded,
};
use tellonce::texts::{Localization, PasswordIs};

use super::play::{play, play_with, play_withdrawal};
use super::scripted::Script;
use crate::support::conformance::guards;

fn unlocking() -> ResetRequest {
    ResetRequest { customer: "ada".into(), unlock: true, ..ResetRequest::default() }
}

#[test]
fn no_call_is_made_that_is_not_needed() {
    let ended = play(Script::default());
    assert!(ended.answer.is_ok());
    let calls = [
        "keep_alive",
        "exact",
        "standing",
        "keep_alive",
        "standing",
        "set",
        "mark",
        "end_sessions",
        "read_back",
        "try_sign_in",
    ];
    assert_eq!(ended.calls, calls);
    assert_eq!(ended.revealed, ended.passwords, "what was set is what was shown");
}

#[test]
fn a_lock_is_lifted_after_the_set_only_where_it_was_asked_for() {
    let locked = || Script { locked: true, ..Script::default() };
    let ended = play_with(locked(), &guards(), unlocking());
    assert!(ended.answer.is_ok());
    let tail: Vec<_> = ended.calls.iter().skip_while(|call| **call != "set").copied().collect();
    assert_eq!(tail, ["set", "unlock", "mark", "end_sessions", "read_back", "try_sign_in"]);
    let refused = play(locked());
    assert_eq!(refused.answer.err().map(|failure| failure.reason), Some(Reason::Locked), "asked, the default is no");
    let lifted_by_the_set = play(Script { locked: true, lock_outs: LockOuts::LiftedBySet, ..Script::default() });
    assert!(lifted_by_the_set.answer.is_ok() && !lifted_by_the_set.calls.contains(&"unlock"));
}

#[test]
fn where_nothing_lifts_a_lock_out_the_flag_is_refused_before_anything_is_asked_or_changed() {
    let script = || Script { lock_outs: LockOuts::EndByThemselves, ..Script::default() };
    let ended = play_with(script(), &guards(), unlocking());
    let refused = ended.answer.err().unwrap();
    assert_eq!((refused.kind, refused.reason), (Kind::Refused, Reason::RefusedByBackend));
    assert!(ended.plans.is_empty() && !ended.calls.contains(&"set"), "{:?}", ended.calls);
    assert!(play(script()).answer.is_ok(), "without the flag it goes on");
}

#[test]
fn the_plan_says_how_long_the_password_lasts_by_the_backends_own_setting_where_it_has_one() {
    let week = Duration::from_hours(7 * 24);
    assert_eq!(play(Script { lifetime: Some(week), ..Script::default() }).plans[0].lasts, week);
    assert_eq!(play(Script::default()).plans[0].lasts, guards().temporary_password_lasts);
}

#[test]
fn promises_not_kept_are_reported_before_confirming_and_afterwards() {
    let gaps = BTreeSet::from([Gap::SelfServiceWhilePending, Gap::NeverRunsOut]);
    let ended = play(Script { gaps, ..Script::default() });
    assert_eq!(ended.plans[0].gaps, [Gap::SelfServiceWhilePending, Gap::NeverRunsOut]);
    let said = Localization::english().next_steps(&ended.answer.unwrap(), PasswordIs::Gone).join("\n");
    assert!(said.contains("Tell the customer: do not ask for a reset by e-mail meanwhile."), "{said}");
}

#[test]
fn what_changed_while_the_agent_was_asked_is_said_and_asked_again() {
    let ended = play(Script { changes_while_asked: true, ..Script::default() });
    assert!(ended.answer.is_ok());
    assert_eq!(ended.plans.len(), 2);
    assert!(
        ended.plans[1].notices.iter().any(|notice| notice.contains("changed while you were asked")),
        "{:?}",
        ended.plans[1].notices
    );
}

#[test]
fn each_obstacle_refuses_before_anything_is_asked_or_changed() {
    let obstacles = [
        (Obstacle::OwnUser, Kind::Refused, Reason::OwnUser),
        (Obstacle::Disabled, Kind::Refused, Reason::Disabled),
        (Obstacle::External("SSO".to_owned()), Kind::Refused, Reason::External),
        (Obstacle::Protected("admins".to_owned()), Kind::Refused, Reason::Protected),
        (Obstacle::ProtectionUnreadable("view-clients".to_owned()), Kind::Refused, Reason::ProtectionUnreadable),
        (Obstacle::WouldNotStick("never expires".to_owned()), Kind::Refused, Reason::WouldNotStick),
        (Obstacle::MayNotChoose("it is denied".to_owned()), Kind::Refused, Reason::MayNotChoose),
        (Obstacle::MissingRight(Right::EndSessions, None), Kind::NotAllowed, Reason::MissingRight),
    ];
    for (obstacle, kind, reason) in obstacles {
        let ended = play(Script { obstacles: vec![obstacle], ..Script::default() });
        let failure = ended.answer.err().unwrap();
        assert_eq!((failure.kind, failure.reason), (kind, reason));
        assert!(failure.hint.is_some() && ended.plans.is_empty() && !ended.calls.contains(&"set"));
    }
}

#[test]
fn a_policy_that_cannot_be_read_gets_the_strictest_usual_password() {
    let ended = play(Script { policy: PolicyRead::Unreadable("no right".to_owned()), ..Script::default() });
    assert!(Policy::strictest_usual().broken_by(&ended.revealed[0], &tellonce::domain::About::default()).is_empty());
    assert!(ended.answer.unwrap().rules.describe().is_empty(), "rules that are not known are not told");
}

#[test]
fn a_policy_that_cannot_be_met_is_found_before_anything_is_asked() {
    let ended = play(Script { policy: PolicyRead::Read(Policy::new([Rule::MaxLength(6)])), ..Script::default() });
    assert_eq!(ended.answer.err().map(|failure| failure.reason), Some(Reason::Policy));
    assert!(ended.plans.is_empty());
}

#[test]
fn a_refusal_for_policy_is_tried_again_for_its_rules_and_then_in_other_styles() {
    let ended =
        play(Script { policy_refusals: vec![vec![Rule::MinLength(30)], vec![Rule::Digits(3)]], ..Script::default() });
    assert!(ended.answer.is_ok());
    assert_eq!(ended.passwords.len(), 3);
    assert!(ended.passwords[1].len() >= 30 && ended.passwords[2].len() >= 30);
    let refused = play(Script { policy_refusals: vec![vec![Rule::Special(1)]; 20], ..Script::default() });
    assert!((4..=14).contains(&refused.passwords.len()), "{} were tried", refused.passwords.len());
    let styles: std::collections::BTreeSet<Vec<char>> = refused
        .passwords
        .iter()
        .map(|password| password.chars().filter(|letter| !letter.is_ascii_alphanumeric()).collect::<Vec<_>>())
        .collect();
    assert!(styles.len() >= 3, "{:?}", refused.passwords);
    let failure = refused.answer.err().unwrap();
    assert_eq!(
        (failure.kind, failure.reason, failure.changed),
        (Kind::Refused, Reason::Policy, tellonce::domain::Changed::No)
    );
    assert!(failure.message.contains("special"), "{}", failure.message);
    assert!(refused.revealed.is_empty());
}

#[test]
fn a_hidden_policy_of_several_stricter_rules_is_met_though_it_names_one_at_a_time() {
    let hidden = || PolicyRead::Unreadable("no right".to_owned());
    let nobody = tellonce::domain::About::default();
    let rules = [Rule::MinLength(28), Rule::Digits(4), Rule::Special(4), Rule::Upper(4), Rule::Lower(4)];
    let ended = play(Script { policy: hidden(), refuses_by: rules.to_vec(), ..Script::default() });
    assert!(ended.answer.is_ok());
    assert!(ended.passwords.len() <= 4, "{}", ended.passwords.len());
    assert_eq!(ended.revealed.len(), 1);
    assert!(Policy::new(rules).broken_by(&ended.revealed[0], &nobody).is_empty());
    let told = ended.answer.unwrap();
    assert!(
        !told.rules_are_all && told.rules.describe().contains(&"at least 28 characters".to_owned()),
        "{:?}",
        told.rules
    );
    // Three rules that leave no room to be met half-way: each refusal teaches its own.
    let narrow = [Rule::MaxLength(18), Rule::Digits(3), Rule::Upper(3)];
    let ended = play(Script { policy: hidden(), refuses_by: narrow.to_vec(), ..Script::default() });
    assert!(ended.answer.is_ok());
    assert!(Policy::new(narrow).broken_by(&ended.revealed[0], &nobody).is_empty());
    // Shorter than what is usual, and so is what is known beforehand.
    let short = [Rule::MaxLength(13), Rule::Upper(2)];
    let ended = play(Script { policy: hidden(), refuses_by: short.to_vec(), ..Script::default() });
    assert!(ended.answer.unwrap().rules.describe().contains(&"at most 13 characters".to_owned()));
    let known = PolicyRead::InPart(Policy::new([Rule::MaxLength(13)]), "a pattern".to_owned());
    let ended = play(Script { policy: known, refuses_by: short.to_vec(), ..Script::default() });
    let told = ended.answer.unwrap();
    assert!(
        !told.rules_are_all && told.rules.describe().contains(&"at most 13 characters".to_owned()),
        "{:?}",
        told.rules
    );
    let impossible = [Rule::MaxLength(8)];
    let refused = play(Script { policy: hidden(), refuses_by: impossible.to_vec(), ..Script::default() });
    let failure = refused.answer.err().unwrap();
    assert_eq!((failure.reason, failure.changed), (Reason::Policy, tellonce::domain::Changed::No));
}

#[test]
fn without_the_right_to_end_sessions_only_where_the_profile_allows_it() {
    let lenient = tellonce::domain::Guards { allow_without_logout: true, ..guards() };
    let script = Script { obstacles: vec![Obstacle::MissingRight(Right::EndSessions, None)], ..Script::default() };
    let request = ResetRequest { customer: "ada".into(), ..ResetRequest::default() };
    let ended = play_with(script, &lenient, request.clone());
    assert!(ended.plans[0].gaps.contains(&Gap::SessionsGoOn), "the agent is told before confirming");
    let issued = ended.answer.unwrap();
    assert!(issued.gaps.contains(&Gap::SessionsGoOn), "and the customer afterwards");

    // The right may be missing although nothing showed it beforehand.
    let missing = || Error::new(Kind::NotAllowed, Reason::MissingRight, "no right to end sessions");
    let hidden = || Script { end_sessions_fails: Some(missing), ..Script::default() };
    let issued = play_with(hidden(), &lenient, request).answer.unwrap();
    assert_eq!(issued.sessions_ended, SessionsEnded::LeftOpen);
    assert!(issued.gaps.contains(&Gap::SessionsGoOn));
    assert!(play(hidden()).answer.is_err());
}

#[test]
fn a_withdrawal_goes_on_without_that_right_only_where_the_profile_allows_it() {
    let lenient = tellonce::domain::Guards { allow_without_logout: true, ..guards() };
    let obstacles = || vec![Obstacle::MissingRight(Right::EndSessions, None)];
    let missing = || Error::new(Kind::NotAllowed, Reason::MissingRight, "no right to end sessions");
    let script =
        || Script { is_pending: true, obstacles: obstacles(), end_sessions_fails: Some(missing), ..Script::default() };
    let refused = play_withdrawal(script(), &guards());
    assert_eq!(refused.answer.err().map(|failure| failure.reason), Some(Reason::MissingRight));
    assert!(refused.plans.is_empty() && !refused.calls.contains(&"withdraw"), "nothing is asked or changed");
    let ended = play_withdrawal(script(), &lenient);
    assert!(ended.plans[0].gaps.contains(&Gap::SessionsGoOn), "the confirmation shows it");
    assert_eq!(ended.answer.unwrap().sessions_ended, SessionsEnded::LeftOpen);

    // The right may be missing although nothing showed it beforehand.
    let hidden = || Script { is_pending: true, end_sessions_fails: Some(missing), ..Script::default() };
    assert_eq!(play_withdrawal(hidden(), &lenient).answer.unwrap().sessions_ended, SessionsEnded::LeftOpen);
    let failed = play_withdrawal(hidden(), &guards()).answer.err().unwrap();
    assert_eq!((failed.exit_code().number(), failed.changed), (9, tellonce::domain::Changed::Yes));
}
