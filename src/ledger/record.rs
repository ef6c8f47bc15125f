//! One record: a line of the log.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{AttemptOutcome, Changed, Delivery, Plan, Reason, ResetTarget, Session, SessionsEnded, Stamp};

/// The version of the record format.
pub(super) const VERSION: u8 = 1;

/// What a record says of its attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    /// Written before anything changes.
    Intent,
    /// The temporary password was set, and that was read back.
    Set,
    /// What became of the reveal.
    Delivery,
    /// The withdrawal is finished.
    Withdrawn,
    /// The lock-out was lifted, and that was read back.
    Unlocked,
    /// The attempt failed.
    Failed,
    /// A later command found out what became of an attempt without an end.
    Recovered,
    /// A bulk run began, or was resumed.
    BulkStarted,
    /// A bulk run ended, or was interrupted.
    BulkEnded,
    /// A sealed password was opened and shown.
    Unsealed,
}

/// One line of the log. It never holds a password, nor a hash of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    /// The version of the record format.
    pub v: u8,
    /// When it was written.
    pub at: Timestamp,
    /// The attempt that this record belongs to.
    pub attempt: String,
    pub event: Event,
    /// The agent's name at the backend.
    pub agent: String,
    /// The system's user who ran the tool.
    pub system_user: String,
    pub profile: String,
    /// The backend's kind.
    pub backend: String,
    /// The customer's id.
    pub customer: String,
    /// The user's own id at the backend. Not in the intent of a user who is to be created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The name that the user signs in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// `set`, `create_and_set`, `withdraw` or `unlock`.
    pub action: String,
    pub ticket: Option<String>,
    /// The reason that the agent gave.
    pub reason: Option<String>,
    /// How the caller was verified.
    pub verified: Option<String>,
    /// Whether the agent was asked (`asked`) or confirmed beforehand (`flag`). Only in an intent.
    pub consent: Option<String>,
    /// Whether a lock-out was to be lifted as well. Only in an intent.
    pub unlock: Option<bool>,
    /// The reveal's outcome. Only in a delivery.
    pub delivery: Option<Delivery>,
    /// Why the attempt failed. Only in a failure.
    pub failure: Option<String>,
    /// What became of the customer. Only in a failure or a recovery.
    pub changed: Option<Changed>,
    /// The stamp before the change. Only in an intent.
    pub stamp_before: Option<Stamp>,
    /// The stamp that this record knows of.
    pub stamp: Option<Stamp>,
    /// Whether a sign-in proved the temporary password. Only in a set; absent if it was not tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proved: Option<bool>,
    /// Why it is not proved. Only in a set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof_reason: Option<String>,
    /// How the user's sessions were left open. Only in a set or a withdrawal that did not end them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sessions_left: Option<SessionsEnded>,
    /// The bulk run that the record belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// The row of that run: the line of the input where it begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// The SHA-256 of the run's settings, in hexadecimal: recipients, output, the input's own SHA-256. Only in the start
    /// of a run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The hash of the record before; zeros in the first record.
    pub prev: String,
    /// The hash of this line up to here: SHA-256 of the object without this field, in hexadecimal.
    #[serde(default, skip_serializing)]
    pub hash: String,
}

impl Record {
    /// Returns what the record says, in words, for the list.
    pub(crate) fn describe(&self) -> String {
        let changed = |what: &str| match self.changed {
            Some(Changed::No) | None => format!("{what}: nothing changed"),
            Some(Changed::Yes) => format!("{what}: changed, not delivered"),
            Some(Changed::Unknown) => format!("{what}: unknown"),
        };
        match self.event {
            Event::Intent => "intent".to_owned(),
            Event::Set => self.with_sessions(&self.words_of_set()),
            Event::Withdrawn => self.with_sessions("withdrawn"),
            Event::Unlocked => "unlocked, read back".to_owned(),
            Event::BulkStarted => "bulk run started".to_owned(),
            Event::BulkEnded => "bulk run ended".to_owned(),
            Event::Unsealed => "unsealed".to_owned(),
            Event::Recovered if self.changed == Some(Changed::Yes) => "recovered: changed, delivery unknown".to_owned(),
            Event::Recovered => changed("recovered"),
            Event::Failed => changed(&format!("failed ({})", self.failure.as_deref().unwrap_or("no reason"))),
            Event::Delivery => match self.delivery {
                Some(Delivery::Shown) => "shown".to_owned(),
                Some(Delivery::TimedOut) => "shown, timed out".to_owned(),
                Some(Delivery::NotDelivered) | None => "not delivered".to_owned(),
            },
        }
    }

