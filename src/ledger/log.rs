//! The audit log of this machine, behind the port of the domain.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use super::attempts::{histories, history};
use super::file::append;
use super::file_check::unavailable;
use super::forward;
use super::lease::{Held, hold};
use super::record::{Event, Record, blank, blank_at, name_of, system_user};
use super::warnings::Warnings;
use crate::config::{AuditSettings, Folders};
use crate::domain::ports::{AuditLog, Clock, RandomSource};
use crate::domain::{
    AppendReceipt, AttemptId, AttemptOutcome, Changed, Consent, Customer, CustomerId, Error, Finding, History, Kind,
    Plan, Reason, Result, Session,
};

/// The audit log of this machine.
pub struct FileAuditLog {
    path: PathBuf,
    attempts: PathBuf,
    settings: AuditSettings,
    clock: Arc<dyn Clock>,
    random: Box<dyn RandomSource>,
    open: HashMap<AttemptId, (Record, Held)>,
    warnings: Warnings,
}

impl FileAuditLog {
    /// Makes the log of these folders. It touches no file before its first use.
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
            warnings: Warnings::default(),
        }
    }

    /// Returns the log's warnings, for a caller that shows them and has the log only as a port.
    pub fn warnings(&self) -> Warnings {
        self.warnings.clone()
    }

    /// Writes and syncs a record, then forwards it. Returns why it was not forwarded; `None` if it was, or need not be.
    fn write(&mut self, record: Record) -> Result<Option<Error>> {
        let appended = append(&self.path, vec![record])?;
        if let Some(aside) = appended.set_aside {
            self.warnings.add(torn_end(&aside));
        }
        let Some(to) = &self.settings.forward else { return Ok(None) };
        Ok(appended.lines.iter().find_map(|line| forward::send(to, line).err()).map(|why| not_forwarded(&why)))
    }

    /// Writes a record. One that cannot be forwarded leaves a warning and does not stop the work.
    fn write_forwarding_best_effort(&mut self, record: Record) -> Result<()> {
        if let Some(not_forwarded) = self.write(record)? {
            self.warnings.add(not_forwarded.message);
        }
        Ok(())
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
        if let Err(error) = append(&self.path, vec![closing]) {
            tracing::debug!(%error, "the attempt could not be closed in the audit log");
        }
    }

    fn blank(&self, session: &Session, customer: &CustomerId, attempt: &AttemptId, event: Event) -> Record {
        blank(self.clock.now(), session, customer.as_str(), attempt.as_str(), event)
    }

    /// Writes and syncs the intent.
    ///
    /// # Errors
    /// Exit 8: the log cannot be used, or the record cannot be forwarded and has to be.
    pub fn intend(&mut self, session: &Session, plan: &Plan, consent: &Consent) -> Result<AppendReceipt> {
        let attempt = AttemptId::fresh(&mut *self.random)?;
        let held = hold(&self.attempts, attempt.as_str()).map_err(|error| unavailable(&self.attempts, &error))?;
        let blank = self.blank(session, &plan.customer.id, &attempt, Event::Intent);
        let (record, template) = blank.of_intent(plan, consent.was_asked());
        let at = record.at;
        if let Some(not_forwarded) = self.write(record)? {
            if self.settings.forward_required {
                self.close_unchanged(Record { ticket: None, ..template });
                return Err(not_forwarded);
            }
            self.warnings.add(not_forwarded.message);
        }
        self.open.insert(attempt.clone(), (template, held));
        Ok(AppendReceipt::new(attempt, at))
    }

    /// Writes and syncs the outcome of an attempt.
    ///
    /// # Errors
    /// Exit 8: the log cannot be used.
    pub fn outcome(&mut self, attempt: &AttemptId, outcome: AttemptOutcome) -> Result<()> {
        let Some((template, _)) = self.open.get(attempt) else {
            return Err(Error::bug(format!("The attempt {attempt} is not open in the audit log.")));
        };
        let record = template.clone().of_outcome(self.clock.now(), outcome);
        let ends = record.ends_the_attempt();
        let written = self.write_forwarding_best_effort(record);
        if ends {
            self.open.remove(attempt);
        }
        written
    }

    /// Reads what the log knows of a customer.
    ///
    /// # Errors
    /// Exit 8: the log cannot be read.
    pub fn history(&self, session: &Session, customer: &Customer) -> Result<History> {
        history(&self.path, &self.attempts, session.profile_ref(), customer)
    }

    /// Reads what the log knows of every customer of the session's backend.
    ///
    /// # Errors
    /// Exit 8: the log cannot be read.
    pub fn histories(&self, session: &Session) -> Result<HashMap<CustomerId, History>> {
        histories(&self.path, &self.attempts, session.profile_ref())
    }

    /// Writes down what was found out about an attempt whose end is missing.
    ///
    /// # Errors
    /// Exit 8: the log cannot be used.
    pub fn recovered(&mut self, session: &Session, customer: &CustomerId, finding: &Finding) -> Result<()> {
        let blank = self.blank(session, customer, &finding.attempt, Event::Recovered);
        let action = super::attempts::action_of(&self.path, finding.attempt.as_str())?;
        let record = Record { action, changed: Some(finding.changed), stamp: finding.stamp.clone(), ..blank };
        self.write_forwarding_best_effort(record)
    }

    /// Writes down that a sealed password was opened and shown here; no session is needed for that.
    ///
    /// # Errors
    /// Exit 8: the log cannot be used.
    pub fn unsealed(&mut self, profile_and_backend: (&str, &str), customer: &str, attempt: &str) -> Result<()> {
        let agent = system_user();
        let blank = blank_at(self.clock.now(), &agent, profile_and_backend, customer, attempt, Event::Unsealed);
        self.write_forwarding_best_effort(Record { action: "unseal".to_owned(), ..blank })
    }
}

#[async_trait(?Send)]
impl AuditLog for FileAuditLog {
    async fn intend(&mut self, session: &Session, plan: &Plan, consent: &Consent) -> Result<AppendReceipt> {
        Self::intend(self, session, plan, consent)
    }

    async fn outcome(&mut self, attempt: &AttemptId, outcome: AttemptOutcome) -> Result<()> {
        Self::outcome(self, attempt, outcome)
    }

    async fn history(&self, session: &Session, customer: &Customer) -> Result<History> {
        Self::history(self, session, customer)
    }

    async fn histories(&self, session: &Session) -> Result<HashMap<CustomerId, History>> {
        Self::histories(self, session)
    }

    async fn recovered(&mut self, session: &Session, customer: &CustomerId, finding: &Finding) -> Result<()> {
        Self::recovered(self, session, customer, finding)
    }
}

/// Makes the error of a record that is written, but could not be forwarded.
pub(super) fn not_forwarded(why: &str) -> Error {
    Error::new(Kind::Unavailable, Reason::AuditUnavailable, format!("The audit record could not be forwarded: {why}."))
        .hint("See [audit] in the configuration.")
}

/// Returns the warning that a torn end was set aside.
pub(super) fn torn_end(aside: &std::path::Path) -> String {
    format!("The last line of the audit log was torn by a crash; it is kept in {}.", aside.display())
}
