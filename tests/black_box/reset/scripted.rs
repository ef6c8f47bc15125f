//! A backend that answers as a test has it, and remembers what was called.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tellonce::domain::ports::{Clock, CustomerDirectory, IdentityBackend, SetFailed};
use tellonce::domain::{
    About, Capabilities, Customer, CustomerId, Error, Forced, Found, Gap, Guards, Intent, Issuance, Issued, Obstacle,
    Particulars, Pending, Policy, PolicyRead, ProfileRef, ResetRequest, ResetTarget, Result, Right, Rule, Session,
    SessionsEnded, Stamp, State, TemporaryPassword, UserId, UserSnapshot, reset,
};

use crate::support::conformance::{MovedClock, Player, Revealed, at_desk_with, guards};

/// How the backend answers.
#[allow(clippy::struct_excessive_bools, reason = "independent faults, each switched on by itself")]
pub struct Script {
    pub gaps: BTreeSet<Gap>,
    pub set_lifts_lock: bool,
    pub policy: PolicyRead,
    pub obstacles: Vec<Obstacle>,
    pub locked: bool,
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
    /// The set fails with a text that quotes the password.
    pub quotes: bool,
    /// Calls that are never answered; `user_snapshot` only after the set.
    pub hangs: Vec<&'static str>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            gaps: BTreeSet::new(),
            set_lifts_lock: false,
            policy: PolicyRead::Read(Policy::new([Rule::MinLength(8)])),
            obstacles: Vec::new(),
            locked: false,
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
            quotes: false,
            hangs: Vec::new(),
        }
    }
}

/// The backend, shared with the test that looks at it afterwards.
#[derive(Clone)]
pub struct Scripted(Rc<RefCell<Inner>>);

struct Inner {
    script: Script,
    version: u64,
    change_required: bool,
    calls: Vec<&'static str>,
    passwords: Vec<String>,
}

/// How a reset ended, and what was done on the way.
pub struct Ended {
    pub answer: Result<Issuance>,
    pub calls: Vec<&'static str>,
    pub passwords: Vec<String>,
    pub revealed: Vec<String>,
    pub plans: Vec<tellonce::domain::Plan>,
    /// By the clock of the test, which stands still while anything is done.
    pub took: Duration,
}

/// Plays a reset of the one customer there is.
pub fn play(script: Script) -> Ended {
    play_with(script, &guards(), ResetRequest { customer: "ada".to_owned(), ..ResetRequest::default() })
}

pub fn play_with(script: Script, guards: &Guards, request: ResetRequest) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let backend = Scripted(Rc::new(RefCell::new(Inner {
        script,
        version: 1,
        change_required: false,
        calls: Vec::new(),
        passwords: Vec::new(),
    })));
    let place = ProfileRef { profile: "acme".to_owned(), backend: "scripted".to_owned() };
    let session = Session::new("sam", place, None, Box::new(backend.clone()), Box::new(backend.clone()));
    let mut player = Player::confirming("");
    let reveal = Revealed::default();
    let mut revealing = reveal.clone();
    let clock: Arc<dyn Clock> = Arc::new(MovedClock::default());
    let (answer, took) = in_paused_time(async {
        let started = tokio::time::Instant::now();
        let answer = at_desk_with(folder.path(), clock, guards, &mut player, async |desk: &mut _| {
            reset(desk, &session, &mut revealing, request).await
        });
        (answer.await, started.elapsed())
    });
    let inner = backend.0.borrow();
    Ended {
        answer,
        calls: inner.calls.clone(),
        passwords: inner.passwords.clone(),
        revealed: reveal.0.take(),
        plans: player.shown,
        took,
    }
}

/// Runs the work in a runtime whose time passes only where everything waits for it.
fn in_paused_time<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
}

impl Scripted {
    /// Notes the call, and never returns where the script has it hang.
    async fn called(&self, name: &'static str) {
        let hangs = {
            let mut inner = self.0.borrow_mut();
            let before_the_set = name == "standing" && !inner.calls.contains(&"set");
            inner.calls.push(name);
            inner.script.hangs.contains(&name) && !before_the_set
        };
        if hangs {
            std::future::pending::<()>().await;
        }
    }
}

impl Inner {
    fn stamp(&self) -> Stamp {
        Stamp { at: None, version: Some(self.version) }
    }

    fn customer() -> Customer {
        Customer {
            id: CustomerId::new("7"),
            name: "Ada Lovelace".to_owned(),
            email: Some("ada@example.com".to_owned()),
            username: Some("ada".to_owned()),
            names: None,
            details: Vec::new(),
        }
    }
}

#[async_trait(?Send)]
impl CustomerDirectory for Scripted {
    async fn find(&self, _: &str, _: usize) -> Result<Found> {
        Ok(Found::default())
    }

    async fn exact(&self, _: &str) -> Result<Vec<Customer>> {
        self.0.borrow_mut().calls.push("exact");
        Ok(vec![Inner::customer()])
    }

