//! The limits that are checked in the transaction that appends an intent.

use super::*;
use crate::domain::{NewUser, UserProfile};
use crate::ledger::{Limit, Subject};

const NEVER: ResetLimits = ResetLimits { per_customer_24h: Some(0), per_agent_1h: None };
const NO_MORE_OF_AGENT: ResetLimits = ResetLimits { per_customer_24h: None, per_agent_1h: Some(0) };

fn count(reached: LimitReached) -> u32 {
    match reached {
        LimitReached::Customer { count, .. } | LimitReached::Agent { count, .. } => count,
        other => panic!("no limit of resets: {other:?}"),
    }
}

/// How many resets a limit counts before an intent of this plan. A limit of none refuses it, and says so.
fn counted(home: &Home, session: &Session, plan: &Plan, limits: ResetLimits) -> u32 {
    count(wait_for(home.ledger().intend(session, plan, &asked(plan), limits)).unwrap().unwrap_err())
}

fn plan_of_user(customer: &str, user: &str) -> Plan {
    let user = UserProfile {
        id: UserId::new(user),
        username: Some("ada".into()),
        name: None,
        email: None,
        immutable_id: None,
    };
    Plan { target: ResetTarget::User(user.id.clone()), user: Some(user), ..plan(customer, Action::Set) }
}

fn plan_of_creation(customer: &str) -> Plan {
    let customer = Customer { email: None, ..customer_called(customer) };
    let new = NewUser { customer: customer.clone(), username: "ada".into(), new_customer: false };
    let target = ResetTarget::NewUser(Box::new(new));
    Plan { target, customer, stamp: None, ..plan("C-1001", Action::CreateAndSet) }
}

fn reset_by(home: &Home, plan: &Plan, outcome: Option<AttemptOutcome>) {
    let mut ledger = home.ledger();
    let attempt = intend_plan(&mut ledger, &session(), plan, &asked(plan)).unwrap();
    if let Some(outcome) = outcome {
        end(&mut ledger, &attempt, outcome).unwrap();
    }
}

/// How many resets of customer C-1001 count at this time.
fn counted_at(home: &Home, at: &str, except: Option<(&str, u64)>) -> u32 {
    let text = |text: &str| vec![text.to_owned()];
    let subject = Subject { backend_ids: text("practice:test"), users: text("1"), customers: text("C-1001") };
    let except = except.map(|(run, line)| (run.to_owned(), line));
    let limits = vec![Limit::Customer { subject, most: 0, except }];
    refused_count(home, at, limits)
}

fn counted_of_agent_at(home: &Home, at: &str) -> u32 {
    let limits = vec![Limit::Agent { backend_ids: vec!["practice:test".into()], agent: "sam".into(), most: 0 }];
    refused_count(home, at, limits)
}

fn refused_count(home: &Home, at: &str, limits: Vec<Limit>) -> u32 {
    let attempt = AttemptId::fresh(&mut Counting).unwrap();
    let append_it = Append { notices: Vec::new(), draft: draft(attempt.as_str(), intent()), limits };
    count(append(&store_in(&home.folders(), at), append_it).refused.unwrap())
}

#[test]
fn the_resets_of_a_user_count_whatever_their_customer_is_called() {
    let home = home();
    reset_by(&home, &plan_of_user("C-1", "1"), Some(SHOWN));
    reset_by(&home, &plan_of_user("C-2", "1"), Some(SHOWN));
    reset_by(&home, &plan_of_user("C-3", "2"), Some(SHOWN));
    assert_eq!(counted(&home, &session(), &plan_of_user("C-4", "1"), NEVER), 2);
    assert_eq!(counted(&home, &session(), &plan_of_user("C-4", "3"), NEVER), 0);
    assert_eq!(counted(&home, &session(), &plan_of_user("C-3", "3"), NEVER), 1, "the customer counts as well");
}

#[test]
fn the_creations_of_a_customer_count_though_there_is_no_user_yet() {
    let home = home();
    reset_by(&home, &plan_of_creation("C-1"), Some(failed(Changed::Unknown)));
    assert_eq!(counted(&home, &session(), &plan_of_creation("C-1"), NEVER), 1);
    assert_eq!(counted(&home, &session(), &plan_of_creation("C-2"), NEVER), 0);
    assert_eq!(counted(&home, &session(), &plan_of_user("C-1", "1"), NEVER), 1);
}

