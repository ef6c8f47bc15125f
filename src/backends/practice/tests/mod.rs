//! The practice directory through its own doors: the ports on the agent's side, the app on the customer's.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

mod agents;
mod customers;
mod search;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{Practice, PracticeSignIn};
use crate::domain::ports::{AgentSignIn, Clock, Intent, Prompter};
use crate::domain::{
    Action, Answer, AttemptId, Case, Consent, Customer, CustomerId, Failure, Place, Plan, Session, State, Way, generate,
};
use crate::system::SystemRandom;

/// A clock that a test sets.
pub(super) struct SetClock(AtomicI64);

impl SetClock {
    pub(super) fn move_by(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A directory in a folder of its own, and its clock.
pub(super) struct Directory {
    _folder: tempfile::TempDir,
    pub(super) practice: Practice,
    pub(super) clock: Arc<SetClock>,
}

pub(super) fn place() -> Directory {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SetClock(AtomicI64::new(0)));
    let practice =
        Practice::open(&folder.path().join("practice.db"), Duration::from_secs(5), Arc::<SetClock>::clone(&clock))
            .unwrap();
    Directory { _folder: folder, practice, clock }
}

/// The customer with this id.
pub(super) fn customer(session: &Session, id: &str) -> Customer {
    wait_for(session.directory().get(&CustomerId::new(id))).unwrap().unwrap()
}

/// The facts of the status of the customer with this id.
pub(super) fn state(session: &Session, id: &str) -> State {
    wait_for(session.backend().standing(&customer(session, id))).unwrap().state
}

pub(super) fn wait_for<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// Answers with one password.
pub(super) struct Typist(pub(super) &'static str);

#[async_trait(?Send)]
impl Prompter for Typist {
    fn can_ask(&self) -> bool {
        false
    }

    fn choose(&mut self, _: &str, _: &[Customer]) -> Answer<usize> {
        Err(Failure::bug("not asked here"))
    }

    fn confirm(&mut self, _: &Plan) -> Answer<Consent> {
        Err(Failure::bug("not asked here"))
    }

    fn line(&mut self, _: &str, _: &str) -> Answer<String> {
        Err(Failure::bug("not asked here"))
    }

    fn secret(&mut self, _: &str, _: &str) -> Answer<Zeroizing<String>> {
        Ok(Zeroizing::new(self.0.to_owned()))
    }

    fn yes(&mut self, _: &str, default: bool) -> Answer<bool> {
        Ok(default)
    }

    fn say(&mut self, _: &str) {}
}

impl Directory {
    pub(super) fn try_sign_in(&self, agent: &str, password: &'static str) -> Answer<Session> {
        let place = Place { profile: "practice".to_owned(), backend: "practice".to_owned() };
        let sign_in = PracticeSignIn::new(self.practice.clone(), place, vec!["staff-admins".to_owned()]);
        wait_for(sign_in.sign_in(Way::Password, Some(agent), &mut Typist(password))).map(|(session, _)| session)
    }

    pub(super) fn session(&self) -> Session {
        self.try_sign_in("sam", "practice").unwrap()
    }

    /// An intent without an audit log: these tests are of the backend alone.
    pub(super) fn intent(&self, session: &Session, customer: &Customer) -> Intent {
        let plan = Plan {
            agent: session.agent().to_owned(),
            place: session.place().clone(),
            customer: customer.clone(),
            action: Action::Set,
            state: State::default(),
            stamp: None,
            pending_since: None,
            unlock: false,
            lasts: Duration::from_hours(24),
            recent: Vec::new(),
            gaps: Vec::new(),
            notices: Vec::new(),
            case: Case::default(),
        };
        let attempt = AttemptId::fresh(&mut SystemRandom).unwrap();
        Intent::receipt(session, &plan, Consent::by_flag(), attempt, self.clock.now())
    }

    /// Sets a temporary password and gives it.
    pub(super) fn issue(&self, session: &Session, id: &str) -> String {
        let whom = customer(session, id);
        let standing = wait_for(session.backend().standing(&whom)).unwrap();
        let password =
            generate(&standing.policy.to_generate_for(), &crate::domain::About::default(), &mut SystemRandom).unwrap();
        let intent = self.intent(session, &whom);
        assert!(wait_for(session.backend().set_temporary_password(&intent, &standing.whom, &password)).is_ok());
        password.reveal(str::to_owned)
    }
}
