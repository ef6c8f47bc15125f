//! The audit log for the rows of a bulk run: records that wait for the disk together share one sync.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use async_trait::async_trait;

use super::attempts::{action_of, histories, history_of_row};
use super::file::append;
use super::file_check::unavailable;
use super::forward;
use super::index::{Found, Index};
use super::lease::{Held, hold};
use super::log::{not_forwarded, torn_end};
use super::record::{Event, Record, blank};
use super::warnings::Warnings;
use crate::config::{AuditSettings, Folders};
use crate::domain::ports::{AuditLog, Clock, RandomSource};
use crate::domain::{
    AppendReceipt, AttemptId, AttemptOutcome, Changed, Consent, Customer, CustomerId, Delivery, Error, Finding,
    History, Plan, Result, Session,
};
use crate::platform::GroupCommit;

/// The result of appending one record.
#[derive(Clone)]
enum Written {
    /// The record is synced. Says in words that a torn end was set aside, and why the record was not forwarded.
    Synced { torn: Option<String>, not_forwarded: Option<String> },
    /// The record was not written: why, in words.
    Failed(String),
}

struct Inner {
    path: PathBuf,
    attempts: PathBuf,
    forward_required: bool,
    clock: Arc<dyn Clock>,
    random: RefCell<Box<dyn RandomSource>>,
    writer: GroupCommit<Record, Written>,
    index: RefCell<Index>,
    open: RefCell<HashMap<AttemptId, (Record, Held)>>,
    /// The locks of attempts that have ended, for the attempts that follow.
    idle: RefCell<Vec<Held>>,
    warnings: Warnings,
    run: String,
}

/// The audit log of this machine, for one bulk run.
#[derive(Clone)]
pub(crate) struct RunAuditLog(Rc<Inner>);

/// The audit log of this machine, for one row of a bulk run.
pub(crate) struct RowAuditLog {
    inner: Rc<Inner>,
    row: u64,
}

/// Appends records in the writer's thread. An append that fails is the error of all its records.
fn append_all(path: &Path, settings: &AuditSettings, records: Vec<Record>) -> Vec<Written> {
    let count = records.len();
    let appended = match append(path, records) {
        Ok(appended) => appended,
        Err(error) => return vec![Written::Failed(error.message); count],
    };
    let torn = appended.set_aside.as_deref().map(torn_end);
    let forwarding_error = |line: &String| settings.forward.as_ref().and_then(|to| forward::send(to, line).err());
    appended
        .lines
        .iter()
        .map(|line| Written::Synced { torn: torn.clone(), not_forwarded: forwarding_error(line) })
        .collect()
}

impl RunAuditLog {
    /// Opens the log in these folders; `index` is a file of the run.
    ///
    /// # Errors
    /// Exit 8: the index cannot be made.
    pub(crate) fn new(
        folders: &Folders,
        settings: AuditSettings,
        clock: Arc<dyn Clock>,
        random: Box<dyn RandomSource>,
        run: &str,
        index: &Path,
    ) -> Result<Self> {
        let path = folders.audit_log();
        let log = path.clone();
        let forward_required = settings.forward_required;
        let writer = GroupCommit::start("audit", move |records| append_all(&log, &settings, records))
            .map_err(|error| Error::bug("The audit log's thread could not be started.").because(error))?;
        Ok(Self(Rc::new(Inner {
            index: RefCell::new(Index::new(&path, index)?),
            path,
            attempts: folders.attempts(),
            forward_required,
            clock,
            random: RefCell::new(random),
            writer,
            open: RefCell::default(),
            idle: RefCell::default(),
            warnings: Warnings::default(),
            run: run.to_owned(),
        })))
    }

    /// Returns the log for one row, which is named by the line of the input where it begins.
    pub(crate) fn row(&self, row: u64) -> RowAuditLog {
        RowAuditLog { inner: Rc::clone(&self.0), row }
    }

    /// Writes down that the run began, or was resumed, with the digest of its settings.
    ///
    /// # Errors
    /// Exit 8: the line could not be written.
    pub(crate) async fn started(&self, session: &Session, reason: &str, digest: String) -> Result<()> {
        self.about_the_run(session, Event::BulkStarted, reason, Some(digest)).await
    }

    /// Writes down that the run ended, or was interrupted.
    ///
    /// # Errors
    /// Exit 8: the line could not be written.
    pub(crate) async fn ended(&self, session: &Session, reason: &str) -> Result<()> {
        self.about_the_run(session, Event::BulkEnded, reason, None).await
    }

    /// Sets whether records wait for others to share a sync with.
    pub(crate) fn gather(&self, on: bool) {
        self.0.writer.gather(on);
    }

    async fn about_the_run(&self, session: &Session, event: Event, reason: &str, digest: Option<String>) -> Result<()> {
        let blank = blank(self.0.clock.now(), session, "", &self.0.run, event);
        let record = Record {
            action: "bulk".to_owned(),
            reason: Some(reason.to_owned()),
            run: Some(self.0.run.clone()),
            digest,
            ..blank
        };
        self.0.write(record).await
    }

    /// Takes the warnings, so that each is shown once.
    pub(crate) fn take_warnings(&self) -> Vec<String> {
        self.0.warnings.take()
    }
}