#[test]
fn another_backend_counts_apart_and_another_profile_of_one_backend_does_not() {
    let home = home();
    reset_by(&home, &plan_of_user("C-1", "1"), Some(SHOWN));
    let mut plan = plan_of_user("C-1", "1");
    plan.profile_ref.backend_id = "practice:other".into();
    let other = stub::session_at("sam", "practice", "practice:other");
    assert_eq!(counted(&home, &other, &plan, NEVER), 0);
    assert_eq!(counted(&home, &other, &plan, NO_MORE_OF_AGENT), 0);
    plan.profile_ref = stub::session("sam", "acme").profile_ref().clone();
    assert_eq!(counted(&home, &stub::session("sam", "acme"), &plan, NEVER), 1);
}

#[test]
fn an_agent_counts_over_all_customers_and_without_the_rows_of_bulk_runs() {
    let home = home();
    for customer in ["C-1", "C-2", "C-3"] {
        reset_by(&home, &plan_of_user(customer, customer), Some(SHOWN));
    }
    let row = plan_of_user("C-4", "4");
    intend_plan(&mut home.ledger().of_row("r1", 1), &session(), &row, &not_asked(&row)).unwrap();
    assert_eq!(counted(&home, &session(), &plan_of_user("C-5", "5"), NO_MORE_OF_AGENT), 3);
    let kim = stub::session("kim", "practice");
    assert_eq!(counted(&home, &kim, &plan_of_user("C-5", "5"), NO_MORE_OF_AGENT), 0);
    let limits = ResetLimits { per_agent_1h: Some(0), ..ResetLimits::default() };
    let mut of_row = home.ledger().of_row("r1", 2);
    let written = wait_for(of_row.intend(&session(), &row, &not_asked(&row), limits)).unwrap();
    assert!(written.is_ok(), "a row does not count for the agent, nor is it refused for the agent");
}

#[test]
fn withdrawals_do_not_count() {
    let home = home();
    let withdrawal = Plan { action: Action::Withdraw, ..plan_of_user("C-1", "1") };
    reset_by(&home, &withdrawal, Some(AttemptOutcome::Withdrawn { sessions: SessionsEnded::All }));
    assert_eq!(counted(&home, &session(), &plan_of_user("C-1", "1"), NEVER), 0);
    assert_eq!(counted(&home, &session(), &plan_of_user("C-1", "1"), NO_MORE_OF_AGENT), 0);
}

#[test]
fn what_may_have_changed_something_counts_and_nothing_else_does() {
    for (outcome, counts) in [
        (None, 1),
        (Some(was_set()), 1),
        (Some(SHOWN), 1),
        (Some(AttemptOutcome::Delivered(Delivery::NotDelivered)), 1),
        (Some(failed(Changed::Yes)), 1),
        (Some(failed(Changed::Unknown)), 1),
        (Some(failed(Changed::No)), 0),
    ] {
        let home = home();
        reset_by(&home, &plan_of_user("C-1001", "1"), outcome.clone());
        assert_eq!(counted_at(&home, NOW, None), counts, "{outcome:?}");
        assert_eq!(counted_of_agent_at(&home, NOW), counts, "{outcome:?}");
        assert_eq!(counted_at(&home, NOW, None), counts, "refusals do not count");
    }
}

#[test]
fn an_attempt_that_was_found_unchanged_does_not_count_unless_a_delivery_came_late() {
    let home = home();
    let store = home.store();
    let recovered = |changed| Event::Recovered { changed, stamp: None };
    append(&store, draft("aa01", intent()));
    append(&store, draft("aa01", recovered(Changed::No)));
    assert_eq!(counted_at(&home, NOW, None), 0);
    append(&store, draft("aa01", DELIVERED));
    assert_eq!(counted_at(&home, NOW, None), 1);
    assert_eq!(home.history("C-1001").recent_resets(time(NOW)).len(), 1, "the history says the same");

    append(&store, draft("aa02", intent()));
    append(&store, draft("aa02", recovered(Changed::Unknown)));
    assert_eq!(counted_at(&home, NOW, None), 2);
    append(&store, draft("aa02", Event::Failed { failure: "timed_out".into(), changed: Changed::No, stamp: None }));
    assert_eq!(counted_at(&home, NOW, None), 1, "its own end stands");
    assert_eq!(home.history("C-1001").recent_resets(time(NOW)).len(), 1);
}

