//! An attempt has each event once, however often and by whom it is appended.

use super::*;
use crate::ledger::{Limit, Subject};

fn no_more_of_agent(most: u32) -> Limit {
    Limit::Agent { backend_ids: vec!["practice:test".into()], agent: "sam".into(), most }
}

#[test]
fn the_record_that_is_there_is_returned_and_none_is_added() {
    let home = home();
    let first = append(&home.store(), draft("aa01", intent()));
    let again = append(&home.store(), Draft { ticket: Some("other".into()), ..draft("aa01", intent()) });
    assert_eq!((&again.record, again.refused), (&first.record, None));
    append(&home.store(), draft("aa01", DELIVERED));
    let other = Event::Delivery { delivery: Delivery::NotDelivered };
    assert_eq!(append(&home.store(), draft("aa01", other)).record.number, 2);
    assert_eq!(append(&home.store(), draft("aa02", intent())).record.number, 3);
    assert_eq!(home.verify(None).unwrap().records, 3);
}

#[test]
fn one_call_that_says_it_twice_appends_it_once() {
    let home = home();
    let twice = vec![draft("aa01", intent()).into(), draft("aa01", intent()).into()];
    let appended = wait_for(home.store().append(twice)).unwrap();
    assert_eq!(appended[0], appended[1]);
    assert_eq!(home.stored().len(), 1);
}

#[test]
fn an_intent_that_is_there_is_returned_before_any_limit_is_checked() {
    let home = home();
    let with_limit =
        |most| Append { notices: Vec::new(), draft: draft("aa01", intent()), limits: vec![no_more_of_agent(most)] };
    let first = append(&home.store(), with_limit(1));
    assert_eq!(first.refused, None);
    let again = append(&home.store(), with_limit(1));
    assert_eq!(again, first);
}

#[test]
fn a_refusal_is_recorded_once_and_returned_again_though_the_limit_would_let_it_through_now() {
    let home = home();
    append(&home.store(), draft("aa01", intent()));
    let subject = Subject { backend_ids: vec!["practice:test".into()], users: vec!["1".into()], ..Subject::default() };
    let with_limit = |most| Append {
        notices: Vec::new(),
        draft: draft("aa02", intent()),
        limits: vec![Limit::Customer { subject: subject.clone(), most, except: None }],
    };
    let refused = append(&home.store(), with_limit(1));
    let reached = LimitReached::Customer { count: 1, most: 1 };
    assert_eq!(refused.refused, Some(reached));
    let record = refused.record.record().unwrap();
    assert_eq!(record.draft.event.limit_reached(), Some(reached));
    assert_eq!((record.draft.attempt.as_str(), record.draft.customer.as_deref()), ("aa02", Some("C-1001")));
    assert_eq!(append(&home.store(), with_limit(9)), refused);
    assert_eq!(append(&home.store(), draft("aa02", intent())), refused);
    assert_eq!(home.events(), ["intent", "refused"]);
    assert_eq!(wait_for(home.store().open_attempts()).unwrap().len(), 1, "what was refused is not open");
    home.verify(None).unwrap();
}

#[test]
fn an_agent_who_is_refused_is_told_and_a_record_says_so() {
    let home = home();
    let mut ledger = home.ledger();
    reset(&mut ledger, "C-1001");
    let plan = plan("C-1002", Action::Set);
    let limits = ResetLimits { per_customer_24h: None, per_agent_1h: Some(1) };
    let refused = wait_for(ledger.intend(&session(), &plan, &asked(&plan), limits)).unwrap().unwrap_err();
    assert_eq!(refused, LimitReached::Agent { count: 1, most: 1 });
    let record = home.records().remove(3);
    assert_eq!(record.draft.event.describe(), "refused: 1 of 1 resets by the agent in an hour");
    assert_eq!((record.draft.agent.as_str(), record.draft.customer.as_deref()), ("sam", Some("C-1002")));
    let attempt = AttemptId::known(record.draft.attempt);
    assert!(end(&mut ledger, &attempt, SHOWN).is_err(), "a refused attempt has no outcome");
    assert!(home.history("C-1002").attempts.is_empty());
}
