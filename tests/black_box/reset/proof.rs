//! The proof: what the backend answers to a sign-in with the temporary password decides before anybody sees it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tellonce::domain::{Changed, Forced, Gap, Guards, Kind, Proof, Reason, ResetRequest, Stamp, TrialAnswer, UserId};
use tellonce::texts::{Localization, PasswordIs};

use super::play::{Ended, play, play_with};
use super::scripted::{Script, Scripted};
use crate::support::conformance::{MovedClock, Player, Revealed, guards, wait_for, with_services_of};

fn answering(trials: &[TrialAnswer]) -> Ended {
    play(Script { trials: trials.to_vec(), ..Script::default() })
}

fn trials(ended: &Ended) -> usize {
    ended.calls.iter().filter(|call| **call == "try_sign_in").count()
}

#[test]
fn a_password_that_opens_nothing_but_the_change_is_proved_and_revealed() {
    let ended = answering(&[TrialAnswer::ChangeRequired]);
    let issuance = ended.answer.as_ref().unwrap();
    assert_eq!((issuance.proof.proved(), issuance.proof.reason()), (Some(true), None));
    assert_eq!((trials(&ended), ended.revealed.len()), (1, 1));
    let said = Localization::english().next_steps(issuance, PasswordIs::Shown).join("\n");
    assert!(!said.contains("Not proved") && !said.contains("Not tried"), "{said}");
}

#[test]
fn a_full_sign_in_reveals_nothing_and_another_password_that_nobody_knows_takes_its_place() {
    for creates in [false, true] {
        let signs_in = TrialAnswer::SignedIn(Some("There is no overlay.".to_owned()));
        let ended = play(Script { trials: vec![signs_in], creates, ..Script::default() });
        let failure = ended.answer.err().unwrap();
        let expected = (Kind::NotDelivered, Reason::ChangeNotForced, Changed::Yes);
        assert_eq!((failure.kind, failure.reason, failure.changed), expected);
        assert!(failure.message.contains("There is no overlay."), "{failure}");
        assert!(failure.hint.as_ref().unwrap().contains("Another one ends the same way"), "{:?}", failure.hint);
        assert!(ended.revealed.is_empty());
        let [shown_to_nobody, unknown] = &ended.passwords[..] else { panic!("{} sets", ended.passwords.len()) };
        assert_ne!(shown_to_nobody, unknown);
        assert!(!failure.message_with_hint().contains(unknown.as_str()));
        let last_set = ended.calls.iter().rposition(|call| *call == "set");
        let proved = ended.calls.iter().rposition(|call| *call == "try_sign_in");
        assert!(last_set > proved, "{:?}", ended.calls);
    }
}

#[test]
fn a_change_that_is_read_back_as_not_forced_is_tried_as_well() {
    let signs_in = TrialAnswer::SignedIn(Some("There is no overlay.".to_owned()));
    let ended = play(Script { trials: vec![signs_in], forced: false, ..Script::default() });
    let failure = ended.answer.err().unwrap();
    assert_eq!((failure.kind, failure.reason), (Kind::NotDelivered, Reason::ChangeNotForced));
    assert!(failure.message.contains("There is no overlay."), "{failure}");
    assert_eq!((ended.passwords.len(), ended.revealed.len()), (2, 0));
    // A backend may allow no sign-in. The hint is the same.
    let ended =
        play(Script { trials: vec![TrialAnswer::NoSignIn("none".to_owned())], forced: false, ..Script::default() });
    let failure = ended.answer.err().unwrap();
    assert_eq!((failure.reason, failure.changed), (Reason::ChangeNotForced, Changed::Yes));
    assert!(failure.hint.as_ref().unwrap().contains("Another one ends the same way"), "{:?}", failure.hint);
}

