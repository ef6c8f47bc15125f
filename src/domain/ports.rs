//! The ports: everything the inside needs of the outside, as traits. The adapters are in the other rooms.
//!
//! The types carry the promises: the backend is reached only through a [`Session`]; what changes anything takes an
//! [`Intent`], the receipt of a synced audit line; an `Intent` needs a `Session` and a [`Consent`].

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::attempt::AttemptId;
use super::capabilities::Capabilities;
use super::check::Check;
use super::customer::{Customer, CustomerId, Found, Particulars};
use super::error::{Answer, Failure};
use super::history::{Finding, History};
use super::obstacle::Right;
use super::own_password::OwnPassword;
use super::plan::{Consent, Plan};
use super::policy::Rule;
use super::preparation::{Administrator, Preparations, Step};
use super::reset::{Delivery, Issuance};
use super::session::{Keep, Session, StoredSession, Way};
use super::temporary_password::TemporaryPassword;
use super::time_limit::CHANGE_LIMIT;
use super::user::{Forced, Issued, Pending, SessionsEnded, Stamp, Standing, UserId, Whom};

/// How agents sign in to a backend: by password, in a browser, by a bind.
#[async_trait(?Send)]
pub trait AgentSignIn {
    /// The ways there are, the default one first.
    fn ways(&self) -> &'static [Way];
    /// Signs an agent in; `agent` is the name given on the command line.
    async fn sign_in(&self, way: Way, agent: Option<&str>, prompter: &mut dyn Prompter) -> Answer<(Session, Keep)>;
    /// Takes a session up again; none where there is none, or where it is over.
    async fn resume(&self, stored: Option<StoredSession>) -> Answer<Option<Session>>;
    /// What `doctor` can find out before anybody is signed in: reachable, version, clock, certificate.
    async fn checks(&self) -> Vec<Check> {
        Vec::new()
    }
}

/// Where customers' profiles come from. It may be the identity backend itself, or something beside it.
#[async_trait(?Send)]
pub trait CustomerDirectory {
    /// Searches by id, username, e-mail or part of a name; at most `limit`.
    async fn find(&self, text: &str, limit: usize) -> Answer<Found>;
    /// Everybody whose id, username or e-mail (in any case) is exactly this.
    async fn exact(&self, text: &str) -> Answer<Vec<Customer>>;
    /// Everybody who has the id of this customer. A directory in which no two can have one id has nothing to look up.
    async fn of_same_id(&self, customer: &Customer) -> Answer<Vec<Customer>> {
        Ok(vec![customer.clone()])
    }
    /// One customer by id.
    async fn get(&self, id: &CustomerId) -> Answer<Option<Customer>>;
    /// The customer as `--create` would enter it, with the id it would get; nothing is entered yet.
    async fn draft(&self, particulars: &Particulars) -> Answer<Customer>;
}

/// Why a set did not happen.
#[derive(Debug)]
pub enum SetFailed {
    /// Refused for these rules of the policy; nothing was changed.
    Policy(Vec<Rule>),
    /// Anything else; its `changed` says what became of the customer.
    Other(Failure),
}

