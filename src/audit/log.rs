//! The audit log as the inside sees it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::attempts::{histories, history};
use super::file::{append, unavailable};
use super::forward;
use super::in_progress::{Held, hold};
use super::record::{Event, Record, VERSION};
use crate::config::{AuditSettings, Folders};
use crate::domain::ports::{AuditLog, Clock, Intent, Outcome, RandomSource};
use crate::domain::{
    Answer, AttemptId, Changed, Consent, Customer, CustomerId, Failure, Finding, History, Kind, Plan, Reason, Session,
};

/// The audit log of this machine.
pub struct FileAuditLog {
    path: PathBuf,
    attempts: PathBuf,
    settings: AuditSettings,
    clock: Arc<dyn Clock>,
    random: Box<dyn RandomSource>,
    open: HashMap<AttemptId, (Record, Held)>,
    warnings: Vec<String>,
}

impl FileAuditLog {
    /// The log in these folders. Nothing is written, or even looked at, before it is used.
    pub fn new(
        folders: &Folders,
        settings: AuditSettings,
        clock: Arc<dyn Clock>,
        random: Box<dyn RandomSource>,
    ) -> Self {
        Self {
            path: folders.audit_log(),
            attempts: folders.attempts(),
            settings,
            clock,
            random,
            open: HashMap::new(),
            warnings: Vec::new(),
        }
    }

    /// What has to be told: a torn end that was set aside, a record that could not be forwarded.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Writes and syncs a record, then forwards it. The answer is why it was not forwarded; none: it was, or need not be.
    fn write(&mut self, record: Record) -> Answer<Option<Failure>> {
        let appended = append(&self.path, record)?;
        if let Some(aside) = appended.set_aside {
            self.warn(format!(
                "The last line of the audit log was torn by a crash; it is kept in {}.",
                aside.display()
            ));
        }
        let Some(to) = &self.settings.forward else { return Ok(None) };
        Ok(forward::send(to, &appended.line).err().map(|why| {
            Failure::new(
                Kind::Unavailable,
                Reason::AuditUnavailable,
                format!("The audit record could not be forwarded: {why}."),
            )
            .hint("See [audit] in the configuration.")
        }))
    }

    /// Writes; a record that cannot be forwarded is told and does not stop the work.
    fn write_forwarding_best_effort(&mut self, record: Record) -> Answer<()> {
        if let Some(not_forwarded) = self.write(record)? {
            self.warn(not_forwarded.message);
        }
        Ok(())
    }

    /// Told once, however many records it concerns.
    fn warn(&mut self, words: String) {
        if !self.warnings.contains(&words) {
            self.warnings.push(words);
        }
    }

    /// Writes down that an attempt ended before it changed anything.
    fn close_unchanged(&self, blank: Record) {
        let closing = Record {
            at: self.clock.now(),
            event: Event::Failed,
            failure: Some(name_of(Reason::AuditUnavailable)),
            changed: Some(Changed::No),
            ..blank
        };
        if let Err(also) = append(&self.path, closing) {
            tracing::debug!(%also, "the attempt could not be closed in the audit log");
        }
    }

    fn blank(&self, session: &Session, customer: &CustomerId, attempt: &AttemptId, event: Event) -> Record {
        Record {
            v: VERSION,
            at: self.clock.now(),
            attempt: attempt.to_string(),
            event,
            agent: session.agent().to_owned(),
            system_user: system_user(),
            profile: session.place().profile.clone(),
            backend: session.place().backend.clone(),
            customer: customer.to_string(),
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
            prev: String::new(),
            hash: String::new(),
        }
    }
}

/// The system's user: by name where the environment has it, always by number.
fn system_user() -> String {
    let number = rustix::process::getuid().as_raw();
    std::env::var("USER").map_or_else(|_| format!("uid {number}"), |name| format!("{name} (uid {number})"))
}

impl AuditLog for FileAuditLog {
    fn intend(&mut self, session: &Session, plan: &Plan, consent: Consent) -> Answer<Intent> {
        let attempt = AttemptId::fresh(&mut *self.random)?;
        let held = hold(&self.attempts, attempt.as_str()).map_err(|error| unavailable(&self.attempts, &error))?;
        let blank = Record {
            action: plan.action.name().to_owned(),
            ..self.blank(session, &plan.customer.id, &attempt, Event::Intent)
        };
        let record = Record {
            ticket: plan.case.ticket.clone(),
            reason: plan.case.reason.clone(),
            verified: plan.case.verified.clone(),
            consent: Some(if consent.was_asked() { "asked" } else { "flag" }.to_owned()),
            unlock: Some(plan.unlock),
            stamp_before: plan.stamp.clone(),
            ..blank.clone()
        };
        let at = record.at;
        if let Some(not_forwarded) = self.write(record)? {
            if self.settings.forward_required {
                self.close_unchanged(blank);
                return Err(not_forwarded);
            }
            self.warn(not_forwarded.message);
        }
        let template = Record { ticket: plan.case.ticket.clone(), ..blank };
        self.open.insert(attempt.clone(), (template, held));
        Ok(Intent::receipt(session, plan, consent, attempt, at))
    }

    fn outcome(&mut self, intent: &Intent, outcome: Outcome) -> Answer<()> {
        let Some((template, _)) = self.open.get(intent.attempt()) else {
            return Err(Failure::bug(format!("The attempt {} is not open in the audit log.", intent.attempt())));
        };
        let blank = Record { at: self.clock.now(), ..template.clone() };
        let record = match outcome {
            Outcome::Set { stamp } => Record { event: Event::Set, stamp, ..blank },
            Outcome::Delivered(delivery) => Record { event: Event::Delivery, delivery: Some(delivery), ..blank },
            Outcome::Withdrawn => Record { event: Event::Withdrawn, ..blank },
            Outcome::Failed { reason, changed, stamp } => {
                Record { event: Event::Failed, failure: Some(name_of(reason)), changed: Some(changed), stamp, ..blank }
            }
        };
        let ends = record.ends_the_attempt();
        let written = self.write_forwarding_best_effort(record);
        if ends {
            self.open.remove(intent.attempt());
        }
        written
    }

    fn history(&self, session: &Session, customer: &Customer) -> Answer<History> {
        history(&self.path, &self.attempts, session.place(), customer)
    }

    fn histories(&self, session: &Session) -> Answer<HashMap<CustomerId, History>> {
        histories(&self.path, &self.attempts, session.place())
    }

    fn recovered(&mut self, session: &Session, customer: &CustomerId, finding: &Finding) -> Answer<()> {
        let blank = self.blank(session, customer, &finding.attempt, Event::Recovered);
        let action = super::attempts::action_of(&self.path, finding.attempt.as_str())?;
        self.write_forwarding_best_effort(Record {
            action,
            changed: Some(finding.changed),
            stamp: finding.stamp.clone(),
            ..blank
        })
    }
}

/// The reason's name for scripts.
fn name_of(reason: Reason) -> String {
    serde_json::to_value(reason).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
