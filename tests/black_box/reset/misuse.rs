//! What the types let through, and what they keep from happening all the same.

use std::cell::Cell;
use std::sync::Arc;

use tellonce::domain::ports::Interruptions;
use tellonce::domain::{
    Assessed, Assessment, Authorized, Changed, Guards, Kind, LockOuts, Need, Reason, Requirement, Reset, ResetRequest,
    Services, Session, assess, authorize, execute, reset,
};

use super::scripted::{Script, Scripted};
use crate::support::conformance::{MovedClock, Player, Revealed, SharedClock, guards, wait_for, with_services_of};

fn request(customer: &str) -> ResetRequest {
    ResetRequest { customer: customer.into(), ..ResetRequest::default() }
}

async fn planned(services: &mut Services<'_>, session: &Session, customer: &str) -> Assessment<Reset> {
    match assess::<Reset>(&mut services.for_assessment(), session, &request(customer)).await.unwrap() {
        Assessed::Planned(assessment) => *assessment,
        Assessed::Needs { needs, .. } => panic!("{needs:?}"),
        Assessed::Refused { reached, .. } => panic!("{reached:?}"),
    }
}

/// Works with an agent who says yes.
fn with_services<T>(guards: &Guards, work: impl AsyncFnOnce(&mut Services<'_>) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let clock: SharedClock = Arc::new(MovedClock::default());
    wait_for(with_services_of(folder.path(), clock, guards, &mut Player::confirming(""), work))
}

#[test]
fn an_intent_for_one_customer_does_not_change_another() {
    let backend = Scripted::new(Script::default());
    let session = backend.session();
    let error = with_services(&guards(), async |services: &mut Services<'_>| {
        let for_ada = planned(services, &session, "ada").await;
        let for_bob = planned(services, &session, "bob").await;
        let Authorized { intent, .. } = authorize(services, &session, for_ada, &mut request("ada")).await.unwrap();
        execute(services, &session, intent, for_bob).await.err().unwrap()
    });
    assert_eq!((error.kind, error.changed), (Kind::Bug, Changed::No));
    assert!(!backend.calls().contains(&"set"), "{:?}", backend.calls());
}

#[test]
fn every_call_that_changes_something_is_about_the_user_of_the_plan() {
    for (script, user) in [
        (Script { locked: true, lock_outs: LockOuts::LiftedBySet, ..Script::default() }, "7"),
        (Script { creates: true, ..Script::default() }, "9"),
    ] {
        let creates = script.creates;
        let backend = Scripted::new(script);
        let session = backend.session();
        with_services(&guards(), async |services: &mut Services<'_>| {
            reset(services, &session, &mut Revealed::default(), request("ada")).await.unwrap();
        });
        let set = if creates { "not created yet" } else { user };
        assert_eq!(backend.users(), [set, user, user, user], "set, mark, end sessions, prove");
    }
}

#[test]
fn an_assessment_asks_nobody_and_says_what_it_needs() {
    let guards = Guards { require: vec![Requirement::Ticket, Requirement::Verified], ..guards() };
    let backend = Scripted::new(Script { locked: true, ..Script::default() });
    let session = backend.session();
    let needs = |customer: &'static str| {
        with_services(&guards, async |services: &mut Services<'_>| {
            match assess::<Reset>(&mut services.for_assessment(), &session, &request(customer)).await.unwrap() {
                Assessed::Planned(_) | Assessed::Refused { .. } => panic!("nobody gave a ticket"),
                Assessed::Needs { customer, needs } => (customer.map(|customer| customer.name), needs),
            }
        })
    };
    let (customer, all) = needs("ada");
    assert_eq!(customer.as_deref(), Some("Ada Lovelace"));
    let [Need::Unlock { otherwise }, Need::Text(Requirement::Ticket), Need::Text(Requirement::Verified)] = &all[..]
    else {
        panic!("{all:?}")
    };
    assert_eq!((otherwise.kind, otherwise.reason), (Kind::Refused, Reason::Locked));
    let (customer, all) = needs("office@example.com");
    let ([Need::Choice { customers, otherwise, .. }], None) = (&all[..], customer) else { panic!("{all:?}") };
    assert_eq!((customers.len(), otherwise.kind), (2, Kind::Ambiguous));
    let calls = backend.calls();
    assert!(calls.iter().all(|call| ["keep_alive", "exact", "standing"].contains(call)), "{calls:?}");
}

#[test]
fn an_intent_that_is_not_executed_changes_nothing() {
    let backend = Scripted::new(Script::default());
    let session = backend.session();
    with_services(&guards(), async |services: &mut Services<'_>| {
        let assessment = planned(services, &session, "ada").await;
        let authorized = authorize(services, &session, assessment, &mut request("ada")).await.unwrap();
        drop(authorized);
    });
    assert!(backend.users().is_empty());
}

/// Remembers whether signals wait.
#[derive(Default)]
struct Held(Cell<bool>);

impl Interruptions for Held {
    fn hold(&self) {
        self.0.set(true);
    }

    fn caught(&self) -> Option<i32> {
        None
    }

    fn release(&self) {
        self.0.set(false);
    }
}

#[test]
fn signals_wait_from_the_intent_until_the_attempt_is_let_go() {
    let backend = Scripted::new(Script::default());
    let (session, held) = (backend.session(), Held::default());
    with_services(&guards(), async |services: &mut Services<'_>| {
        let mut services = Services {
            verifier: None,
            audit: services.audit,
            prompter: services.prompter,
            clock: services.clock,
            random: services.random,
            interruptions: &held,
            guards: services.guards,
        };
        let assessment = planned(&mut services, &session, "ada").await;
        assert!(!held.0.get());
        let authorized = authorize(&mut services, &session, assessment, &mut request("ada")).await.unwrap();
        assert!(held.0.get());
        drop(authorized);
        assert!(!held.0.get());
        reset(&mut services, &session, &mut Revealed::default(), request("ada")).await.unwrap();
        assert!(!held.0.get());
    });
}
