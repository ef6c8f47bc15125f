//! The services of one row: nobody is asked, the journal is written beside the ledger, and the output is the reveal.

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
    Error, Finding, History, Issuance, LimitReached, OutstandingPage, Plan, ResetLimits, Result, Session, Settlement,
    TemporaryPassword, UserProfile,
};
use crate::ledger::Ledger;

/// A prompter whose consent was given beforehand, for all rows. It answers nothing else.
pub(crate) struct Beforehand;

fn no_answer(flag: &str) -> Error {
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
        Err(no_answer("CUSTOMER"))
    }

    fn confirm(&mut self, _: &Plan) -> Result<Decision> {
        Ok(Decision::ConfirmedBeforehand)
    }

    fn line(&mut self, _: &str, flag: &str) -> Result<String> {
        Err(no_answer(flag))
    }

    fn secret(&mut self, _: &str, flag: &str) -> Result<Zeroizing<String>> {
        Err(no_answer(flag))
    }

    fn yes(&mut self, _: &str, _: bool) -> Result<bool> {
        Ok(false)
    }

    fn say(&mut self, words: &str) {
        tracing::warn!("{words}");
    }
}

/// Leaves signals to the run, which finishes the rows in flight.
pub(super) struct SignalsLeftToRun {
    /// How long to wait for a backend that is gone (`--wait`): giving up would leave a password that reaches nobody.
    pub(super) wait: Duration,
}

impl Interruptions for SignalsLeftToRun {
    fn hold(&self) {}

    fn caught(&self) -> Option<i32> {
        None
    }

    fn release(&self) {}

    fn longest_hold(&self) -> Duration {
        CHANGE_LIMIT + self.wait
    }
}

/// The ledger and the journal of one row.
pub(crate) struct RowLog {
    ledger: Ledger,
    journal: Rc<Journal>,
    line: u64,
    attempt: Option<String>,
}

impl RowLog {
    /// Makes the log of the row at this line, with no attempt yet.
    pub(crate) fn new(ledger: Ledger, journal: &Rc<Journal>, line: u64) -> Self {
        Self { ledger, journal: Rc::clone(journal), line, attempt: None }
    }

    /// Returns the id of the row's attempt, which has ended; `None` if no attempt was begun.
    pub(crate) fn into_attempt(self) -> Option<String> {
        self.attempt
    }
}

#[async_trait(?Send)]
impl AuditLog for RowLog {
    async fn intend(
        &mut self,
        session: &Session,
        plan: &Plan,
        consent: &Consent,
        limits: ResetLimits,
    ) -> Result<Result<AppendReceipt, LimitReached>> {
        self.journal.claim_user(plan, self.line)?;
        let receipt = match self.ledger.intend(session, plan, consent, limits).await? {
            Ok(receipt) => receipt,
            Err(reached) => return Ok(Err(reached)),
        };
        self.attempt = Some(receipt.attempt().to_string());
        let change = Change::Intent {
            line: self.line,
            customer: plan.customer.id.clone(),
            attempt: receipt.attempt().clone(),
            at: receipt.at(),
            stamp_before: plan.stamp.clone(),
        };
        if let Err(error) = self.journal.write(change).await {
            let closing = AttemptOutcome::Failed { reason: error.reason, changed: Changed::No, stamp: None };
            self.ledger.outcome(receipt.attempt(), closing).await?;
            return Err(error);
        }
        Ok(Ok(receipt))
    }

    async fn refused(&mut self, session: &Session, plan: &Plan, reached: LimitReached) -> Result<()> {
        self.ledger.refused(session, plan, reached).await
    }

    async fn outcome(&mut self, attempt: &AttemptId, outcome: AttemptOutcome) -> Result<()> {
        if let AttemptOutcome::Set { stamp, .. } = &outcome {
            drop(self.journal.hand_over(Change::Set { line: self.line, stamp: stamp.clone() }));
        }
        self.ledger.outcome(attempt, outcome).await
    }

    async fn history(&self, session: &Session, customer: &Customer, user: Option<&UserProfile>) -> Result<History> {
        self.ledger.history(session, customer, user).await
    }

    async fn resets_by_agent(&self, session: &Session) -> Result<u32> {
        self.ledger.resets_by_agent(session).await
    }

    async fn recovered(&mut self, session: &Session, customer: &CustomerId, finding: &Finding) -> Result<()> {
        self.ledger.recovered(session, customer, finding).await
    }

    async fn outstanding(&self, session: &Session, after: u64) -> Result<OutstandingPage> {
        self.ledger.outstanding(session, after).await
    }

    async fn settle(&mut self, session: &Session, attempt: &AttemptId, settlement: Settlement) -> Result<()> {
        self.ledger.settle(session, attempt, settlement).await
    }
}

/// The reveal of one row: writes the row to the output.
pub(super) struct RowReveal {
    pub(super) output: Rc<OutputWriter>,
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
            user: issuance.user.clone(),
            outcome: RowOutcome::Delivered,
            exit_code: 0,
            at: issuance.issued_at,
            expires_at: issuance.expires_at,
            proof: Some(issuance.proof.clone()),
            attempt: Some(issuance.attempt.to_string()),
            changed: Changed::Yes,
            ..self.row
        };
        self.output.deliver(&row, password, &self.recipients).await
    }
}

/// The reveal of one row before it is prepared; `None` afterwards.
pub(super) struct UnpreparedReveal(pub(super) Option<RowReveal>);

impl Reveal for UnpreparedReveal {
    fn prepare(&mut self, _: usize) -> Result<Box<dyn ReadyReveal>> {
        let ready = self.0.take().ok_or_else(|| Error::bug("The row was revealed already."))?;
        ready.output.check()?;
        Ok(Box::new(ready))
    }
}
