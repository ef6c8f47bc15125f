//! The ledger, behind the port of the domain: for single changes and for the rows of bulk runs alike.

use std::rc::Rc;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::attempts::{self, Row};
use super::drafts::{blank, of_intent, template_of};
use super::event::Event;
use super::forwarder::not_forwarded;
use super::ids::backend_ids;
use super::outstanding::outstanding;
use super::record::Draft;
use super::record_writer::RecordWriter;
use super::shared::{OpenAttempt, Shared};
use super::sqlite::{Now, SqliteFiles, SqliteStore};
use super::status::{LedgerStatus, status};
use super::store::{Append, Head, RecordStore, StoreLocation};
use super::verify::broken;
use super::warnings::Warnings;
use super::writer::LazyWriter;
use crate::config::{AuditSettings, Folders};
use crate::domain::ports::{AuditLog, RandomSource};
use crate::domain::{
    AppendReceipt, AttemptId, AttemptOutcome, ChangeKind, Changed, Consent, Customer, CustomerId, Error, Finding,
    History, LimitReached, OutstandingPage, Plan, ResetLimits, Result, Session, Settlement, UserProfile, Verification,
};

/// The ledger: every record of this tool goes through it.
#[derive(Clone)]
pub struct Ledger {
    pub(super) shared: Rc<Shared>,
    pub(super) row: Option<Row>,
    /// The store, where the rows of a bulk run append together.
    grouped: Option<Rc<SqliteStore>>,
}

impl Ledger {
    /// Makes the ledger of these folders. It touches no file before its first use.
    /// `now` tells the time that records get.
    pub fn new(folders: &Folders, settings: &AuditSettings, now: Now, random: Box<dyn RandomSource>) -> Self {
        let writer = LazyWriter::default();
        let store = store_in(folders, writer.clone(), Arc::clone(&now));
        Self::on(Rc::new(store), writer, (folders, settings), now, random)
    }

    /// Makes the ledger for a bulk run, whose rows append their records together.
    pub(crate) fn for_run(
        folders: &Folders,
        settings: &AuditSettings,
        now: Now,
        random: Box<dyn RandomSource>,
    ) -> Self {
        let writer = LazyWriter::default();
        let store = Rc::new(store_in(folders, writer.clone(), Arc::clone(&now)).grouped());
        let grouped = Some(Rc::clone(&store));
        Self { grouped, ..Self::on(store, writer, (folders, settings), now, random) }
    }

    /// Makes the ledger on a store. Receipt and spool are in these folders.
    pub fn on(
        store: Rc<dyn RecordStore>,
        writer: impl Into<LazyWriter>,
        (folders, settings): (&Folders, &AuditSettings),
        now: Now,
        random: Box<dyn RandomSource>,
    ) -> Self {
        let writer = RecordWriter::new(store, writer.into(), folders, settings);
        Self { shared: Rc::new(Shared::new(writer, now, random)), row: None, grouped: None }
    }

    /// Returns the ledger for the row of a bulk run, which is named by the line of the input where it begins.
    pub(crate) fn of_row(&self, run: &str, line: u64) -> Self {
        Self { row: Some((run.to_owned(), line)), ..self.clone() }
    }

    /// Returns the ledger's warnings, for a caller that shows them and has the ledger only as a port.
    pub fn warnings(&self) -> Warnings {
        self.shared.writer.warnings().clone()
    }

    /// Sets whether records wait for others to share a sync with.
    pub(crate) fn gather(&self, on: bool) {
        if let Some(store) = &self.grouped {
            store.gather(on);
        }
    }

