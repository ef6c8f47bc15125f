#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;

use super::*;
use crate::domain::customer::CustomerId;
use crate::domain::intent::Intent;
use crate::domain::user::ResetTarget;
use crate::domain::user_id::UserId;
use crate::ledger::tests::stub;

#[test]
fn a_backend_without_such_a_call_refuses_and_says_what_lifts_the_lock() {
    let session = stub::session("sam", "practice");
    let plan = Plan {
        language: None,
        notified: Vec::new(),
        verification: None,
        agent: session.agent().to_owned(),
        profile_ref: session.profile_ref().clone(),
        customer: Customer::known_by(CustomerId::new("C-1")),
        target: ResetTarget::User(UserId::new("7")),
        user: None,
        action: Action::Unlock,
        state: State::default(),
        stamp: None,
        pending_since: None,
        unlock: true,
        lasts: Duration::from_hours(24),
        recent: Vec::new(),
        gaps: Vec::new(),
        notices: Vec::new(),
        case: Case::default(),
    };
    let intent = Intent::of_test(&plan, AttemptId::known("a1".to_owned()), Timestamp::UNIX_EPOCH);
    let error = session.backend().unlock_alone(&intent).now_or_never().unwrap().unwrap_err();
    assert_eq!((error.kind, error.reason, error.changed), (Kind::Refused, Reason::RefusedByBackend, Changed::No));
    assert!(error.hint.unwrap().contains("tellonce reset"));
}
