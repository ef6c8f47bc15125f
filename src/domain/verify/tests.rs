//! The caller is verified by an agent whose answers a test gives.
#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

pub(in crate::domain) mod doubles;

use futures_util::FutureExt as _;
use jiff::SignedDuration;

use self::doubles::{Agent, Bytes, CODE, Log, NoAudit, Post, Quiet, SetClock, ada, begin, guards, not_sent};
use super::*;
use crate::domain::contact::{Channel, Contact, ContactChanged};
use crate::domain::error::Kind;
use crate::domain::guards::Guards;
use crate::domain::limits::LimitReached;
use crate::domain::verification::VerificationRules;
use crate::ledger::tests::stub;

/// A desk, what is on file for the caller, and what the agent asked for.
struct Desk {
    log: Log,
    post: Post,
    clock: SetClock,
    agent: Agent,
    guards: Guards,
    on_file: Vec<Contact>,
    wanted: Wanted,
}

/// A desk where one address is on file, and the agent types this.
fn desk<const N: usize>(types: [&'static str; N]) -> Desk {
    Desk {
        log: Log::default(),
        post: Post::default(),
        clock: SetClock::default(),
        agent: Agent { types: types.into(), ..Agent::default() },
        guards: guards(),
        on_file: vec![email("ada@example.com")],
        wanted: (None, None),
    }
}

fn email(address: &str) -> Contact {
    Contact::new(Channel::Email, address)
}

fn phone() -> Contact {
    Contact::new(Channel::Phone, "+44 20 7946 0018")
}

/// A desk for a call to the number on file.
fn calling(agent: Agent) -> Desk {
    Desk {
        agent,
        on_file: vec![email("ada@example.com"), phone()],
        wanted: (Some(VerificationWay::Callback), None),
        ..desk([])
    }
}

impl Desk {
    fn verify(&mut self) -> Result<Verification> {
        let session = stub::session("sam", "practice");
        let verifier = Verifier { log: &self.log, messenger: &self.post, clock: &self.clock };
        let mut services = Services {
            audit: &mut NoAudit,
            prompter: &mut self.agent,
            clock: &self.clock,
            random: &mut Bytes(0),
            interruptions: &Quiet,
            guards: &self.guards,
            verifier: Some(verifier),
        };
        let contacts = Contacts { on_file: self.on_file.clone(), ..Contacts::default() };
        let about = (None, ChangeKind::Reset);
        verify_caller(&mut services, &session, (&ada(), &contacts), about, self.wanted).now_or_never().unwrap()
    }

    /// Verifies, which fails. Returns why.
    fn fails(&mut self) -> (Kind, Reason) {
        let error = self.verify().unwrap_err();
        (error.kind, error.reason)
    }

    fn written(&self) -> Vec<String> {
        self.log.written.borrow().clone()
    }

    fn heard(&self, words: &str) -> usize {
        self.agent.heard.iter().filter(|heard| heard.contains(words)).count()
    }
}

#[test]
fn the_right_code_verifies_at_once_and_for_as_long_as_the_rules_say() {
    let mut desk = desk(["12-34 56.78"]);
    desk.guards.verification.valid = std::time::Duration::from_mins(5);
    let verification = desk.verify().unwrap();
    assert_eq!((verification.purpose, verification.way), (ChangeKind::Reset, VerificationWay::Code));
    assert_eq!((verification.id.as_str(), verification.to.as_str()), ("a2", "a***@example.com"));
    assert_eq!(verification.valid_until, begin() + SignedDuration::from_mins(5));
    assert_eq!(desk.heard("on its way to a***@example.com"), 1);
    assert_eq!(desk.heard("ada@example.com"), 0, "the address is masked: {:?}", desk.agent.heard);
    assert_eq!(desk.heard(CODE) + desk.heard("12345678"), 0, "nothing says the code");
}

#[test]
fn a_code_that_is_wrong_three_times_ends_it_and_the_fourth_is_not_asked_for() {
    let mut desk = desk(["11111111", "22222222", "33333333", CODE]);
    let error = desk.verify().unwrap_err();
    assert_eq!((error.kind, error.reason), (Kind::Refused, Reason::CodeWrong));
    assert!(error.hint.unwrap().contains("Do nothing for this caller"));
    assert_eq!(desk.agent.types, [CODE]);
    assert_eq!((desk.heard("2 more tries"), desk.heard("One more try")), (1, 1));
    assert_eq!(desk.written(), ["sending a***@example.com", "trying a1", "trying a1", "trying a1"]);
    assert_eq!(desk.post.sent.borrow().len(), 1, "no other code is sent by itself");
}

#[test]
fn the_right_code_at_the_third_try_verifies() {
    let mut desk = desk(["11111111", "no", "22222222", CODE]);
    assert_eq!(desk.verify().unwrap().id.as_str(), "a4");
    assert_eq!(desk.heard("did not count"), 1);
}

#[test]
fn what_can_be_no_code_does_not_count_and_ends_after_a_few() {
    let mut patient = desk(["", "1", "2", "3", "4", CODE]);
    assert!(patient.verify().is_ok());
    let mut hopeless = desk(["", "1", "2", "3", "4", "5", CODE]);
    assert_eq!(hopeless.fails(), (Kind::Refused, Reason::NotVerified));
    assert_eq!(hopeless.written(), ["sending a***@example.com"], "no try was counted");
    assert_eq!(hopeless.agent.types, [CODE]);
}

#[test]
fn where_no_code_is_given_nobody_is_verified() {
    assert_eq!(desk([]).fails(), (Kind::Refused, Reason::NotVerified));
    let mut one_wrong = desk(["11111111"]);
    assert_eq!(one_wrong.fails(), (Kind::Refused, Reason::NotVerified));
    assert_eq!(one_wrong.written().len(), 2);
}

#[test]
fn a_sender_that_fails_ends_it_and_one_whose_answer_is_lost_does_not() {
    let mut failed = desk([CODE]);
    *failed.post.fails.borrow_mut() = Some(not_sent(false));
    assert_eq!(failed.fails(), (Kind::Unavailable, Reason::MessageNotSent));
    assert_eq!(failed.agent.types, [CODE], "no code is asked for that was not sent");
    let mut lost = desk([CODE]);
    *lost.post.fails.borrow_mut() = Some(not_sent(true));
    assert!(lost.verify().is_ok());
    assert_eq!((lost.heard("may arrive, or may not"), lost.heard("on its way")), (1, 0), "it says what it knows");
}

#[test]
fn after_too_many_codes_a_call_is_named_only_where_the_customer_can_be_called() {
    for reached in [LimitReached::Codes { count: 5, most: 5 }, LimitReached::WrongCodes { count: 6, most: 6 }] {
        let hint = |on_file: Vec<Contact>, ways: &[VerificationWay]| {
            let mut desk = Desk { on_file, wanted: (Some(VerificationWay::Code), Some(1)), ..desk([CODE]) };
            desk.guards.verification.ways = ways.to_vec();
            let at = if matches!(reached, LimitReached::Codes { .. }) { "sending" } else { "trying" };
            desk.log.refuses.set(Some((at, reached)));
            let error = desk.verify().unwrap_err();
            assert_eq!(error.reason, Reason::TooManyCodes);
            error.hint.unwrap()
        };
        let (mailed, both) = (vec![email("ada@example.com")], vec![email("ada@example.com"), phone()]);
        assert!(hint(both.clone(), &VerificationWay::ALL).contains("--by callback"));
        for hint in [hint(mailed, &VerificationWay::ALL), hint(both, &[VerificationWay::Code])] {
            assert!(hint.contains(" hour") && !hint.contains("callback"), "{hint}");
        }
    }
}

#[test]
fn limits_and_a_log_that_is_away_end_it() {
    let mut limited = desk([CODE]);
    limited.log.refuses.set(Some(("trying", LimitReached::WrongCodes { count: 6, most: 6 })));
    assert_eq!(limited.fails(), (Kind::Refused, Reason::TooManyCodes));
    for record in ["sending", "trying", "verified"] {
        let mut desk = desk([CODE]);
        desk.log.fails_at.set(record);
        assert_eq!(desk.fails(), (Kind::Unavailable, Reason::AuditUnavailable), "{record}");
    }
    let mut called = calling(Agent { says_yes: true, ..Agent::default() });
    called.log.fails_at.set("verified");
    assert_eq!(called.fails(), (Kind::Unavailable, Reason::AuditUnavailable));
}

#[test]
fn a_call_verifies_if_the_agent_says_so_and_only_then() {
    let mut yes = calling(Agent { says_yes: true, ..Agent::default() });
    let verification = yes.verify().unwrap();
    assert_eq!((verification.way, verification.to.as_str()), (VerificationWay::Callback, "***18"));
    assert_eq!(yes.heard("+44 20 7946 0018"), 1, "the agent has to dial it");
    assert_eq!(yes.written(), ["verified callback call"]);
    let mut no = calling(Agent::default());
    assert_eq!(no.fails(), (Kind::Refused, Reason::NotVerified));
    let mut away = calling(Agent { is_away: true, says_yes: true, ..Agent::default() });
    let error = away.verify().unwrap_err();
    assert_eq!((error.kind, error.reason), (Kind::Usage, Reason::MissingAnswer));
    assert!(error.hint.unwrap().contains("--by code --code-stdin"));
    assert_eq!((no.written().len(), away.written().len()), (0, 0));
    assert_eq!(away.heard("+44"), 0, "the number is shown to somebody who calls");
}

#[test]
fn several_ways_are_asked_for_and_flags_leave_one() {
    let several = |agent: Agent, wanted: Wanted| Desk {
        agent: Agent { types: [CODE].into(), ..agent },
        on_file: vec![email("ada@example.com"), email("ada@example.org"), phone()],
        wanted,
        ..desk([])
    };
    let mut asked = several(Agent { chooses: Some(1), ..Agent::default() }, (None, None));
    assert_eq!(asked.verify().unwrap().to, "a***@example.org");
    let question = "How is Ada Lovelace (C-1) verified? send a code to a***@example.com, \
                    send a code to a***@example.org, send a code to ***18, call ***18";
    assert_eq!(asked.agent.heard[0], question);

    let by_code = Some(VerificationWay::Code);
    let mut flags = several(Agent::default(), (by_code, Some(2)));
    assert_eq!(flags.verify().unwrap().to, "a***@example.org");
    assert_eq!(flags.heard("How is"), 0);
    let mut by_place = several(Agent::default(), (None, Some(1)));
    assert_eq!(by_place.verify().unwrap().to, "a***@example.com");
    let mut by_way = several(Agent { says_yes: true, ..Agent::default() }, (Some(VerificationWay::Callback), None));
    assert_eq!(by_way.verify().unwrap().way, VerificationWay::Callback);

    for wanted in [(None, None), (by_code, None), (None, Some(3))] {
        let mut nobody = several(Agent::default(), wanted);
        let error = nobody.verify().unwrap_err();
        assert_eq!((error.kind, error.reason), (Kind::Usage, Reason::MissingAnswer), "{wanted:?}");
        let hint = error.hint.unwrap();
        assert!(hint.contains("`--by code --to 3`"), "{hint}");
        assert!(!hint.contains("example.com)") && !hint.contains("ada@"), "{hint}");
        assert!(nobody.post.sent.borrow().is_empty());
    }
    let mut none_such = several(Agent::default(), (None, Some(4)));
    assert_eq!(none_such.fails(), (Kind::Usage, Reason::Usage));
    let mut beyond = several(Agent { chooses: Some(9), ..Agent::default() }, (None, None));
    assert_eq!(beyond.fails().0, Kind::Bug);
}

#[test]
fn an_address_that_was_changed_two_days_ago_gets_no_code() {
    let two_days_ago = begin() - SignedDuration::from_hours(48);
    let changed = |at| Contact { changed: ContactChanged::At(at), ..email("eve@example.com") };
    let mut only = Desk { on_file: vec![changed(two_days_ago)], ..desk([CODE]) };
    let error = only.verify().unwrap_err();
    assert_eq!((error.kind, error.reason), (Kind::Refused, Reason::NoContact));
    assert!(error.message.contains("e***@example.com was changed too recently"), "{error}");
    let mut beside = Desk { on_file: vec![changed(two_days_ago), email("ada@example.com")], ..desk([CODE]) };
    assert_eq!(beside.verify().unwrap().to, "a***@example.com", "the old address is the one that is left");
    assert_eq!(beside.heard("changed too recently"), 1);
    let mut named = Desk { on_file: beside.on_file.clone(), wanted: (None, Some(1)), ..desk([CODE]) };
    assert_eq!(named.fails(), (Kind::Refused, Reason::NoContact), "nor by its number");
    let mut allowed = Desk { on_file: vec![changed(two_days_ago)], ..desk([CODE]) };
    allowed.guards.verification.contact_changed_within = std::time::Duration::from_hours(24);
    assert!(allowed.verify().is_ok());
    for desk in [only, named] {
        assert!(desk.written().is_empty() && desk.post.sent.borrow().is_empty());
    }
}

#[test]
fn where_nothing_can_be_used_nobody_is_verified() {
    let mut none = Desk { on_file: Vec::new(), ..desk([CODE]) };
    assert_eq!(none.fails(), (Kind::Refused, Reason::NoContact));
    let mut unsent = Desk { on_file: vec![phone()], ..desk([CODE]) };
    unsent.post.has_no_phone = true;
    unsent.guards.verification =
        VerificationRules { ways: vec![VerificationWay::Code], ..VerificationRules::default() };
    assert_eq!(unsent.fails(), (Kind::Refused, Reason::NoContact));
    let mut not_allowed = calling(Agent { says_yes: true, ..Agent::default() });
    not_allowed.guards.verification.ways = vec![VerificationWay::Code];
    assert_eq!(not_allowed.fails(), (Kind::Refused, Reason::NoContact), "the rules allow no call");
    assert!(not_allowed.written().is_empty());
}