    /// Returns the store, for reading. Before its first use, sends what an earlier command had to leave, and compares the
    /// receipt.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub async fn store(&self) -> Result<&dyn RecordStore> {
        self.shared.writer.store().await
    }

    /// Returns where the records are.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub async fn location(&self) -> Result<StoreLocation> {
        self.shared.writer.bare_store().location().await
    }

    /// Checks whether records can be appended, and writes nothing.
    ///
    /// # Errors
    /// Exit 8: they cannot.
    pub async fn try_to_append(&self) -> Result<()> {
        self.shared.writer.bare_store().try_to_append().await
    }

    /// Checks that the newest record that this machine had written is there.
    ///
    /// # Errors
    /// Exit 11: it is missing, or is another one. Exit 8: the store cannot be used.
    pub async fn check_receipt(&self) -> Result<()> {
        self.store().await?;
        let broken = |head: Head| {
            let number = head.number;
            Err(broken(&format!("record {number}, which this machine wrote, is missing or was replaced")))
        };
        self.shared.writer.missing().map_or(Ok(()), broken)
    }

    /// Writes the receipt of the newest record, which is written at the latest when the ledger is dropped.
    pub(crate) fn write_receipt(&self) {
        self.shared.writer.write_receipt();
    }

    /// Returns the state of the ledger, without verifying the chain.
    ///
    /// # Errors
    /// Exit 8: the store cannot be read.
    pub async fn status(&self) -> Result<LedgerStatus> {
        let mut status = status(self.store().await?, (self.shared.now)()).await?;
        status.findings.extend(self.shared.writer.unusable());
        Ok(status)
    }

    pub(super) fn writer(&self) -> &RecordWriter {
        &self.shared.writer
    }

    pub(super) fn fresh_id(&self) -> Result<AttemptId> {
        AttemptId::fresh(&mut **self.shared.random.borrow_mut())
    }

    /// Removes the records before this time. Returns the checkpoint; `None` if there is nothing to remove.
    ///
    /// # Errors
    /// Exit 8: the store could not be changed.
    pub async fn prune(&self, before: Timestamp) -> Result<Option<Head>> {
        self.shared.writer.prune(before).await
    }

    /// Returns the ids that records of a customer may have: as this version writes them, and as an earlier one did.
    ///
    /// # Errors
    /// Exit 8: the store cannot be used.
    pub async fn ids_in_records(&self, id: &str) -> Result<Vec<String>> {
        let store = self.shared.writer.bare_store();
        if store.head().await?.is_none() {
            return Ok(vec![id.to_owned()]); // there are no records, and reading makes no ledger
        }
        self.shared.ids.all_in_records(store, [id.to_owned()]).await
    }

    pub(super) async fn id_in_records(&self, id: &str) -> Result<String> {
        self.shared.ids.in_records(self.shared.writer.bare_store(), id).await
    }

    /// Returns what all records of an attempt have, as its records say it.
    pub(super) async fn template_of(&self, session: &Session, attempt: &AttemptId) -> Result<Draft> {
        template_of((self.store().await?, &self.shared.ids), session, attempt).await
    }

    /// Appends the intent of an attempt that is open.
    async fn append_intent(&self, attempt: &AttemptId, append: Append) -> Result<Result<AppendReceipt, LimitReached>> {
        let draft = append.draft.clone();
        let (appended, forwarded) = self.shared.writer.append(append).await?;
        if let Some(reached) = appended.refused {
            return Ok(Err(reached));
        }
        if let Err(why) = forwarded {
            let error = not_forwarded(&why);
            if self.shared.writer.must_forward() {
                let outcome = AttemptOutcome::Failed { reason: error.reason, changed: Changed::No, stamp: None };
                let closed = self.shared.writer.write_end(Draft { event: Event::of_outcome(outcome), ..draft }).await;
                tracing::debug!(closed = closed.is_ok(), "the intent was not forwarded");
                return Err(error);
            }
            self.shared.writer.warnings().add(error.message);
        }
        let at = appended.record.record().map(|record| record.at);
        let at = at.map_err(|why| Error::bug(format!("The ledger's store returned no intent: {why}.")))?;
        Ok(Ok(AppendReceipt::new(attempt.clone(), at)))
    }
}

fn store_in(folders: &Folders, writer: LazyWriter, now: Now) -> SqliteStore {
    let files = SqliteFiles { ledger: folders.ledger(), leases: folders.leases(), audit_log: folders.audit_log() };
    SqliteStore::new(files, writer, now)
}

#[async_trait(?Send)]
impl AuditLog for Ledger {
    async fn intend(
        &mut self,
        session: &Session,
        plan: &Plan,
        consent: &Consent,
        limits: ResetLimits,
    ) -> Result<Result<AppendReceipt, LimitReached>> {
        let attempt = self.fresh_id()?;
        let lease = self.shared.writer.bare_store().lease().await?;
        self.shared.has_lease.set(true);
        let event = Event::of_intent(plan, consent.was_asked(), lease);
        let (store, ids) = (self.shared.writer.bare_store(), &self.shared.ids);
        let draft = of_intent((store, ids), plan, self.row.as_ref(), blank(session, &attempt, event)).await?;
        let limits = self.limits(session, plan, limits).await?;
        let notices = self.notices_of(plan, &attempt)?;
        self.shared.open.borrow_mut().insert(attempt.clone(), OpenAttempt { draft: draft.clone(), notices });
        let written = self.append_intent(&attempt, Append { limits, ..Append::from(draft) }).await;
        if !matches!(written, Ok(Ok(_))) {
            self.shared.open.borrow_mut().remove(&attempt);
        }
        written
    }

