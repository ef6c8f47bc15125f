//! What every call looks at first: who asks, and what was typed.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{TypedPassword, customer, directory, user_of, wait_for};
use crate::domain::ports::AgentSignIn;
use crate::domain::{Customer, Kind, Particulars, Reason, ResetTarget, Session, SignInMethod, StoredSession};

fn exact(session: &Session, text: &str) -> Vec<Customer> {
    wait_for(session.directory().exact(text)).unwrap()
}

fn ids(found: &[Customer]) -> Vec<&str> {
    found.iter().map(|customer| customer.id.as_str()).collect()
}

#[test]
fn a_wrong_password_and_an_unknown_name_are_refused_in_the_same_words() {
    let directory = directory();
    let wrong = directory.try_sign_in("sam", "Practice").err().unwrap();
    let unknown = directory.try_sign_in("nobody", "practice").err().unwrap();
    assert_eq!((wrong.kind, wrong.reason), (Kind::NotAllowed, Reason::SignInRefused));
    assert_eq!((unknown.kind, unknown.message), (wrong.kind, wrong.message));
}

#[test]
fn a_session_is_taken_up_again_for_eight_hours_and_kept_as_a_hash_only() {
    let directory = directory();
    let answer = wait_for(directory.agent_sign_in().sign_in(
        SignInMethod::Password,
        Some("sam"),
        &mut TypedPassword("practice"),
    ));
    let stored = answer.unwrap().1.unwrap();
    assert_eq!(stored.secret.len(), 64, "256 bits in hexadecimal");
    let bytes = std::fs::read(directory.path()).unwrap();
    let token = stored.secret.as_bytes();
    assert!(!bytes.windows(token.len()).any(|window| window == token));
    let resumed = |stored: &StoredSession| wait_for(directory.agent_sign_in().resume(Some(stored.clone()))).unwrap();
    assert_eq!(resumed(&stored).unwrap().agent(), "sam");
    let forged = StoredSession { secret: Zeroizing::new("0".repeat(64)), ..stored.clone() };
    assert!(resumed(&forged).is_none());
    directory.clock.move_by(8 * 3600 - 60);
    assert!(resumed(&stored).is_some());
    directory.clock.move_by(2 * 60);
    assert!(resumed(&stored).is_none());
}

#[test]
fn after_signing_out_every_call_is_refused() {
    let directory = directory();
    let session = directory.agent("kim");
    let (ada, user) = (customer(&session, "C-1001"), user_of(&session, "C-1001"));
    let (intent, withdrawal) = (directory.intent(&session, "C-1001"), directory.intent(&session, "C-1001"));
    let (issued, _) = directory.issue_to(&session, &ResetTarget::User(user.clone())).unwrap();
    wait_for(session.backend().end_session()).unwrap();
    let backend = session.backend();
    let refusals = [
        wait_for(session.directory().find("ada", 5)).err(),
        wait_for(session.directory().exact("C-1001")).err(),
        wait_for(session.directory().get(&ada.id)).err(),
        wait_for(backend.find_by_immutable_id("1")).err(),
        wait_for(backend.rights()).err(),
        wait_for(backend.keep_alive(Duration::ZERO)).err(),
        wait_for(backend.user_snapshot(&ada)).err(),
        wait_for(backend.end_sessions(&intent)).err(),
        wait_for(backend.read_back(&issued)).err(),
        wait_for(backend.withdraw(&withdrawal)).err(),
        wait_for(backend.pending()).err(),
        wait_for(backend.unlock(&intent)).err(),
        directory.issue_to(&session, &ResetTarget::User(user.clone())).err(),
    ];
    for (call, refusal) in refusals.into_iter().enumerate() {
        let refusal = refusal.unwrap_or_else(|| panic!("call {call} was answered"));
        assert_eq!((refusal.kind, refusal.reason), (Kind::NotAllowed, Reason::SessionOver), "call {call}");
        assert!(refusal.hint.unwrap().contains("tellonce login"));
    }
}

#[test]
fn an_exact_look_up_gives_everybody_whom_it_means() {
    let directory = directory();
    let session = directory.agent("sam");
    assert_eq!(ids(&exact(&session, "MARY@example.com")), ["C-1004", "C-1005"]);
    assert_eq!(ids(&exact(&session, "mary.jackson")), ["C-1004"]);
    assert!(exact(&session, "mary").is_empty(), "part of a name is not exact");
    directory.practice.connection().execute("UPDATE user SET username = 'C-1002' WHERE customer = 1", []).unwrap();
    assert_eq!(ids(&exact(&session, "c-1002")), ["C-1002", "C-1001"], "an id that is another's username means both");
}

#[test]
fn particulars_are_checked_before_anything_is_drafted() {
    let directory = directory();
    let session = directory.agent("sam");
    let draft = |email: &str, first: &str, last: &str| {
        let particulars =
            Particulars { email: email.to_owned(), first_name: first.to_owned(), last_name: last.to_owned() };
        wait_for(session.directory().draft(&particulars))
    };
    let long = "x".repeat(300);
    let wrong = [
        ("", "Mae", "Jemison"),
        ("mae", "Mae", "Jemison"),
        ("mae@", "Mae", "Jemison"),
        ("@example.com", "Mae", "Jemison"),
        ("mae@@example.com", "Mae", "Jemison"),
        ("mae@home@example.com", "Mae", "Jemison"),
        ("ma e@example.com", "Mae", "Jemison"),
        ("mae@example.com", " ", "Jemison"),
        ("mae@example.com", "Mae", ""),
        ("mae@example.com", "Ma\u{1b}e", "Jemison"),
        ("mae@example.com", "Mae", &long),
    ];
    for (email, first, last) in wrong {
        assert_eq!(draft(email, first, last).err().unwrap().kind, Kind::Usage, "{email} {first} {last}");
    }
    let taken = draft("ADA@example.com", "Ada", "Byron").err().unwrap();
    assert_eq!((taken.kind, taken.reason, taken.candidates.len()), (Kind::Usage, Reason::CustomerExists, 1));
    let drafted = draft("mae@example.com", "Mae", "Jemison").unwrap();
    assert_eq!((drafted.id.as_str(), drafted.name.as_str()), ("C-1041", "Mae Jemison"));
    assert_eq!(directory.practice.customers(1).unwrap().total, 40, "a draft enters nothing");
    let lee = directory.agent("lee");
    let particulars = Particulars {
        email: "mae@example.com".to_owned(),
        first_name: "Mae".to_owned(),
        last_name: "Jemison".to_owned(),
    };
    assert_eq!(wait_for(lee.directory().draft(&particulars)).err().unwrap().reason, Reason::MissingRight);
}