impl From<Failure> for SetFailed {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

/// The system that keeps users and passwords.
#[async_trait(?Send)]
pub trait IdentityBackend {
    /// What it can do as set up for this profile.
    async fn capabilities(&self) -> Answer<Capabilities>;
    /// From now on the caller sets the pace, and tries again itself: an answer that changed nothing (busy, gone) is
    /// given at once. A backend that tries nothing again has nothing to leave.
    fn leave_retries(&self) {}
    /// What the signed-in agent is entitled to, as far as it can be read without trying.
    async fn rights(&self) -> Answer<Vec<Right>>;
    /// Whether it tells agents their rights; of one that does not, `rights` are all that an agent can be granted.
    fn tells_rights(&self) -> bool {
        true
    }
    /// What the backend said of the agent's own password at the sign-in, where it says anything.
    fn own_password(&self) -> Option<OwnPassword> {
        None
    }
    /// Makes the session last at least this long, or fails with exit 4.
    async fn keep_alive(&self, at_least: Duration) -> Answer<()>;
    /// Ends the agent's own session.
    async fn end_session(&self) -> Answer<()>;
    /// Where the customer's user stands: one answer, read side by side.
    async fn standing(&self, customer: &Customer) -> Answer<Standing>;
    /// Sets the temporary password; creates the user where there is none, in one call.
    async fn set_temporary_password(
        &self,
        intent: &Intent,
        whom: &Whom,
        password: &TemporaryPassword,
    ) -> Result<Issued, SetFailed>;
    /// Marks the user as pending where the backend needs a mark for L9; Ok where it needs none.
    async fn mark_pending(&self, intent: &Intent, issued: &Issued) -> Answer<()>;
    /// Ends the user's sessions. Repeating it is harmless.
    async fn end_sessions(&self, intent: &Intent, user: &UserId) -> Answer<SessionsEnded>;
    /// Reads whether a change is forced, and the stamp now.
    async fn read_back(&self, issued: &Issued) -> Answer<Forced>;
    /// Makes the pending temporary password unusable; with `only`, not if it is another than that one.
    async fn withdraw(&self, intent: &Intent, user: &UserId, only: Option<&Stamp>) -> Answer<()>;
    /// Everything pending, for the sweep.
    async fn pending(&self) -> Answer<Vec<Pending>>;
    /// Lifts a lock-out after failed attempts.
    async fn unlock(&self, intent: &Intent, user: &UserId) -> Answer<()>;
    /// What `doctor` can find out as this agent, beyond rights and promises: settings of the backend that weaken them.
    async fn checks(&self) -> Answer<Vec<Check>> {
        Ok(Vec::new())
    }
}

/// An administrator's one-time preparation of a backend.
#[async_trait(?Send)]
pub trait Preparation {
    /// The whole of it for those who do it by hand; nothing is asked or looked at.
    fn by_hand(&self) -> Preparations;
    /// Signs the administrator in, for as long as this lives; nothing of it is kept anywhere.
    async fn sign_in(&mut self, administrator: Administrator, prompter: &mut dyn Prompter) -> Answer<()>;
    /// Looks what is there, and whether the administrator may do the rest. Changes nothing.
    async fn plan(&mut self) -> Answer<Preparations>;
    /// Does one step of the plan; what came of it, in words.
    async fn carry_out(&mut self, step: &Step) -> Answer<String>;
    /// Ends the administrator's session.
    async fn sign_out(&mut self) -> Answer<()>;
}

/// The receipt of a synced audit line: this attempt was written down before anything changed.
#[derive(Debug)]
pub struct Intent {
    attempt: AttemptId,
    at: Timestamp,
    expires_at: Timestamp,
    stamp_before: Option<Stamp>,
}

impl Intent {
    /// Made by the audit log once the line is synced; consumes the consent.
    pub fn receipt(_session: &Session, plan: &Plan, _consent: Consent, attempt: AttemptId, at: Timestamp) -> Self {
        let expires_at = at.checked_add(plan.lasts).unwrap_or(Timestamp::MAX);
        Self { attempt, at, expires_at, stamp_before: plan.stamp.clone() }
    }

    /// The attempt's id, on all of its records.
    pub const fn attempt(&self) -> &AttemptId {
        &self.attempt
    }

    /// When the intent was written.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// When a password set under this intent is to run out.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The stamp before.
    pub const fn stamp_before(&self) -> Option<&Stamp> {
        self.stamp_before.as_ref()
    }
}

/// What became of an attempt, one record each.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The temporary password was set, or withdrawn, and read back.
    Set {
        /// The stamp of the set.
        stamp: Option<Stamp>,
    },
    /// What became of the reveal. Ends the attempt.
    Delivered(Delivery),
    /// The attempt failed: the reason and what became of the customer. Ends the attempt.
    Failed {
        /// The failure's reason.
        reason: super::error::Reason,
        /// What became of the customer.
        changed: super::error::Changed,
        /// The stamp read afterwards, where it could be.
        stamp: Option<Stamp>,
    },
    /// A withdrawal is finished. Ends the attempt.
    Withdrawn,
}

