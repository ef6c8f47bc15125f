//! The practice directory through its own doors: the ports on the agent's side, the app on the customer's.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

mod agent_sign_in;
mod agents;
mod app;
mod contacts;
mod customers;
mod file;
mod interleaving;
mod issuing;
mod migration;
mod search;
mod sender;
mod user_snapshot;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{Practice, PracticeSignIn, SignIn};
use crate::domain::ports::{AgentSignIn, Clock, Prompter, SetFailed};
use crate::domain::{
    About, Action, ActionKind, AttemptId, Case, Customer, CustomerId, Decision, Error, Intent, Issued, Plan, Policy,
    ProfileRef, ResetTarget, Result, Session, SignInMethod, Stamp, State, TemporaryPassword, UserId, UserSnapshot,
    generate,
};
use crate::platform::SystemRandom;

/// A clock that a test sets, and that can do something the next time it is read.
#[derive(Default)]
pub(super) struct SetClock(AtomicI64, Mutex<VecDeque<Box<dyn FnOnce() + Send>>>);

impl SetClock {
    pub(super) fn move_by(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    /// What another process does, just before the time is read next.
    pub(super) fn meanwhile(&self, work: impl FnOnce() + Send + 'static) {
        self.1.lock().unwrap().push_back(Box::new(work));
    }
}

#[async_trait::async_trait(?Send)]
impl Clock for SetClock {
    async fn sleep(&self, duration: std::time::Duration) {
        tokio::time::sleep(duration).await;
    }

