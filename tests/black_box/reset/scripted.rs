//! A backend that answers as a test has it, and remembers what was called.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tellonce::domain::ports::{CustomerDirectory, IdentityBackend, SetFailed};
use tellonce::domain::{
    About, AnyIntent, Capabilities, ChangeScreen, Customer, CustomerId, Error, Forced, Found, Intent, Issued, NewUser,
    Obstacle, Particulars, Pending, Policy, ProfileRef, RequestBytes, Reset, ResetTarget, Result, Right, Session,
    SessionsEnded, Stamp, State, TemporaryPassword, Trial, Unlocking, UserId, UserProfile, UserSnapshot, Withdrawal,
};

pub use super::script::{Script, ada, bob};

/// The backend, shared with the test that looks at it afterwards.
#[derive(Clone)]
pub struct Scripted(Rc<RefCell<Inner>>);

struct Inner {
    script: Script,
    version: u64,
    change_required: bool,
    calls: Vec<&'static str>,
    passwords: Vec<String>,
    users: Vec<String>,
    /// How many calls there are now, and the most that there ever were.
    at_once: (usize, usize),
}

impl Scripted {
    pub fn new(script: Script) -> Self {
        Self(Rc::new(RefCell::new(Inner {
            change_required: script.is_pending,
            script,
            version: 1,
            calls: Vec::new(),
            passwords: Vec::new(),
            users: Vec::new(),
            at_once: (0, 0),
        })))
    }

    /// Sam's session with it.
    pub fn session(&self) -> Session {
        let place = ProfileRef {
            profile: "acme".to_owned(),
            backend: "scripted".to_owned(),
            backend_id: "scripted:test".to_owned(),
        };
        Session::new("sam", place, None, Box::new(self.clone()), Box::new(self.clone()))
    }

    pub fn calls(&self) -> Vec<&'static str> {
        self.0.borrow().calls.clone()
    }

    pub fn passwords(&self) -> Vec<String> {
        self.0.borrow().passwords.clone()
    }

    /// The user whom each call that changes something was about.
    pub fn users(&self) -> Vec<String> {
        self.0.borrow().users.clone()
    }

    fn note_user(&self, intent: &AnyIntent) {
        let user = intent.user().map_or("not created yet", UserId::as_str).to_owned();
        self.0.borrow_mut().users.push(user);
    }

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
        let concurrency = self.0.borrow().script.concurrency;
        if concurrency > 1 {
            self.count(|now| now + 1);
            for _ in 0..2 * concurrency {
                tokio::task::yield_now().await; // long enough for all others to begin
            }
            self.count(|now| now - 1);
        }
    }

    fn count(&self, change: impl FnOnce(usize) -> usize) {
        let mut inner = self.0.borrow_mut();
        let now = change(inner.at_once.0);
        inner.at_once = (now, inner.at_once.1.max(now));
    }

    /// Returns the most calls that there were at once.
    pub fn most_at_once(&self) -> usize {
        self.0.borrow().at_once.1
    }
}

impl Inner {
    fn stamp(&self) -> Stamp {
        Stamp { at: None, version: Some(self.version) }
    }
}

/// The password as the backend would send it.
fn text_of(password: &TemporaryPassword, intent: &Intent<Reset>) -> String {
    String::from_utf8(password.request(intent, RequestBytes).to_vec()).unwrap()
}

#[async_trait(?Send)]
impl CustomerDirectory for Scripted {
    async fn find(&self, _: &str, _: usize) -> Result<Found> {
        Ok(Found::default())
    }

    async fn exact(&self, text: &str) -> Result<Vec<Customer>> {
        self.0.borrow_mut().calls.push("exact");
        Ok(match text {
            "bob" => vec![bob()],
            "office@example.com" => vec![ada(), bob()],
            _ => vec![ada()],
        })
    }