    async fn get(&self, _: &CustomerId) -> Result<Option<Customer>> {
        Ok(Some(Inner::customer()))
    }

    async fn draft(&self, _: &Particulars) -> Result<Customer> {
        Err(Error::usage("not here"))
    }
}

#[async_trait(?Send)]
impl IdentityBackend for Scripted {
    async fn capabilities(&self) -> Result<Capabilities> {
        let inner = self.0.borrow();
        Ok(Capabilities {
            gaps: inner.script.gaps.clone(),
            limits: BTreeSet::new(),
            aids: BTreeSet::new(),
            set_lifts_lock: inner.script.set_lifts_lock,
            concurrency: 1,
        })
    }

    async fn rights(&self) -> Result<Vec<Right>> {
        Ok(Vec::new())
    }

    async fn keep_alive(&self, _: Duration) -> Result<()> {
        self.0.borrow_mut().calls.push("keep_alive");
        Ok(())
    }

    async fn end_session(&self) -> Result<()> {
        Ok(())
    }

    async fn user_snapshot(&self, _: &Customer) -> Result<UserSnapshot> {
        self.called("standing").await;
        let mut inner = self.0.borrow_mut();
        let locked = inner.script.locked;
        let mut obstacles = inner.script.obstacles.clone();
        if locked {
            obstacles.push(Obstacle::Locked { until: None });
        }
        let snapshot = UserSnapshot {
            target: ResetTarget::User(UserId::new("7")),
            state: State { has_user: true, locked, change_required: inner.change_required, ..State::default() },
            stamp: Some(inner.stamp()),
            issued_at: None,
            expires_at: None,
            issued_by: None,
            changed_by_customer_at: None,
            roles: Vec::new(),
            groups: Vec::new(),
            policy: inner.script.policy.clone(),
            obstacles,
        };
        if std::mem::take(&mut inner.script.changes_while_asked) {
            inner.version += 1;
        }
        Ok(snapshot)
    }

    async fn set_temporary_password(
        &self,
        intent: &Intent,
        _: &ResetTarget,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        self.0.borrow_mut().passwords.push(password.for_backend(intent).to_owned());
        self.called("set").await;
        let mut inner = self.0.borrow_mut();
        if !inner.script.policy_refusals.is_empty() {
            return Err(SetFailed::Policy(inner.script.policy_refusals.remove(0)));
        }
        let broken =
            Policy::new(inner.script.refuses_by.clone()).broken_by(password.for_backend(intent), &About::default());
        if let Some(first) = broken.first() {
            return Err(SetFailed::Policy(vec![first.clone()]));
        }
        if inner.script.set_fails.is_none() || inner.script.applied {
            inner.version += 1;
            inner.change_required = true;
        }
        if inner.script.quotes {
            let quoted = password.for_backend(intent);
            let failure = Error::unavailable(format!("500: {{\"value\":\"{quoted}\"}}"));
            return Err(failure.hint(format!("value={quoted}")).because(format!("beneath: {quoted}")).into());
        }
        if let Some(fails) = inner.script.set_fails {
            return Err(fails().into());
        }
        Ok(Issued { user: UserId::new("7"), stamp: Some(inner.stamp()), at: Timestamp::now(), expires_at: None })
    }

    async fn mark_pending(&self, _: &Intent, _: &Issued) -> Result<()> {
        self.called("mark").await;
        let inner = self.0.borrow();
        if inner.script.mark_fails { Err(Error::unavailable("no mark")) } else { Ok(()) }
    }

    async fn end_sessions(&self, _: &Intent, _: &UserId) -> Result<SessionsEnded> {
        self.called("end_sessions").await;
        let inner = self.0.borrow();
        inner.script.end_sessions_fails.map_or(Ok(SessionsEnded::All), |fails| Err(fails()))
    }

    async fn read_back(&self, _: &Issued) -> Result<Forced> {
        self.called("read_back").await;
        let mut inner = self.0.borrow_mut();
        if inner.script.overtaken {
            inner.version += 1;
        }
        if inner.script.lags {
            return Ok(Forced {
                change_required: false,
                stamp: Some(Stamp { at: None, version: Some(inner.version - 1) }),
            });
        }
        Ok(Forced { change_required: inner.script.forced, stamp: Some(inner.stamp()) })
    }

    async fn withdraw(&self, _: &Intent, _: &UserId, _: Option<&Stamp>) -> Result<()> {
        Ok(())
    }

    async fn pending(&self) -> Result<Vec<Pending>> {
        Ok(Vec::new())
    }

    async fn unlock(&self, _: &Intent, _: &UserId) -> Result<()> {
        self.called("unlock").await;
        let inner = self.0.borrow();
        if inner.script.unlock_fails { Err(Error::unavailable("still locked")) } else { Ok(()) }
    }
}
