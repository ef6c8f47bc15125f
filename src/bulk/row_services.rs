//! What lies on the desk of one row: nobody is asked, the journal goes along with the audit log, the output is the reveal.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use age::x25519::Recipient;
use async_trait::async_trait;
use zeroize::Zeroizing;

use super::journal::{Change, Journal};
use super::outcome::RowOutcome;
use super::output_row::OutputRow;
use super::output_writer::OutputWriter;
use crate::domain::ports::{AuditLog, Interruptions, Prompter, ReadyReveal, Reveal};
use crate::domain::{
    AppendReceipt, AttemptId, AttemptOutcome, CHANGE_LIMIT, Changed, Consent, Customer, CustomerId, Decision, Delivery,
    Error, Finding, History, Issuance, Plan, Result, Session, TemporaryPassword,
};
use crate::ledger::RowAuditLog;

/// Consent was given beforehand, for all rows; nothing else is answered.
pub(crate) struct Beforehand;

fn nobody(flag: &str) -> Error {
    Error::missing_answer(
        format!("This profile requires {flag} with every reset, and the row has none."),
        format!("Fill its column, or add `{flag} …` for all rows."),
    )
}

impl Prompter for Beforehand {
    fn can_ask(&self) -> bool {
        false
    }

    fn choose(&mut self, _: &str, _: &[Customer]) -> Result<usize> {
        Err(nobody("CUSTOMER"))
    }

    fn confirm(&mut self, _: &Plan) -> Result<Decision> {
        Ok(Decision::ConfirmedBeforehand)
    }

    fn line(&mut self, _: &str, flag: &str) -> Result<String> {
        Err(nobody(flag))
    }

    fn secret(&mut self, _: &str, flag: &str) -> Result<Zeroizing<String>> {
        Err(nobody(flag))
    }

    fn yes(&mut self, _: &str, _: bool) -> Result<bool> {
        Ok(false)
    }

    fn say(&mut self, words: &str) {
        tracing::warn!("{words}");
    }
}

/// Signals are the run's own: what is in flight is finished.
pub(super) struct LeftToTheRun {
    /// How long a backend that is gone is waited for (`--wait`): giving up would leave a password that nobody is told.
    pub(super) wait: Duration,
}

impl Interruptions for LeftToTheRun {
    fn hold(&self) {}

    fn caught(&self) -> Option<i32> {
        None
    }

    fn release(&self) {}

    fn longest_hold(&self) -> Duration {
        CHANGE_LIMIT + self.wait
    }
}

/// The audit log and the journal of one row.
pub(crate) struct RowLog {
    audit: RowAuditLog,
    journal: Rc<Journal>,
    line: u64,
    attempt: Option<String>,
}

impl RowLog {
    /// Those of the row at this line, of which nothing is known yet.
    pub(crate) fn new(audit: RowAuditLog, journal: &Rc<Journal>, line: u64) -> Self {
        Self { audit, journal: Rc::clone(journal), line, attempt: None }
    }

    /// Returns the row's attempt, which is over; `None` if none was begun.
    pub(crate) fn into_attempt(self) -> Option<String> {
        self.attempt
    }
}

#[async_trait(?Send)]
impl AuditLog for RowLog {
    async fn intend(&mut self, session: &Session, plan: &Plan, consent: &Consent) -> Result<AppendReceipt> {
        let receipt = self.audit.intend(session, plan, consent).await?;
        self.attempt = Some(receipt.attempt().to_string());
        let change = Change::Intent {
            line: self.line,
            customer: plan.customer.id.clone(),
            attempt: receipt.attempt().clone(),
            at: receipt.at(),
            stamp_before: plan.stamp.clone(),
        };
        if let Err(failure) = self.journal.write(change).await {
            let closing = AttemptOutcome::Failed { reason: failure.reason, changed: Changed::No, stamp: None };
            self.audit.outcome(receipt.attempt(), closing).await?;
            return Err(failure);
        }
        Ok(receipt)
    }

    async fn outcome(&mut self, attempt: &AttemptId, outcome: AttemptOutcome) -> Result<()> {
        if let AttemptOutcome::Set { stamp } = &outcome {
            drop(self.journal.hand_over(Change::Set { line: self.line, stamp: stamp.clone() }));
        }
        self.audit.outcome(attempt, outcome).await
    }

    async fn history(&self, session: &Session, customer: &Customer) -> Result<History> {
        self.audit.history(session, customer).await
    }

    async fn histories(&self, session: &Session) -> Result<HashMap<CustomerId, History>> {
        self.audit.histories(session).await
    }

    async fn recovered(&mut self, session: &Session, customer: &CustomerId, finding: &Finding) -> Result<()> {
        self.audit.recovered(session, customer, finding).await
    }
}

/// The reveal of one row: its place in the output.
pub(super) struct RowReveal {
    pub(super) sink: Rc<OutputWriter>,
    pub(super) recipients: Vec<Recipient>,
    pub(super) row: OutputRow,
}

#[async_trait(?Send)]
impl ReadyReveal for RowReveal {
    fn notices(&self) -> Vec<String> {
        Vec::new()
    }

    async fn reveal(self: Box<Self>, password: TemporaryPassword, issuance: &Issuance) -> Delivery {
        let row = OutputRow {
            customer: Some(issuance.customer.clone()),
            outcome: RowOutcome::Delivered,
            exit_code: 0,
            at: issuance.issued_at,
            expires_at: issuance.expires_at,
            attempt: Some(issuance.attempt.to_string()),
            changed: Changed::Yes,
            ..self.row
        };
        self.sink.deliver(&row, password, &self.recipients).await
    }
}

/// Makes it ready, if the output still takes rows.
pub(super) struct RowWay(pub(super) Option<RowReveal>);

impl Reveal for RowWay {
    fn prepare(&mut self) -> Result<Box<dyn ReadyReveal>> {
        let ready = self.0.take().ok_or_else(|| Error::bug("The row was revealed already."))?;
        ready.sink.check()?;
        Ok(Box::new(ready))
    }
}
