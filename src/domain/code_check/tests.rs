#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

use futures_util::FutureExt as _;

use super::*;
use crate::domain::action::ChangeKind;
use crate::domain::contact::Channel;
use crate::domain::limits::LimitReached;
use crate::domain::message::SendFailed;
use crate::domain::session::Session;
use crate::domain::verify::tests::doubles::{Bytes, CODE, Log, Post, SetClock, ada, not_sent};
use crate::ledger::tests::stub;

const VALID: Duration = Duration::from_mins(15);

#[derive(Default)]
struct Desk {
    log: Log,
    post: Post,
    clock: SetClock,
}

impl Desk {
    fn verifier(&self) -> Verifier<'_> {
        Verifier { log: &self.log, messenger: &self.post, clock: &self.clock }
    }

    fn about(work: impl FnOnce(VerificationSubject<'_>)) {
        let (session, customer): (Session, _) = (stub::session("sam", "practice"), ada());
        work(VerificationSubject { session: &session, customer: &customer, user: None, purpose: ChangeKind::Reset });
    }

    fn send(&self, about: VerificationSubject<'_>) -> Result<SentCode> {
        let to = Contact::new(Channel::Email, "ada@example.com");
        self.verifier().send_code(about, &to, None, &mut Bytes(0)).now_or_never().unwrap()
    }

    /// Tries what was typed. Returns the tries that are left if it is wrong.
    fn tries(&self, sent: &mut SentCode, about: VerificationSubject<'_>, typed: &str) -> Result<Option<usize>> {
        let tried = self.verifier().try_code(sent, about, (typed, VALID)).now_or_never().unwrap()?;
        Ok(match tried {
            Tried::Verified(verification) => {
                assert_eq!((verification.way, verification.to.as_str()), (VerificationWay::Code, "a***@example.com"));
                None
            }
            Tried::Wrong { left } => Some(left),
            Tried::NoCode => panic!("{typed} can be no code"),
        })
    }

    fn written(&self) -> Vec<String> {
        self.log.written.borrow().clone()
    }
}

fn told(error: &Error) -> (Kind, Reason) {
    (error.kind, error.reason)
}

#[test]
fn a_code_is_written_down_before_it_is_sent_and_a_try_before_it_is_compared() {
    Desk::about(|about| {
        let desk = Desk::default();
        let mut sent = desk.send(about).unwrap();
        assert_eq!(
            *desk.post.sent.borrow(),
            [("ada@example.com".to_owned(), "a1".to_owned())],
            "by the id of the record"
        );
        assert_eq!(desk.tries(&mut sent, about, CODE).unwrap(), None);
        assert_eq!(desk.written(), ["sending a***@example.com", "trying a1", "verified code a2"]);
        assert!(sent.code.is_none(), "a code is used once");
        assert!(desk.tries(&mut sent, about, CODE).is_err());
    });
}

#[test]
fn after_three_wrong_tries_the_code_is_gone_and_the_right_one_is_refused_unseen() {
    Desk::about(|about| {
        let desk = Desk::default();
        let mut sent = desk.send(about).unwrap();
        let wrong = |sent: &mut SentCode| desk.tries(sent, about, "87654321").unwrap();
        assert_eq!([wrong(&mut sent), wrong(&mut sent), wrong(&mut sent)], [Some(2), Some(1), Some(0)]);
        assert!(sent.code.is_none());
        let error = desk.tries(&mut sent, about, CODE).unwrap_err();
        assert_eq!(told(&error), (Kind::Refused, Reason::CodeTooOld));
        assert_eq!(desk.written().len(), 4, "the fourth is not even written down");
    });
}

#[test]
fn what_can_be_no_code_is_not_written_down_and_costs_no_try() {
    Desk::about(|about| {
        let desk = Desk::default();
        let mut sent = desk.send(about).unwrap();
        for typed in ["", "1234567", "123456789", "12345678 yes", "the code"] {
            let tried = desk.verifier().try_code(&mut sent, about, (typed, VALID)).now_or_never().unwrap().unwrap();
            assert!(matches!(tried, Tried::NoCode), "{typed}");
        }
        assert_eq!((desk.written().len(), sent.tries), (1, 0));
        assert_eq!(desk.tries(&mut sent, about, CODE).unwrap(), None);
    });
}