    async fn get(&self, _: &CustomerId) -> Result<Option<Customer>> {
        Ok(Some(ada()))
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
            change_screen: ChangeScreen::UpdatePasswordPage,
            lock_outs: inner.script.lock_outs,
            lifetime: inner.script.lifetime,
            concurrency: inner.script.concurrency,
        })
    }

    fn leave_retries(&self) {}

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

    async fn user_snapshot(&self, customer: &Customer) -> Result<UserSnapshot> {
        self.called("standing").await;
        if self.0.borrow().script.creates {
            let new = NewUser { customer: customer.clone(), username: customer.name.clone(), new_customer: false };
            return Ok(UserSnapshot::without_user(new, self.0.borrow().script.policy.clone(), Vec::new()));
        }
        let mut inner = self.0.borrow_mut();
        let locked = inner.script.locked;
        let mut obstacles = inner.script.obstacles.clone();
        if locked {
            obstacles.push(Obstacle::Locked { until: None });
        }
        let snapshot = UserSnapshot {
            contacts: inner.script.contacts.clone(),
            target: ResetTarget::User(UserId::new(customer.id.as_str())),
            user: inner.script.immutable_id.as_ref().map(|id| UserProfile {
                id: UserId::new(customer.id.as_str()),
                username: None,
                name: None,
                email: None,
                immutable_id: Some(id.clone()),
            }),
            state: State { has_user: true, locked, change_required: inner.change_required, ..State::default() },
            stamp: Some(inner.stamp()),
            issued_at: None,
            expires_at: None,
            issued_by: None,
            changed_by_customer_at: None,
            roles: Some(Vec::new()),
            groups: Some(Vec::new()),
            policy: inner.script.policy.clone(),
            obstacles,
            unread_lock: None,
        };
        if std::mem::take(&mut inner.script.changes_while_asked) {
            inner.version += 1;
        }
        Ok(snapshot)
    }

    fn is_immutable_id(&self, id: &str) -> bool {
        id.starts_with("id-")
    }

    async fn find_by_immutable_id(&self, id: &str) -> Result<Option<UserProfile>> {
        self.called("find_by_immutable_id").await;
        let script = &self.0.borrow().script;
        if let Some(refuses) = script.lookup_fails {
            return Err(refuses());
        }
        Ok(script.users.iter().find(|user| user.immutable_id.as_deref() == Some(id)).cloned())
    }

    async fn set_temporary_password(
        &self,
        intent: &Intent<Reset>,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed> {
        self.0.borrow_mut().passwords.push(text_of(password, intent));
        self.note_user(intent);
        self.called("set").await;
        let mut inner = self.0.borrow_mut();
        if !inner.script.policy_refusals.is_empty() {
            return Err(SetFailed::Policy(inner.script.policy_refusals.remove(0)));
        }
        let broken = password.breaks(&Policy::new(inner.script.refuses_by.clone()), &About::default());
        if let Some(first) = broken.first() {
            return Err(SetFailed::Policy(vec![first.clone()]));
        }
        if inner.script.set_fails.is_none() || inner.script.applied {
            inner.version += 1;
            inner.change_required = true;
        }
        if inner.script.quotes {
            let quoted = text_of(password, intent);
            let failure = Error::unavailable(format!("500: {{\"value\":\"{quoted}\"}}"));
            return Err(failure.hint(format!("value={quoted}")).because(format!("beneath: {quoted}")).into());
        }
        if let Some(fails) = inner.script.set_fails {
            return Err(fails().into());
        }
        let user = intent.user().cloned().unwrap_or_else(|_| UserId::new("9"));
        Ok(Issued { user, immutable_id: None, stamp: Some(inner.stamp()), at: Timestamp::now(), expires_at: None })
    }

    async fn mark_pending(&self, intent: &Intent<Reset>, _: &Issued) -> Result<()> {
        self.note_user(intent);
        self.called("mark").await;
        let inner = self.0.borrow();
        if inner.script.mark_fails { Err(Error::unavailable("no mark")) } else { Ok(()) }
    }

    async fn end_sessions(&self, intent: &AnyIntent) -> Result<SessionsEnded> {
        self.note_user(intent);
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
            let stamp = Some(Stamp { at: None, version: Some(inner.version - 1) });
            return Ok(Forced { change_required: false, stamp });
        }
        Ok(Forced { change_required: inner.script.forced, stamp: Some(inner.stamp()) })
    }

    async fn try_sign_in(&self, intent: &Intent<Reset>, password: &TemporaryPassword) -> Result<Trial> {
        self.note_user(intent);
        self.called("try_sign_in").await;
        let mut inner = self.0.borrow_mut();
        assert_eq!(inner.passwords.last(), Some(&text_of(password, intent)), "the password that was set last");
        let answers = &mut inner.script.trials;
        let answer = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        let forced = inner.script.forced_after_trial.clone();
        Ok(Trial { answer, forced })
    }

    async fn withdraw(&self, _: &Intent<Withdrawal>) -> Result<()> {
        self.called("withdraw").await;
        Ok(())
    }

    async fn pending(&self) -> Result<Vec<Pending>> {
        if let Some(clock) = &self.0.borrow().script.clock_while_listing {
            clock.move_on(Duration::from_hours(3));
        }
        Ok(self.0.borrow().script.pending.clone())
    }

    async fn server_time(&self) -> Result<Option<Timestamp>> {
        Ok(self.0.borrow().script.server_time)
    }

    async fn unlock(&self, intent: &Intent<Reset>) -> Result<()> {
        self.note_user(intent);
        self.called("unlock").await;
        let inner = self.0.borrow();
        if inner.script.unlock_fails { Err(Error::unavailable("still locked")) } else { Ok(()) }
    }

    async fn unlock_alone(&self, intent: &Intent<Unlocking>) -> Result<()> {
        self.note_user(intent);
        self.called("unlock_alone").await;
        let mut inner = self.0.borrow_mut();
        inner.script.locked = inner.script.lags;
        if inner.script.unlock_fails { Err(Error::unavailable("no answer").answer_lost()) } else { Ok(()) }
    }
}
