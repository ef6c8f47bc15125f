//! The records and limits of the suite.

use tellonce::domain::{Changed, Delivery, LimitReached, Settlement};
use tellonce::ledger::{ConsentGiven, Draft, Event, Limit, RecordStore, Subject};

use super::bench::append_within;
use super::{Checked, Failure};

/// The backend of the suite's records.
pub const BACKEND: &str = "suite:one";
/// A backend that is another one.
pub const OTHER_BACKEND: &str = "suite:other";
/// The agent of the suite's records.
pub const AGENT: &str = "sam";

fn draft(attempt: &str, event: Event) -> Draft {
    Draft {
        attempt: attempt.to_owned(),
        event,
        agent: AGENT.to_owned(),
        profile: "suite".to_owned(),
        backend: "suite".to_owned(),
        backend_id: Some(BACKEND.to_owned()),
        customer: Some("C-1".to_owned()),
        user: Some("u-1".to_owned()),
        username: Some("ada".to_owned()),
        action: Some("set".to_owned()),
        ticket: None,
        run: None,
        row: None,
    }
}

/// The intent to reset the customer C-1, whose user is u-1.
pub fn intent(attempt: &str) -> Draft {
    let event = Event::Intent {
        verification: None,
        reason: None,
        verified: None,
        consent: ConsentGiven::Asked,
        unlock: false,
        stamp_before: None,
        lease: None,
    };
    draft(attempt, event)
}

pub fn set(attempt: &str) -> Draft {
    draft(attempt, Event::Set { stamp: None, proved: Some(true), proof_reason: None, sessions_left: None })
}

pub fn shown(attempt: &str) -> Draft {
    draft(attempt, Event::Delivery { delivery: Delivery::Shown })
}

pub fn withdrawn(attempt: &str) -> Draft {
    draft(attempt, Event::Withdrawn { sessions_left: None })
}

pub fn failed(attempt: &str, changed: Changed) -> Draft {
    draft(attempt, Event::Failed { failure: "suite".to_owned(), changed, stamp: None })
}

pub fn settled(attempt: &str, outcome: Settlement) -> Draft {
    draft(attempt, Event::Settled { outcome })
}

pub fn recovered(attempt: &str, changed: Changed) -> Draft {
    draft(attempt, Event::Recovered { changed, stamp: None })
}

/// The record of a prune, as the ledger hands it over.
pub fn pruned(id: &str) -> Draft {
    let event = Event::Pruned { through: 0, head: String::new(), removed: 0 };
    let (customer, user, username, action, backend_id) = (None, None, None, None, None);
    Draft { agent: "uid 1000".to_owned(), customer, user, username, action, backend_id, ..draft(id, event) }
}

/// The same draft for another customer and their user, by a number.
pub fn for_customer(draft: Draft, number: u32) -> Draft {
    Draft { customer: Some(format!("C-{number}")), user: Some(format!("u-{number}")), ..draft }
}

/// The same draft in a row of a bulk run.
pub fn in_row(draft: Draft, run: &str, row: u64) -> Draft {
    Draft { run: Some(run.to_owned()), row: Some(row), ..draft }
}

/// Makes a list of ids.
pub fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// The customer C-1 and the user u-1.
pub fn subject() -> Subject {
    Subject { backend_ids: ids(&[BACKEND]), users: ids(&["u-1"]), customers: ids(&["C-1"]) }
}

/// So many resets of C-1 in 24 hours.
pub fn customer_limit(most: u32) -> Limit {
    Limit::Customer { subject: subject(), most, except: None }
}

/// So many resets by the suite's agent in an hour.
pub fn agent_limit(most: u32) -> Limit {
    Limit::Agent { backend_ids: ids(&[BACKEND]), agent: AGENT.to_owned(), most }
}

/// Counts what a limit counts: one that allows none refuses and says how many there are. A refusal counts for nothing.
pub async fn count(store: &dyn RecordStore, limit: Limit) -> Checked<u32> {
    let next = store.head().await?.map_or(1, |head| head.number + 1);
    let none = match limit {
        Limit::Customer { subject, except, .. } => Limit::Customer { subject, except, most: 0 },
        Limit::Agent { backend_ids, agent, .. } => Limit::Agent { backend_ids, agent, most: 0 },
        Limit::Codes { subject, .. } => Limit::Codes { subject, most: 0 },
        Limit::WrongCodes { subject, .. } => Limit::WrongCodes { subject, most: 0 },
        Limit::Verification { .. } => return Err(Failure("a verification is not counted".to_owned())),
    };
    let asked = for_customer(intent(&format!("asks-{next}")), 999);
    match append_within(store, asked, vec![none]).await?.refused {
        Some(
            LimitReached::Customer { count, most: 0 }
            | LimitReached::Agent { count, most: 0 }
            | LimitReached::Codes { count, most: 0 }
            | LimitReached::WrongCodes { count, most: 0 },
        ) => Ok(count),
        refused => Err(Failure(format!("a limit that allows none did not refuse as such: {refused:?}"))),
    }
}