impl Inner {
    /// Writes and syncs a record. One that cannot be forwarded leaves a warning and does not stop the work.
    async fn write(&self, record: Record) -> Result<()> {
        if let Some(why) = self.append(record).await? {
            self.warnings.add(not_forwarded(&why).message);
        }
        Ok(())
    }

    /// Writes and syncs a record. Returns why it was not forwarded; `None` if it was, or need not be.
    async fn append(&self, record: Record) -> Result<Option<String>> {
        match self.writer.hand_over(record).get().await? {
            Written::Failed(why) => {
                Err(Error { message: why, ..unavailable(&self.path, &std::io::ErrorKind::Other.into()) })
            }
            Written::Synced { torn, not_forwarded } => {
                if let Some(warning) = torn {
                    self.warnings.add(warning);
                }
                Ok(not_forwarded)
            }
        }
    }

    /// Takes the lock of a new attempt.
    fn hold(&self, attempt: &AttemptId) -> Result<Held> {
        let idle = self.idle.borrow_mut().pop();
        match idle.map(|held| held.pass_on(&self.attempts, attempt.as_str())) {
            Some(Ok(held)) => Ok(held),
            // Somebody may have removed the file of the idle lock: a new lock replaces it.
            Some(Err(_)) | None => {
                hold(&self.attempts, attempt.as_str()).map_err(|error| unavailable(&self.attempts, &error))
            }
        }
    }
}

impl RowAuditLog {
    fn blank(&self, session: &Session, customer: &CustomerId, attempt: &AttemptId, event: Event) -> Record {
        let blank = blank(self.inner.clock.now(), session, customer.as_str(), attempt.as_str(), event);
        Record { run: Some(self.inner.run.clone()), row: Some(self.row), ..blank }
    }

    /// Writes down a delivery that the run's output shows and the log does not: the run was cut short between the two.
    ///
    /// # Errors
    /// Exit 8: the line could not be written.
    pub(crate) async fn delivered_after_all(
        &self,
        session: &Session,
        customer: &CustomerId,
        attempt: &str,
    ) -> Result<()> {
        let attempt = AttemptId::known(attempt.to_owned());
        let action = action_of(&self.inner.path, attempt.as_str())?;
        let blank = self.blank(session, customer, &attempt, Event::Delivery);
        self.inner.write(Record { action, delivery: Some(Delivery::Shown), ..blank }).await
    }
}

#[async_trait(?Send)]
impl AuditLog for RowAuditLog {
    async fn intend(&mut self, session: &Session, plan: &Plan, consent: &Consent) -> Result<AppendReceipt> {
        let inner = &self.inner;
        let attempt = AttemptId::fresh(&mut **inner.random.borrow_mut())?;
        let held = inner.hold(&attempt)?;
        let blank = self.blank(session, &plan.customer.id, &attempt, Event::Intent);
        let (record, template) = blank.of_intent(plan, consent.was_asked());
        let at = record.at;
        if let Some(why) = inner.append(record).await? {
            let error = not_forwarded(&why);
            if inner.forward_required {
                let closing = AttemptOutcome::Failed { reason: error.reason, changed: Changed::No, stamp: None };
                inner.append(template.of_outcome(inner.clock.now(), closing)).await?;
                return Err(error);
            }
            inner.warnings.add(error.message);
        }
        inner.open.borrow_mut().insert(attempt.clone(), (template, held));
        Ok(AppendReceipt::new(attempt, at))
    }

    async fn outcome(&mut self, attempt: &AttemptId, outcome: AttemptOutcome) -> Result<()> {
        let template = self.inner.open.borrow().get(attempt).map(|(template, _)| template.clone());
        let Some(template) = template else {
            return Err(Error::bug(format!("The attempt {attempt} is not open in the audit log.")));
        };
        let record = template.of_outcome(self.inner.clock.now(), outcome);
        let ends = record.ends_the_attempt();
        let written = self.inner.write(record).await;
        if ends {
            let closed = self.inner.open.borrow_mut().remove(attempt);
            // An attempt whose end is not written must not look as if it were in progress: its lock is dropped.
            self.inner.idle.borrow_mut().extend(closed.map(|(_, held)| held).filter(|_| written.is_ok()));
        }
        written
    }

    async fn history(&self, session: &Session, customer: &Customer) -> Result<History> {
        let row = (self.inner.run.clone(), self.row);
        let read = || {
            let mut index = self.inner.index.borrow_mut();
            let mut found = Found::default();
            for id in customer.known_as() {
                let Found { records, damaged } = index.records_of(&id)?;
                found.records.extend(records);
                found.damaged |= damaged;
            }
            Ok(found)
        };
        history_of_row(&read, &self.inner.attempts, session.profile_ref(), &customer.id, &row)
    }

    async fn histories(&self, session: &Session) -> Result<HashMap<CustomerId, History>> {
        histories(&self.inner.path, &self.inner.attempts, session.profile_ref())
    }

    async fn recovered(&mut self, session: &Session, customer: &CustomerId, finding: &Finding) -> Result<()> {
        let action = action_of(&self.inner.path, finding.attempt.as_str())?;
        let blank = self.blank(session, customer, &finding.attempt, Event::Recovered);
        let record = Record { action, changed: Some(finding.changed), stamp: finding.stamp.clone(), ..blank };
        self.inner.write(record).await
    }
}
