//! Codes, tries and verifications in the ledger, and the intents that use them.

use std::time::Duration;

use super::*;
use crate::domain::ports::{VerificationLog, VerificationSubject, VerifiedBy};
use crate::domain::{ChangeKind, Channel, Contact, UserProfile, Verification, VerificationFault, VerificationWay};

const QUARTER: Duration = Duration::from_mins(15);

fn address() -> Contact {
    Contact::new(Channel::Email, "ada.private@example.org")
}

fn user(id: &str) -> UserProfile {
    UserProfile { id: UserId::new(id), username: Some("ada".into()), name: None, email: None, immutable_id: None }
}

/// Works with the subject of a verification: the user 1 of C-1001, by this agent.
fn about<T>(agent: &str, purpose: ChangeKind, work: impl FnOnce(VerificationSubject<'_>) -> T) -> T {
    let (session, customer, user) = (stub::session(agent, "practice"), customer_called("C-1001"), user("1"));
    work(VerificationSubject { session: &session, customer: &customer, user: Some(&user), purpose })
}

fn sends(home: &Home, at: &str) -> Result<AttemptId, LimitReached> {
    about("sam", ChangeKind::Reset, |about| wait_for(home.ledger_at(at).sending_code(about, &address())).unwrap())
}

fn tries(home: &Home, agent: &str, at: &str) -> Result<AttemptId, LimitReached> {
    let code = AttemptId::known("c0de".to_owned());
    about(agent, ChangeKind::Reset, |about| wait_for(home.ledger_at(at).trying_code(about, &code)).unwrap())
}

fn verified(home: &Home, (agent, purpose): (&str, ChangeKind), at: &str, valid: Duration) -> Verification {
    let contact = address();
    let by = VerifiedBy { way: VerificationWay::Code, contact: &contact, try_id: None, valid };
    about(agent, purpose, |about| wait_for(home.ledger_at(at).verified(about, by)).unwrap())
}

/// The verification that an agent could use now.
fn usable(home: &Home, agent: &str, purpose: ChangeKind, at: &str) -> Option<Verification> {
    about(agent, purpose, |about| {
        let ledger = home.ledger_at(at);
        wait_for(ledger.verification(about.session, about.customer, about.user, about.purpose)).unwrap()
    })
}

fn plan_with(verification: &Verification) -> Plan {
    let user = Some(user("1"));
    Plan { user, verification: Some(verification.clone()), ..plan("C-1001", Action::Set) }
}

/// Asks for a reset with a verification, in a process of its own.
fn uses(home: &Home, agent: &str, plan: &Plan, at: &str) -> Result<AttemptId, LimitReached> {
    let session = stub::session(agent, "practice");
    let limits = ResetLimits::default();
    let written = wait_for(home.ledger_at(at).intend(&session, plan, &asked(plan), limits)).unwrap();
    written.map(|receipt| receipt.attempt().clone())
}

/// The fields of each record beside those that every record has.
fn own_fields(home: &Home) -> Vec<String> {
    let common =
        "action agent at attempt backend backend_id customer number profile row run ticket user username v writer";
    let names = |stored: StoredRecord| {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&stored.body).unwrap();
        let own = object.iter().filter(|(name, _)| !common.split(' ').any(|other| other == *name));
        own.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
    };
    home.stored().into_iter().map(names).collect()
}