#[test]
fn a_code_lasts_ten_minutes_and_no_clock_that_was_set_back_makes_it_last_longer() {
    Desk::about(|about| {
        for (seconds, is_valid) in [(0, true), (599, true), (600, false), (601, false), (86_400, false), (-1, false)] {
            let desk = Desk::default();
            let mut sent = desk.send(about).unwrap();
            desk.clock.0.set(seconds);
            let tried = desk.tries(&mut sent, about, CODE);
            if is_valid {
                assert_eq!(tried.unwrap(), None, "{seconds}");
                continue;
            }
            let error = tried.unwrap_err();
            assert_eq!(told(&error), (Kind::Refused, Reason::CodeTooOld), "{seconds}");
            assert!(error.hint.unwrap().contains("tellonce verify C-1 --by code"));
            assert!(sent.code.is_none(), "it is wiped");
            desk.clock.0.set(0);
            assert!(desk.tries(&mut sent, about, CODE).is_err(), "nor is it valid again");
            assert_eq!(desk.written().len(), 1, "nothing was compared");
        }
    });
}

#[test]
fn the_time_begins_once_the_code_is_sent() {
    Desk::about(|about| {
        let desk = Desk::default();
        desk.clock.0.set(3600);
        let mut sent = desk.send(about).unwrap();
        desk.clock.0.set(3600 + 599);
        assert_eq!(desk.tries(&mut sent, about, CODE).unwrap(), None);
    });
}

#[test]
fn a_code_that_was_not_sent_is_recorded_and_ends_it() {
    Desk::about(|about| {
        let desk = Desk::default();
        *desk.post.fails.borrow_mut() = Some(not_sent(false));
        let error = desk.send(about).err().unwrap();
        assert_eq!(told(&error), (Kind::Unavailable, Reason::MessageNotSent));
        assert!(error.message.contains("mail.example.com:465 hung up"), "{error}");
        assert!(error.hint.unwrap().contains("tellonce doctor"));
        assert_eq!(desk.written(), ["sending a***@example.com", "not_sent"]);
        *desk.post.fails.borrow_mut() = Some(SendFailed { hint: "Set up the sender.".to_owned(), ..not_sent(false) });
        assert_eq!(desk.send(about).err().unwrap().hint.as_deref(), Some("Set up the sender."));
    });
}

#[test]
fn a_code_whose_answer_was_lost_can_be_used_if_it_arrives() {
    Desk::about(|about| {
        let desk = Desk::default();
        *desk.post.fails.borrow_mut() = Some(not_sent(true));
        let mut sent = desk.send(about).unwrap();
        assert!(sent.may_not_arrive);
        assert_eq!(desk.written(), ["sending a***@example.com", "not_sent perhaps"]);
        assert_eq!(desk.tries(&mut sent, about, CODE).unwrap(), None);
    });
}

#[test]
fn what_cannot_be_written_down_is_not_done() {
    Desk::about(|about| {
        let desk = Desk::default();
        desk.log.fails_at.set("sending");
        assert_eq!(told(&desk.send(about).err().unwrap()), (Kind::Unavailable, Reason::AuditUnavailable));
        assert!(desk.post.sent.borrow().is_empty(), "nothing was sent");

        for record in ["trying", "verified"] {
            let desk = Desk::default();
            let mut sent = desk.send(about).unwrap();
            desk.log.fails_at.set(record);
            let error = desk.tries(&mut sent, about, CODE).unwrap_err();
            assert_eq!(told(&error), (Kind::Unavailable, Reason::AuditUnavailable), "{record}");
            desk.log.fails_at.set("");
            assert!(desk.tries(&mut sent, about, CODE).is_err(), "{record}: the code is gone");
        }
    });
}

#[test]
fn a_limit_refuses_before_anything_is_sent_or_compared() {
    Desk::about(|about| {
        let desk = Desk::default();
        desk.log.refuses.set(Some(("sending", LimitReached::Codes { count: 5, most: 5 })));
        let error = desk.send(about).err().unwrap();
        assert_eq!(told(&error), (Kind::Refused, Reason::TooManyCodes));
        assert!(error.message.contains("was sent 5 codes in the last hour"), "{error}");
        assert!(error.hint.unwrap().contains("an hour"));
        assert!(desk.post.sent.borrow().is_empty());

        let desk = Desk::default();
        let mut sent = desk.send(about).unwrap();
        desk.log.refuses.set(Some(("trying", LimitReached::WrongCodes { count: 6, most: 6 })));
        let error = desk.tries(&mut sent, about, CODE).unwrap_err();
        assert_eq!(told(&error), (Kind::Refused, Reason::TooManyCodes));
        assert!(error.message.contains("6 wrong codes"), "{error}");
        desk.log.refuses.set(None);
        assert!(desk.tries(&mut sent, about, CODE).is_err(), "the code is gone");
    });
}