    fn now(&self) -> Timestamp {
        let work = self.1.lock().unwrap().pop_front();
        if let Some(work) = work {
            work();
        }
        Timestamp::from_second(1_800_000_000 + self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A directory in a folder of its own, and its clock.
pub(super) struct Directory {
    pub(super) folder: tempfile::TempDir,
    pub(super) practice: Practice,
    pub(super) clock: Arc<SetClock>,
}

pub(super) fn directory() -> Directory {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::<SetClock>::default();
    let practice = Practice::open(
        &folder.path().join("home").join("practice.db"),
        Duration::from_secs(5),
        Arc::<SetClock>::clone(&clock),
    )
    .unwrap();
    Directory { folder, practice, clock }
}

/// The customer with this id.
pub(super) fn customer(session: &Session, id: &str) -> Customer {
    wait_for(session.directory().get(&CustomerId::new(id))).unwrap().unwrap()
}

/// The facts of the status of the customer with this id.
pub(super) fn state(session: &Session, id: &str) -> State {
    wait_for(session.backend().user_snapshot(&customer(session, id))).unwrap().state
}

pub(super) fn wait_for<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// Answers with one password.
pub(super) struct TypedPassword(pub(super) &'static str);

#[async_trait(?Send)]
impl Prompter for TypedPassword {
    fn can_ask(&self) -> bool {
        false
    }

    fn choose(&mut self, _: &str, _: &[Customer]) -> Result<usize> {
        Err(Error::bug("not asked here"))
    }

    fn confirm(&mut self, _: &Plan) -> Result<Decision> {
        Err(Error::bug("not asked here"))
    }

    fn line(&mut self, _: &str, _: &str) -> Result<String> {
        Err(Error::bug("not asked here"))
    }

    fn secret(&mut self, _: &str, _: &str) -> Result<Zeroizing<String>> {
        Ok(Zeroizing::new(self.0.to_owned()))
    }

    fn yes(&mut self, _: &str, default: bool) -> Result<bool> {
        Ok(default)
    }

    fn say(&mut self, _: &str) {}
}

impl Directory {
    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("home").join("practice.db")
    }

    /// The same file, as another process opens it.
    pub(super) fn again(&self) -> Practice {
        Practice::open(&self.path(), Duration::from_mins(1), Arc::<SetClock>::default()).unwrap()
    }

    /// What a query of one number gives.
    pub(super) fn number(&self, query: &str) -> i64 {
        self.practice.connection().query_row(query, [], |row| row.get(0)).unwrap()
    }

    /// "in", "change", or the words of the refusal.
    pub(super) fn signs_in(&self, name: &str, password: &str) -> String {
        match self.practice.sign_in(name, password).unwrap() {
            SignIn::SignedIn(_) => "in".to_owned(),
            SignIn::ChangeRequired(_) => "change".to_owned(),
            SignIn::Refused(words) => words,
        }
    }

    pub(super) fn agent_sign_in(&self) -> PracticeSignIn {
        let directory = ProfileRef {
            profile: "practice".to_owned(),
            backend: "practice".to_owned(),
            backend_id: "practice:test".to_owned(),
        };
        PracticeSignIn::new(self.practice.clone(), directory, vec!["staff-admins".to_owned()])
    }

    pub(super) fn try_sign_in(&self, agent: &str, password: &'static str) -> Result<Session> {
        wait_for(self.agent_sign_in().sign_in(SignInMethod::Password, Some(agent), &mut TypedPassword(password)))
            .map(|(session, _)| session)
    }

    pub(super) fn agent(&self, name: &str) -> Session {
        self.try_sign_in(name, "practice").unwrap()
    }

    pub(super) fn session(&self) -> Session {
        self.try_sign_in("sam", "practice").unwrap()
    }

    /// An intent to change the user of this customer, of what is pending now.
    pub(super) fn intent<A: ActionKind>(&self, session: &Session, id: &str) -> Intent<A> {
        let snapshot = snapshot_of(session, id);
        self.intent_for(session, &snapshot.target, snapshot.stamp)
    }

    /// An intent without an audit log: these tests are of the backend alone.
    pub(super) fn intent_for<A: ActionKind>(
        &self,
        session: &Session,
        target: &ResetTarget,
        stamp: Option<Stamp>,
    ) -> Intent<A> {
        let plan = Plan {
            language: None,
            notified: Vec::new(),
            verification: None,
            agent: session.agent().to_owned(),
            profile_ref: session.profile_ref().clone(),
            customer: Customer::known_by(CustomerId::new("C-1001")),
            target: target.clone(),
            user: None,
            action: Action::Set,
            state: State::default(),
            stamp,
            pending_since: None,
            unlock: false,
            lasts: Duration::from_hours(24),
            recent: Vec::new(),
            gaps: Vec::new(),
            notices: Vec::new(),
            case: Case::default(),
        };
        let attempt = AttemptId::fresh(&mut SystemRandom).unwrap();
        Intent::of_test(&plan, attempt, self.clock.now())
    }

    /// Sets a temporary password and gives it.
    pub(super) fn issue(&self, session: &Session, id: &str) -> String {
        self.issue_to(session, &snapshot_of(session, id).target).unwrap().1
    }

    /// Sets a temporary password; how it went, and the password.
    pub(super) fn issue_to(&self, session: &Session, target: &ResetTarget) -> Result<(Issued, String)> {
        let password = fresh_password();
        let intent = self.intent_for(session, target, None);
        match wait_for(session.backend().set_temporary_password(&intent, &password)) {
            Ok(issued) => Ok((issued, password.characters().to_owned())),
            Err(SetFailed::Other(error)) => Err(error),
            Err(SetFailed::Policy(rules)) => panic!("refused for {rules:?}"),
        }
    }
}

/// Where the customer with this id stands.
pub(super) fn snapshot_of(session: &Session, id: &str) -> UserSnapshot {
    wait_for(session.backend().user_snapshot(&customer(session, id))).unwrap()
}

pub(super) fn user_of(session: &Session, id: &str) -> UserId {
    match snapshot_of(session, id).target {
        ResetTarget::User(user) => user,
        ResetTarget::NewUser(_) => panic!("{id} has no user"),
    }
}

/// One that suits every customer of these tests: "ada" is so short that chance now and then puts it into a password.
pub(super) fn fresh_password() -> TemporaryPassword {
    let ada = About { username: Some("ada.lovelace".to_owned()), email: Some("ada@example.com".to_owned()) };
    generate(&Policy::strictest_usual(), &ada, &mut SystemRandom).unwrap()
}