    async fn refused(&mut self, session: &Session, plan: &Plan, reached: LimitReached) -> Result<()> {
        let attempt = match &self.row {
            Some((run, line)) => AttemptId::known(format!("refused-{run}-{line}")), // once, however often it is retried
            None => self.fresh_id()?,
        };
        let (store, ids) = (self.shared.writer.bare_store(), &self.shared.ids);
        let blank = blank(session, &attempt, Event::of_refusal(reached));
        self.shared.writer.write(of_intent((store, ids), plan, self.row.as_ref(), blank).await?).await
    }

    async fn outcome(&mut self, attempt: &AttemptId, outcome: AttemptOutcome) -> Result<()> {
        let Some(OpenAttempt { mut draft, notices }) = self.shared.open.borrow().get(attempt).cloned() else {
            return Err(Error::bug(format!("The attempt {attempt} is not open in the ledger.")));
        };
        // An end is what later commands go by. After a change that could not be written the attempt fails anyway.
        let is_left_to_next_command = matches!(outcome, AttemptOutcome::Delivered(_) | AttemptOutcome::Failed { .. });
        if let (None, AttemptOutcome::Set { user, .. }) = (&draft.user, &outcome) {
            draft.user = Some(self.id_in_records(user).await?);
            self.shared
                .open
                .borrow_mut()
                .insert(attempt.clone(), OpenAttempt { draft: draft.clone(), notices: notices.clone() });
        }
        let queues = outcome.tells_the_customer();
        draft.event = Event::of_outcome(outcome);
        let ends = draft.event.ends_the_attempt();
        let writer = &self.shared.writer;
        let append = Append { notices: if queues { notices } else { Vec::new() }, ..Append::from(draft) };
        let written = if is_left_to_next_command { writer.write_end(append).await } else { writer.write(append).await };
        if queues
            && written.is_ok()
            && let Some(open) = self.shared.open.borrow_mut().get_mut(attempt)
        {
            open.notices.clear();
        }
        // After a withdrawal that could not be written, its failure is still to come.
        if ends && (written.is_ok() || is_left_to_next_command) {
            self.shared.open.borrow_mut().remove(attempt);
        }
        written
    }

    async fn history(&self, session: &Session, customer: &Customer, user: Option<&UserProfile>) -> Result<History> {
        let store = self.store().await?;
        let Some(head) = store.head().await? else { return Ok(History::default()) };
        let subject = self.shared.ids.subject(store, session.profile_ref(), customer, user).await?;
        let own_lease = if self.shared.has_lease.get() { Some(store.lease().await?) } else { None };
        let is_ours = |attempt: &AttemptId, lease: Option<&str>| {
            let is_own_lease = own_lease.is_some() && own_lease.as_deref() == lease;
            is_own_lease.then(|| self.shared.open.borrow().contains_key(attempt))
        };
        let (history, is_verified) = attempts::history(store, &subject, self.row.as_ref(), &is_ours).await?;
        self.shared.unverified.replace((!is_verified).then_some((subject, head)));
        Ok(history)
    }

    async fn resets_by_agent(&self, session: &Session) -> Result<u32> {
        let since = (self.shared.now)().saturating_sub(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MIN);
        self.store().await?.resets_by_agent(&backend_ids(session.profile_ref()), session.agent(), since).await
    }

    async fn verification(
        &self,
        session: &Session,
        customer: &Customer,
        user: Option<&UserProfile>,
        purpose: ChangeKind,
    ) -> Result<Option<Verification>> {
        self.newest_verification(session, (customer, user), purpose).await
    }

    async fn recovered(&mut self, session: &Session, _: &CustomerId, finding: &Finding) -> Result<()> {
        let event = Event::Recovered { changed: finding.changed, stamp: finding.stamp.clone() };
        let draft = self.template_of(session, &finding.attempt).await?;
        self.shared.writer.write(Draft { event, ..draft }).await
    }

    async fn outstanding(&self, session: &Session, after: u64) -> Result<OutstandingPage> {
        outstanding(self.store().await?, &backend_ids(session.profile_ref()), after).await
    }

    async fn settle(&mut self, session: &Session, attempt: &AttemptId, outcome: Settlement) -> Result<()> {
        let draft = self.template_of(session, attempt).await?;
        self.shared.writer.write(Draft { event: Event::Settled { outcome }, ..draft }).await
    }
}