#[test]
fn a_row_that_was_retried_counts_once_and_the_row_that_is_going_on_does_not() {
    let home = home();
    let store = home.store();
    let row = |attempt: &str, line| Draft { run: Some("r1".into()), row: Some(line), ..draft(attempt, intent()) };
    for (attempt, line) in [("aa01", 1), ("aa02", 1), ("aa03", 1), ("aa04", 2)] {
        append(&store, row(attempt, line));
    }
    append(&store, draft("aa05", intent()));
    assert_eq!(counted_at(&home, NOW, None), 3);
    assert_eq!(counted_at(&home, NOW, Some(("r1", 1))), 2);
    assert_eq!(counted_at(&home, NOW, Some(("r1", 2))), 2);
    assert_eq!(counted_at(&home, NOW, Some(("r1", 3))), 3);
    assert_eq!(counted_at(&home, NOW, Some(("r2", 1))), 3);
}

#[test]
fn a_row_is_not_refused_for_its_own_earlier_attempts() {
    let home = home();
    let ledger = home.ledger();
    let plan = plan_of_user("C-1001", "1");
    let limits = ResetLimits { per_customer_24h: Some(1), per_agent_1h: None };
    for _ in 0..3 {
        let mut row = ledger.of_row("r1", 1);
        let intent = wait_for(row.intend(&session(), &plan, &not_asked(&plan), limits)).unwrap().unwrap();
        end(&mut row, intent.attempt(), failed(Changed::Unknown)).unwrap();
    }
    let refused = wait_for(ledger.of_row("r1", 2).intend(&session(), &plan, &not_asked(&plan), limits));
    assert_eq!(refused.unwrap().unwrap_err(), LimitReached::Customer { count: 1, most: 1 });
}

#[test]
fn a_reset_counts_for_24_hours_to_the_microsecond_and_for_the_agent_for_one() {
    let home = home();
    append(&home.store(), draft("aa01", intent()));
    assert_eq!(counted_of_agent_at(&home, "2026-03-01T12:59:59.999999Z"), 1);
    assert_eq!(counted_of_agent_at(&home, "2026-03-01T13:00:00Z"), 0);
    assert_eq!(counted_at(&home, "2026-03-02T11:59:59.999999Z", None), 1);
    assert_eq!(counted_at(&home, "2026-03-02T12:00:00Z", None), 0);
}

#[test]
fn a_clock_that_is_put_back_makes_no_reset_young_again_nor_old() {
    let home = home();
    append(&home.store(), draft("aa01", intent()));
    append(&store_in(&home.folders(), "2026-03-02T12:00:00Z"), draft("aa02", intent()));
    assert_eq!(counted_at(&home, "2026-02-01T00:00:00Z", None), 1, "by the time that the new record would get");
}

#[test]
fn the_resets_by_an_agent_are_counted_the_same_for_the_plan() {
    let home = home();
    let store = home.store();
    append(&store, draft("aa01", intent()));
    append(&store, draft("aa02", intent()));
    append(&store, draft("aa02", Event::Failed { failure: "refused".into(), changed: Changed::No, stamp: None }));
    let ids = ["practice:test".to_owned()];
    let count = |agent: &str, since: &str| wait_for(store.resets_by_agent(&ids, agent, time(since))).unwrap();
    assert_eq!(count("sam", "2026-03-01T11:59:59Z"), 1);
    assert_eq!(count("sam", NOW), 0, "after this time");
    assert_eq!(count("kim", "2026-03-01T11:59:59Z"), 0);
    let at = |at: &str| wait_for(home.ledger_at(at).resets_by_agent(&session())).unwrap();
    assert_eq!((at("2026-03-01T12:59:59Z"), at("2026-03-01T13:00:00Z")), (1, 0));
}
