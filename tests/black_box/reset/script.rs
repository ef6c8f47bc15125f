//! How a backend answers in a test.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use tellonce::domain::{
    Contacts, Customer, CustomerId, Error, Forced, Gap, LockOuts, Obstacle, Pending, Policy, PolicyRead, Rule,
    TrialAnswer, UserProfile,
};

use crate::support::conformance::MovedClock;

/// How the backend answers.
#[allow(clippy::struct_excessive_bools, reason = "independent faults, each switched on by itself")]
pub struct Script {
    pub gaps: BTreeSet<Gap>,
    pub lock_outs: LockOuts,
    pub lifetime: Option<std::time::Duration>,
    pub policy: PolicyRead,
    pub obstacles: Vec<Obstacle>,
    pub locked: bool,
    /// A temporary password is pending beforehand.
    pub is_pending: bool,
    /// The customer has no user yet.
    pub creates: bool,
    /// The sets that are refused for policy before one is taken.
    pub policy_refusals: Vec<Vec<Rule>>,
    /// A policy that is not shown: what breaks it is refused, and the first rule that it breaks named.
    pub refuses_by: Vec<Rule>,
    pub set_fails: Option<fn() -> Error>,
    /// A failing set was applied all the same.
    pub applied: bool,
    pub mark_fails: bool,
    pub unlock_fails: bool,
    pub end_sessions_fails: Option<fn() -> Error>,
    pub forced: bool,
    /// Another agent's set comes after ours.
    pub overtaken: bool,
    /// It reads from a copy that does not know the set yet.
    pub lags: bool,
    /// The password is set by somebody else after the first look.
    pub changes_while_asked: bool,
    /// The answers to a sign-in with the temporary password; the last one stays.
    pub trials: Vec<TrialAnswer>,
    /// What is read back after a sign-in.
    pub forced_after_trial: Option<Forced>,
    /// The set fails with a text that quotes the password.
    pub quotes: bool,
    /// What is pending, for a sweep.
    pub pending: Vec<Pending>,
    /// A clock that moves three hours on while the list of what is pending is read.
    pub clock_while_listing: Option<Arc<MovedClock>>,
    /// The users who are found by their immutable id.
    pub users: Vec<UserProfile>,
    pub lookup_fails: Option<fn() -> Error>,
    /// The immutable id of the user who gets a temporary password.
    pub immutable_id: Option<String>,
    /// What is on file for the user.
    pub contacts: Contacts,
    /// The server's clock.
    pub server_time: Option<Timestamp>,
    /// Calls that are never answered; `user_snapshot` only after the set.
    pub hangs: Vec<&'static str>,
    /// How many calls it says that it serves at a time. Each call takes a while if there may be others.
    pub concurrency: usize,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            gaps: BTreeSet::new(),
            lock_outs: LockOuts::LiftedOnRequest,
            lifetime: None,
            policy: PolicyRead::Read(Policy::new([Rule::MinLength(8)])),
            obstacles: Vec::new(),
            locked: false,
            is_pending: false,
            creates: false,
            policy_refusals: Vec::new(),
            refuses_by: Vec::new(),
            set_fails: None,
            applied: false,
            mark_fails: false,
            unlock_fails: false,
            end_sessions_fails: None,
            forced: true,
            overtaken: false,
            lags: false,
            changes_while_asked: false,
            trials: vec![TrialAnswer::ChangeRequired],
            forced_after_trial: None,
            quotes: false,
            pending: Vec::new(),
            clock_while_listing: None,
            users: Vec::new(),
            lookup_fails: None,
            immutable_id: None,
            contacts: Contacts::default(),
            server_time: None,
            hangs: Vec::new(),
            concurrency: 1,
        }
    }
}

pub fn ada() -> Customer {
    Customer {
        name: "Ada Lovelace".to_owned(),
        email: Some("ada@example.com".to_owned()),
        username: Some("ada".to_owned()),
        ..Customer::known_by(CustomerId::new("7"))
    }
}

pub fn bob() -> Customer {
    Customer {
        name: "Bob Noyce".to_owned(),
        email: Some("bob@example.com".to_owned()),
        username: Some("bob".to_owned()),
        ..Customer::known_by(CustomerId::new("8"))
    }
}