#[test]
fn the_other_password_is_for_the_user_who_was_created() {
    let backend =
        Scripted::new(Script { trials: vec![TrialAnswer::SignedIn(None)], creates: true, ..Script::default() });
    let folder = tempfile::tempdir().unwrap();
    let clock = std::sync::Arc::new(MovedClock::default());
    let request = ResetRequest { customer: "ada".into(), ..ResetRequest::default() };
    let session = backend.session();
    let mut player = Player::confirming("");
    let failure = wait_for(with_services_of(folder.path(), clock, &guards(), &mut player, async |desk: &mut _| {
        tellonce::domain::reset(desk, &session, &mut Revealed::default(), request).await
    }));
    assert_eq!(failure.err().unwrap().reason, Reason::ChangeNotForced);
    let users = backend.users();
    assert_eq!(users.first().map(String::as_str), Some("not created yet"));
    assert!(users.iter().skip(1).all(|user| user == UserId::new("9").as_str()), "{users:?}");
}

#[test]
fn a_wrong_password_is_tried_once_more_and_then_not_proved() {
    let ended = answering(&[TrialAnswer::WrongPassword, TrialAnswer::ChangeRequired]);
    assert!(ended.answer.is_ok() && trials(&ended) == 2);
    let ended = answering(&[TrialAnswer::WrongPassword]);
    assert_eq!(trials(&ended), 2);
    let failure = ended.answer.err().unwrap();
    assert_eq!((failure.kind, failure.reason, failure.changed), (Kind::NotDelivered, Reason::NotProved, Changed::Yes));
    assert!(ended.revealed.is_empty() && ended.passwords.len() == 1);
}

#[test]
fn a_restriction_is_told_and_the_reset_goes_on() {
    let ended = answering(&[TrialAnswer::Restricted("the user is disabled, data 533".to_owned())]);
    let issuance = ended.answer.unwrap();
    assert_eq!(issuance.proof.proved(), Some(false));
    assert_eq!(ended.revealed.len(), 1);
    for password in [PasswordIs::Shown, PasswordIs::Gone] {
        let said = Localization::english().next_steps(&issuance, password);
        assert!(said[0].contains("Not proved") && said[0].contains("data 533"), "{said:?}");
    }
}

#[test]
fn a_backend_without_a_sign_in_and_a_profile_without_a_proof_say_so() {
    let gaps = BTreeSet::from([Gap::NotProved]);
    let trials = vec![TrialAnswer::NoSignIn("it has none".to_owned())];
    let ended = play(Script { gaps, trials, ..Script::default() });
    assert_eq!(ended.answer.unwrap().proof, Proof::NotTried("it has none".to_owned()));
    let off = Guards { prove: false, ..guards() };
    let request = || ResetRequest { customer: "ada".into(), ..ResetRequest::default() };
    let ended = play_with(Script::default(), &off, request());
    assert!(!ended.calls.contains(&"try_sign_in"));
    assert_eq!(ended.plans[0].gaps, [Gap::NotProved], "the confirmation says so");
    let issuance = ended.answer.unwrap();
    assert_eq!(issuance.proof.proved(), None);
    assert!(issuance.proof.reason().unwrap().contains("prove = false"));
    assert!(Localization::english().next_steps(&issuance, PasswordIs::Shown)[0].contains("Not tried"));
}

#[test]
fn what_is_read_back_after_the_sign_in_decides_by_its_time() {
    let stamp = |second, version| Stamp { at: Timestamp::from_second(second).ok(), version };
    let after = |change_required, stamp| {
        let forced = Some(Forced { change_required, stamp: Some(stamp) });
        play(Script { forced_after_trial: forced, ..Script::default() })
    };
    let moved = after(true, Stamp { at: None, version: Some(9) });
    assert!(moved.answer.is_ok(), "the sign-in moved the version");
    let overtaken = after(true, stamp(7, None)).answer.err().unwrap();
    assert_eq!((overtaken.kind, overtaken.reason), (Kind::NotDelivered, Reason::Superseded));
    let used = after(false, Stamp { at: None, version: Some(9) }).answer.err().unwrap();
    assert_eq!((used.kind, used.reason), (Kind::NotDelivered, Reason::ChangeNotForced));
}
