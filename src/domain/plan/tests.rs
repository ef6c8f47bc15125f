#![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

use super::*;
use crate::domain::capabilities::Gap;
use crate::domain::customer::CustomerId;
use crate::domain::user_id::UserId;

fn plan() -> Plan {
    Plan {
        language: None,
        notified: Vec::new(),
        verification: None,
        agent: "sam".to_owned(),
        profile_ref: ProfileRef {
            profile: "acme".to_owned(),
            backend: "scripted".to_owned(),
            backend_id: "scripted:test".to_owned(),
        },
        customer: Customer { name: "Ada Lovelace".to_owned(), ..Customer::known_by(CustomerId::new("C-1")) },
        target: ResetTarget::User(UserId::new("7")),
        user: None,
        action: Action::Set,
        state: State { has_user: true, ..State::default() },
        stamp: Some(Stamp { at: None, version: Some(1) }),
        pending_since: None,
        unlock: false,
        lasts: Duration::from_hours(24),
        recent: Vec::new(),
        gaps: vec![Gap::NeverRunsOut],
        notices: Vec::new(),
        case: Case::default(),
    }
}

#[test]
fn whatever_the_agent_decides_on_is_in_the_digest() {
    let changes: [fn(&mut Plan); 11] = [
        |plan| plan.agent = "kim".to_owned(),
        |plan| plan.profile_ref.profile = "other".to_owned(),
        |plan| plan.profile_ref.backend = "other".to_owned(),
        |plan| plan.customer.id = CustomerId::new("C-2"),
        |plan| plan.target = ResetTarget::User(UserId::new("8")),
        |plan| plan.action = Action::Withdraw,
        |plan| plan.state.locked = true,
        |plan| plan.unlock = true,
        |plan| plan.lasts = Duration::from_hours(1),
        |plan| plan.gaps.clear(),
        |plan| plan.case.ticket = Some("T-1".to_owned()),
    ];
    let before = plan().digest().unwrap();
    for (number, change) in changes.iter().enumerate() {
        let mut other = plan();
        change(&mut other);
        assert_ne!(other.digest().unwrap(), before, "change {number}");
    }
}

#[test]
fn what_is_said_on_this_machine_alone_is_not_in_the_digest() {
    let told = Plan { notices: vec!["this terminal is recorded".to_owned()], ..plan() };
    assert_eq!(told.digest().unwrap(), plan().digest().unwrap());
    let read_later = Plan { stamp: Some(Stamp { at: None, version: None }), ..plan() };
    assert_eq!(read_later.digest().unwrap(), plan().digest().unwrap(), "stamps are compared by meaning");
}

#[test]
fn a_digest_is_written_in_hexadecimal() {
    let text = plan().digest().unwrap().to_string();
    assert!(text.len() == 64 && text.chars().all(|letter| letter.is_ascii_hexdigit()), "{text}");
}