#[test]
fn records_have_a_masked_address_and_no_place_for_a_code() {
    let home = home();
    let ledger = home.ledger();
    let contact = address();
    about("sam", ChangeKind::Reset, |about| {
        let code = wait_for(ledger.sending_code(about, &contact)).unwrap().unwrap();
        wait_for(ledger.code_not_sent(about, &code, true)).unwrap();
        let try_id = wait_for(ledger.trying_code(about, &code)).unwrap().unwrap();
        let by = VerifiedBy { way: VerificationWay::Code, contact: &contact, try_id: Some(&try_id), valid: QUARTER };
        let verification = wait_for(ledger.verified(about, by)).unwrap();
        assert_eq!((verification.id, verification.at), (try_id.clone(), time(NOW)));
        let fields = [
            r#"channel="email" event="code_sent" purpose="reset" to="a***@example.org""#.to_owned(),
            r#"event="code_not_sent" may_be_sent=true"#.to_owned(),
            format!(r#"code="{code}" event="code_tried""#),
            r#"attested=false channel="email" event="verified" purpose="reset" to="a***@example.org" valid_until="2026-03-01T12:15:00Z" way="code""#.to_owned(),
        ];
        let sorted = |line: &String| {
            let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            words.sort_unstable();
            words.join(" ")
        };
        assert_eq!(own_fields(&home).iter().map(sorted).collect::<Vec<_>>(), fields);
        for (record, attempt) in home.records().iter().zip([&code, &code, &try_id, &try_id]) {
            let draft = &record.draft;
            assert_eq!(draft.attempt, attempt.as_str());
            assert_eq!((draft.action.as_deref(), draft.agent.as_str()), (Some("verify"), "sam"));
            assert_eq!((draft.customer.as_deref(), draft.user.as_deref()), (Some("C-1001"), Some("1")));
        }
    });
    for name in ["ledger.db", "ledger.db-wal"] {
        let bytes = std::fs::read(home.folder.path().join(name)).unwrap();
        assert!(!bytes.windows(11).any(|window| window == b"ada.private"), "{name}");
    }
    assert!(home.history("C-1001").attempts.is_empty(), "nothing of that is an attempt to change somebody");
    home.verify(None).unwrap();
}

#[test]
fn a_call_is_recorded_as_the_agents_word() {
    let home = home();
    let contact = Contact::new(Channel::Phone, "+44 20 7946 0018");
    let by = VerifiedBy { way: VerificationWay::Callback, contact: &contact, try_id: None, valid: QUARTER };
    about("sam", ChangeKind::Unlocking, |about| wait_for(home.ledger().verified(about, by)).unwrap());
    let Event::Verified { attested, way, to, purpose, .. } = home.records().remove(0).draft.event else {
        panic!("no verification")
    };
    assert_eq!((attested, way, to.as_str()), (true, VerificationWay::Callback, "***18"));
    assert_eq!(purpose, ChangeKind::Unlocking);
}

#[test]
fn the_sixth_code_in_an_hour_is_refused_and_the_refusal_is_recorded() {
    let home = home();
    for _ in 0..5 {
        sends(&home, NOW).unwrap();
    }
    let reached = LimitReached::Codes { count: 5, most: 5 };
    assert_eq!(sends(&home, "2026-03-01T12:59:59Z"), Err(reached));
    let refused = home.records().pop().unwrap().draft;
    assert_eq!((refused.event.limit_reached(), refused.action.as_deref()), (Some(reached), Some("verify")));
    assert_eq!(home.events(), [&["code_sent"; 5][..], &["refused"]].concat());
    assert!(sends(&home, "2026-03-01T13:00:00Z").is_ok());
    assert!(home.history("C-1001").attempts.is_empty());
    assert_eq!(home.history("C-1001").recent_resets(time(NOW)).len(), 0);
}

#[test]
fn the_seventh_wrong_code_in_a_day_is_refused_whoever_types_it() {
    let home = home();
    for index in 0..6 {
        let agent = ["sam", "kim"][index % 2];
        tries(&home, agent, NOW).unwrap();
        let try_id = tries(&home, agent, NOW);
        if index == 5 {
            assert_eq!(try_id, Err(LimitReached::WrongCodes { count: 6, most: 6 }));
            break;
        }
        let (contact, try_id) = (address(), try_id.unwrap());
        let by = VerifiedBy { way: VerificationWay::Code, contact: &contact, try_id: Some(&try_id), valid: QUARTER };
        about(agent, ChangeKind::Reset, |about| wait_for(home.ledger().verified(about, by)).unwrap());
    }
    assert_eq!(tries(&home, "sam", "2026-03-02T11:59:59Z"), Err(LimitReached::WrongCodes { count: 6, most: 6 }));
    assert!(tries(&home, "sam", "2026-03-02T12:00:00Z").is_ok());
}

#[test]
fn the_newest_verification_that_fits_is_found_by_another_process() {
    let home = home();
    assert_eq!(usable(&home, "sam", ChangeKind::Reset, NOW), None);
    assert!(!home.path().exists(), "reading makes no ledger");
    let first = verified(&home, ("sam", ChangeKind::Reset), NOW, QUARTER);
    assert_eq!(usable(&home, "sam", ChangeKind::Reset, NOW), Some(first.clone()));
    let second = verified(&home, ("sam", ChangeKind::Reset), "2026-03-01T12:05:00Z", Duration::from_mins(1));
    assert_eq!(usable(&home, "sam", ChangeKind::Reset, "2026-03-01T12:05:59Z"), Some(second));
    assert_eq!(usable(&home, "sam", ChangeKind::Reset, "2026-03-01T12:06:00Z"), Some(first), "the second ran out");
    assert_eq!(usable(&home, "sam", ChangeKind::Reset, "2026-03-01T12:15:00Z"), None);
    assert_eq!(usable(&home, "kim", ChangeKind::Reset, NOW), None, "another agent");
    assert_eq!(usable(&home, "sam", ChangeKind::Unlocking, NOW), None, "another kind of change");
    assert_eq!(usable(&home, "sam", ChangeKind::Withdrawal, NOW), None);
    let of = |customer: &str, profile: Option<&UserProfile>| {
        let (ledger, session, customer) = (home.ledger(), session(), customer_called(customer));
        wait_for(ledger.verification(&session, &customer, profile, ChangeKind::Reset)).unwrap()
    };
    assert_eq!(of("C-1001", Some(&user("2"))), None, "another user of the same customer");
    assert_eq!(of("C-1001", None), None, "the customer once they have no user");
    assert_eq!(of("C-1002", Some(&user("2"))), None);
}

#[test]
fn a_verification_that_is_made_after_the_history_was_read_is_found() {
    let home = home();
    reset(&mut home.ledger(), "C-1001");
    let ledger = home.ledger();
    let found = || {
        about("sam", ChangeKind::Reset, |about| {
            wait_for(ledger.verification(about.session, about.customer, about.user, about.purpose)).unwrap()
        })
    };
    let read = || {
        about("sam", ChangeKind::Reset, |about| {
            wait_for(ledger.history(about.session, about.customer, about.user)).unwrap().attempts.len()
        })
    };
    assert_eq!((read(), found()), (1, None));
    let verification = verified(&home, ("sam", ChangeKind::Reset), NOW, QUARTER);
    assert_eq!(found(), Some(verification.clone()), "the history was read before it was made");
    assert_eq!((read(), found()), (1, Some(verification)), "the history was read after it was made");
    let of_another = wait_for(ledger.history(&session(), &customer_called("C-1002"), None)).unwrap();
    assert_eq!(of_another.attempts.len(), 0);
    assert!(found().is_some(), "the history was another customer's");
}

#[test]
fn no_verification_is_valid_for_more_than_an_hour() {
    let home = home();
    let long = verified(&home, ("sam", ChangeKind::Reset), NOW, Duration::from_hours(24));
    assert_eq!(long.valid_until, time("2026-03-01T13:00:00Z"));
    assert!(usable(&home, "sam", ChangeKind::Reset, "2026-03-01T12:59:59Z").is_some());
    let endless = verified(&home, ("sam", ChangeKind::Reset), NOW, Duration::MAX);
    assert_eq!(endless.valid_until, time("2026-03-01T13:00:00Z"));
}

#[test]
fn an_intent_uses_its_verification_and_no_second_one_does() {
    let home = home();
    let verification = verified(&home, ("sam", ChangeKind::Reset), NOW, QUARTER);
    let plan = plan_with(&verification);
    uses(&home, "sam", &plan, NOW).unwrap();
    let Event::Intent { verification: Some(used), .. } = home.records().pop().unwrap().draft.event else {
        panic!("the intent names no verification")
    };
    assert_eq!((used.id.as_str(), used.to.as_str()), (verification.id.as_str(), "a***@example.org"));
    assert_eq!(usable(&home, "sam", ChangeKind::Reset, NOW), None);
    assert!(wait_for(home.store().is_used(verification.id.as_str())).unwrap());
    let reached = LimitReached::Verification(VerificationFault::Used);
    assert_eq!(uses(&home, "sam", &plan, NOW), Err(reached));
    assert_eq!(home.records().pop().unwrap().draft.event.limit_reached(), Some(reached));
    home.verify(None).unwrap();
}

#[test]
fn a_verification_that_does_not_fit_or_ran_out_is_used_by_nobody() {
    let home = home();
    let verification = verified(&home, ("sam", ChangeKind::Reset), NOW, QUARTER);
    let fits = plan_with(&verification);
    let invented = Verification { id: AttemptId::known("ffff".to_owned()), ..verification.clone() };
    let other_purpose = Verification { purpose: ChangeKind::Unlocking, ..verification.clone() };
    for (agent, plan) in [
        ("kim", fits.clone()),
        ("sam", Plan { user: Some(user("2")), ..fits.clone() }),
        ("sam", Plan { user: None, customer: customer_called("C-1002"), ..fits.clone() }),
        ("sam", plan_with(&invented)),
        ("sam", plan_with(&other_purpose)),
    ] {
        let reached = Err(LimitReached::Verification(VerificationFault::NotTheirs));
        assert_eq!(uses(&home, agent, &plan, NOW), reached, "{agent} {plan:?}");
    }
    let ran_out = Err(LimitReached::Verification(VerificationFault::RanOut));
    assert_eq!(uses(&home, "sam", &fits, "2026-03-01T12:15:00Z"), ran_out);
    assert!(!home.events().contains(&"intent"));
    assert!(!wait_for(home.store().is_used(verification.id.as_str())).unwrap());
}

#[test]
fn a_verification_is_forgotten_with_the_records() {
    let home = home();
    let verification = verified(&home, ("sam", ChangeKind::Reset), NOW, QUARTER);
    let plan = plan_with(&verification);
    let mut ledger = home.ledger();
    let attempt = intend_plan(&mut ledger, &session(), &plan, &asked(&plan)).unwrap();
    end(&mut ledger, &attempt, failed(Changed::No)).unwrap();
    wait_for(home.ledger_at("2026-03-04T12:00:00Z").prune(time("2026-03-03T12:00:00Z"))).unwrap().unwrap();
    assert!(!wait_for(home.store().is_used(verification.id.as_str())).unwrap());
    let reached = Err(LimitReached::Verification(VerificationFault::NotTheirs));
    assert_eq!(uses(&home, "sam", &plan, NOW), reached, "what is not in the ledger verifies nobody");
    home.verify(None).unwrap();
}