    /// Returns what the record of a set says of its proof. A record from before there was a proof says nothing.
    fn words_of_set(&self) -> String {
        match (self.proved, self.proof_reason.as_deref()) {
            (Some(true), _) => "set, read back, proved".to_owned(),
            (Some(false), reason) => format!("set, read back, not proved ({})", reason.unwrap_or("no reason")),
            (None, Some(reason)) => format!("set, read back, not tried ({reason})"),
            (None, None) => "set, read back".to_owned(),
        }
    }

    /// Adds to what was done that sessions were left open, if they were.
    fn with_sessions(&self, done: &str) -> String {
        match self.sessions_left {
            Some(SessionsEnded::AllBut(left)) => format!("{done}, {left} sessions left"),
            Some(_) => format!("{done}, sessions left open"),
            None => done.to_owned(),
        }
    }

    /// Makes the record of an intent, and the template of the records that follow it.
    pub(super) fn of_intent(self, plan: &Plan, asked: bool) -> (Self, Self) {
        let blank = Self { event: Event::Intent, action: plan.action.name().to_owned(), ..self };
        let (user, username) = match &plan.target {
            ResetTarget::User(id) => {
                (Some(id.as_str().to_owned()), plan.user.as_ref().and_then(|user| user.username.clone()))
            }
            ResetTarget::NewUser(new) => (None, Some(new.username.clone())),
        };
        let template = Self { user, username, ticket: plan.case.ticket.clone(), ..blank };
        let record = Self {
            reason: plan.case.reason.clone(),
            verified: plan.case.verified.clone(),
            consent: Some(if asked { "asked" } else { "flag" }.to_owned()),
            unlock: Some(plan.unlock),
            stamp_before: plan.stamp.clone(),
            ..template.clone()
        };
        (record, template)
    }

    /// Makes the record of an outcome from the attempt's template.
    pub(super) fn of_outcome(self, at: Timestamp, outcome: AttemptOutcome) -> Self {
        let blank = Self { at, ..self };
        match outcome {
            AttemptOutcome::Set { stamp, proof, sessions } => {
                let (proved, proof_reason) = (proof.proved(), proof.reason().map(str::to_owned));
                let sessions_left = Some(sessions).filter(|sessions| sessions.leaves_some());
                Self { event: Event::Set, stamp, proved, proof_reason, sessions_left, ..blank }
            }
            AttemptOutcome::Delivered(delivery) => Self { event: Event::Delivery, delivery: Some(delivery), ..blank },
            AttemptOutcome::Withdrawn { sessions } => {
                let sessions_left = Some(sessions).filter(|sessions| sessions.leaves_some());
                Self { event: Event::Withdrawn, sessions_left, ..blank }
            }
            AttemptOutcome::Unlocked => Self { event: Event::Unlocked, ..blank },
            AttemptOutcome::Failed { reason, changed, stamp } => {
                Self { event: Event::Failed, failure: Some(name_of(reason)), changed: Some(changed), stamp, ..blank }
            }
        }
    }

    /// Whether this is the last record of the attempt.
    pub(super) const fn ends_the_attempt(&self) -> bool {
        !matches!(self.event, Event::Intent | Event::Set)
    }
}

/// Makes a record that says only who, where and when. The customer is empty if the record concerns none.
pub(super) fn blank(at: Timestamp, session: &Session, customer: &str, attempt: &str, event: Event) -> Record {
    let profile_ref = session.profile_ref();
    blank_at(at, session.agent(), (&profile_ref.profile, &profile_ref.backend), customer, attempt, event)
}

/// Makes such a record without a session.
pub(super) fn blank_at(
    at: Timestamp,
    agent: &str,
    (profile, backend): (&str, &str),
    customer: &str,
    attempt: &str,
    event: Event,
) -> Record {
    Record {
        v: VERSION,
        at,
        attempt: attempt.to_owned(),
        event,
        agent: agent.to_owned(),
        system_user: system_user(),
        profile: profile.to_owned(),
        backend: backend.to_owned(),
        customer: customer.to_owned(),
        user: None,
        username: None,
        action: String::new(),
        ticket: None,
        reason: None,
        verified: None,
        consent: None,
        unlock: None,
        delivery: None,
        failure: None,
        changed: None,
        stamp_before: None,
        stamp: None,
        proved: None,
        proof_reason: None,
        sessions_left: None,
        run: None,
        row: None,
        digest: None,
        prev: String::new(),
        hash: String::new(),
    }
}

/// Returns the system's user: the number, and the name if the environment has one.
pub(super) fn system_user() -> String {
    let number = rustix::process::getuid().as_raw();
    std::env::var("USER").map_or_else(|_| format!("uid {number}"), |name| format!("{name} (uid {number})"))
}

/// Returns the reason's name for scripts.
pub(super) fn name_of(reason: Reason) -> String {
    serde_json::to_value(reason).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