/// Who did what to whom, hash-chained.
#[async_trait(?Send)]
pub trait AuditLog {
    /// Writes and syncs the intent. If it fails, nothing must be changed.
    async fn intend(&mut self, session: &Session, plan: &Plan, consent: Consent) -> Answer<Intent>;
    /// Writes and syncs what became of it.
    async fn outcome(&mut self, intent: &Intent, outcome: Outcome) -> Answer<()>;
    /// What this machine's log knows of a customer.
    fn history(&self, session: &Session, customer: &Customer) -> Answer<History>;
    /// What this machine's log knows of every customer of this backend, read once, for the sweep.
    fn histories(&self, session: &Session) -> Answer<std::collections::HashMap<CustomerId, History>>;
    /// Writes down what was found out about an attempt whose end is missing.
    async fn recovered(&mut self, session: &Session, customer: &CustomerId, finding: &Finding) -> Answer<()>;
}

/// Asks the agent, or knows that nobody can be asked.
pub trait Prompter {
    /// Whether questions can be asked at all.
    fn can_ask(&self) -> bool;
    /// Whether the agent can choose from a list: not where everything was confirmed beforehand.
    fn can_choose(&self) -> bool {
        self.can_ask()
    }
    /// Which of these customers is meant.
    fn choose(&mut self, question: &str, customers: &[Customer]) -> Answer<usize>;
    /// Shows the plan and asks; the default answer is no (exit 6).
    fn confirm(&mut self, plan: &Plan) -> Answer<Consent>;
    /// A line of text; `flag` is what to name where nobody can be asked.
    fn line(&mut self, question: &str, flag: &str) -> Answer<String>;
    /// A secret, without echo; `flag` is what to name where nobody can be asked.
    fn secret(&mut self, question: &str, flag: &str) -> Answer<Zeroizing<String>>;
    /// A yes-or-no question that changes nothing by itself; the default is the second argument.
    fn yes(&mut self, question: &str, default: bool) -> Answer<bool>;
    /// Tells something on the agent's side channel (never standard output).
    fn say(&mut self, words: &str);
}

/// A way to show the temporary password, checked before anything changes.
pub trait Reveal {
    /// Checks that it can happen: step 5 yields what step 12 consumes.
    fn prepare(&mut self) -> Answer<Box<dyn ReadyReveal>>;
}

/// A reveal that can happen.
#[async_trait(?Send)]
pub trait ReadyReveal {
    /// What has to be said in the confirmation: what records this terminal, or where a clear password will go.
    fn notices(&self) -> Vec<String>;
    /// Shows the password with the words of L14 beside it; consumes both.
    async fn reveal(self: Box<Self>, password: TemporaryPassword, issuance: &Issuance) -> Delivery;
}

/// Signals (INT, TERM, HUP) wait while a reset must not be cut.
pub trait Interruptions {
    /// From now on they wait.
    fn hold(&self);
    /// One that came meanwhile.
    fn caught(&self) -> Option<i32>;
    /// From now on they end the process again.
    fn release(&self);
    /// How long they may be made to wait: after this time a change is given up, and cleaned up after.
    fn longest_hold(&self) -> Duration {
        CHANGE_LIMIT
    }
}

/// The time, so that tests can set it.
#[async_trait(?Send)]
pub trait Clock {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Waits for this long.
    async fn sleep(&self, duration: Duration);
}

/// The operating system's random source, or a test's.
pub trait RandomSource {
    /// Fills the buffer.
    fn fill(&mut self, bytes: &mut [u8]) -> Answer<()>;
}
