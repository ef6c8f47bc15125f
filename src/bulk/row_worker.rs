//! The work at one row: claims its customer, resets them like a single customer, and writes the row to the output.

use std::rc::Rc;

use super::journal::{Change, Earlier};
use super::outcome::{RowOutcome, stops_the_run, unusable};
use super::output_row::OutputRow;
use super::row::Row;
use super::row_services::{Beforehand, RowLog, RowReveal, SignalsLeftToRun, UnpreparedReveal};
use super::row_task::{RowResult, RowTask};
use super::run::Run;
use super::sealing;
use crate::domain::{
    Case, Changed, Customer, Error, Kind, Result, Services, UserSnapshot, gather_facts, identify, reset,
};
use crate::platform::SystemRandom;

impl Run<'_> {
    /// Reports a row that cannot be read as unusable.
    pub(super) async fn reject(&self, line: u64, why: String) -> (u64, RowResult) {
        let error = unusable(line, &why);
        let (outcome, exit_code) = RowOutcome::of(&error);
        let row = self.blank(line, &Row::default());
        (line, self.finish(OutputRow { outcome, exit_code, message: Some(error.message), ..row }).await)
    }

    /// Reports a row as failed, because the backend accepts other rows and not this one. An earlier attempt, whose
    /// password may have reached nobody, stays open for the next resume.
    pub(super) async fn give_up(&self, task: RowTask, error: Error) -> (u64, RowResult) {
        let row = self.blank(task.line, &task.row);
        let (outcome, exit_code, changed) = match &task.earlier {
            None => (RowOutcome::Failed, error.exit_code().number(), Changed::No),
            Some(_) => (RowOutcome::NotDelivered, crate::domain::ExitCode::NOT_DELIVERED.number(), Changed::Unknown),
        };
        let supersedes = task.earlier.map(|earlier| earlier.attempt);
        let row = OutputRow { outcome, exit_code, changed, supersedes, message: Some(error.message), ..row };
        (task.line, self.finish(row).await)
    }

    fn case(&self) -> Case {
        let settings = self.settings;
        Case { ticket: settings.ticket.clone(), reason: settings.reason.clone(), verified: settings.verified.clone() }
    }

    fn blank(&self, line: u64, row: &Row) -> OutputRow {
        OutputRow {
            line,
            given: row.customer.clone(),
            customer: None,
            user: None,
            outcome: RowOutcome::Failed,
            exit_code: 0,
            ticket: row.ticket.clone().or_else(|| self.settings.ticket.clone()),
            at: self.clock.now(),
            expires_at: None,
            proof: None,
            attempt: None,
            supersedes: None,
            changed: Changed::No,
            message: None,
        }
    }

    /// Works at one row: settles an earlier attempt that was cut short, then resets the customer.
    pub(super) async fn work_at(&self, task: RowTask) -> (u64, RowResult) {
        (task.line, self.try_once(task).await)
    }

    async fn try_once(&self, task: RowTask) -> RowResult {
        let mut log = RowLog::new(self.ledger.of_row(&self.settings.run, task.line), &self.journal, task.line);
        let supersedes = task.earlier.as_ref().map(|earlier| earlier.attempt.clone());
        let lost = supersedes.as_ref().filter(|_| task.in_doubt);
        let message =
            lost.map(|attempt| format!("The backend has lost what attempt {attempt} had set: this replaces it."));
        let blank = OutputRow { supersedes, message, ..self.blank(task.line, &task.row) };
        let mut customer = None;
        let answer = self.reset(&task, &mut log, &mut customer, &blank).await;
        let row = OutputRow { at: self.clock.now(), customer, attempt: log.into_attempt(), ..blank };
        match answer {
            Ok(RowOutcome::Delivered) => self.ended(task.line, RowOutcome::Delivered, 0).await,
            Ok(outcome) => self.finish(OutputRow { outcome, ..row }).await,
            Err(error) if error.is_passing() => RowResult::NotTaken(Box::new(task), error),
            Err(error) if error.changed == Changed::No && stops_the_run(&error) => RowResult::Fatal(error),
            Err(error) => {
                let (outcome, exit_code) = RowOutcome::of(&error);
                let (changed, message) = (error.changed, Some(error.message));
                self.finish(OutputRow { outcome, exit_code, changed, message, ..row }).await
            }
        }
    }

    /// Claims the customer of a row and resets them; puts the customer into `found` once they are known.
    async fn reset(
        &self,
        task: &RowTask,
        log: &mut RowLog,
        found: &mut Option<Customer>,
        row: &OutputRow,
    ) -> Result<RowOutcome> {
        let unusable = |why: String| unusable(task.line, &why);
        let own = task.row.recipient.as_ref().map(std::slice::from_ref);
        let keys = own.unwrap_or(&self.settings.recipients);
        let recipients =
            keys.iter().map(|key| sealing::recipient(key)).collect::<Result<Vec<_>, _>>().map_err(unusable)?;
        if recipients.is_empty() && !self.output.is_clear() {
            return Err(unusable("it has no recipient to seal to".to_owned()));
        }
        let (mut prompter, mut random) = (Beforehand, SystemRandom);
        let mut services = Services {
            audit: log,
            prompter: &mut prompter,
            clock: self.clock,
            random: &mut random,
            interruptions: &SignalsLeftToRun { wait: self.wait() },
            guards: self.guards,
            verifier: None,
        };
        if let Some(outcome) = self.settle_earlier(&mut services, task, found).await? {
            return Ok(outcome);
        }
        let mut request = task.row.request(&self.case(), self.settings.create);
        self.claim(task, found.insert(request.find_customer(self.session).await?))?;
        let reveal = RowReveal { output: Rc::clone(&self.output), recipients, row: row.clone() };
        reset(&mut services, self.session, &mut UnpreparedReveal(Some(reveal)), request).await?;
        Ok(RowOutcome::Delivered)
    }

    /// Finds out what became of an earlier attempt. Returns the row's outcome if the customer needs no new password.
    async fn settle_earlier(
        &self,
        services: &mut Services<'_>,
        task: &RowTask,
        found: &mut Option<Customer>,
    ) -> Result<Option<RowOutcome>> {
        let Some(earlier) = &task.earlier else { return Ok(None) };
        let customer = match identify(earlier.customer.as_str(), self.session, services.prompter).await {
            // The row had created the customer, and the backend has lost that as well.
            Err(error) if task.in_doubt && error.kind == Kind::NotFound => return Ok(None),
            customer => customer?,
        };
        self.claim(task, found.insert(customer.clone()))?;
        let facts = gather_facts(services.audit, self.session, &customer).await?;
        Ok(if task.in_doubt {
            still_holds(&facts.snapshot, earlier).then_some(RowOutcome::Delivered)
        } else {
            has_signed_in(&facts.snapshot, earlier).then_some(RowOutcome::SignedInSince)
        })
    }

    /// Claims the customer for this row.
    ///
    /// # Errors
    /// The customer belongs to another row, so this row is a duplicate.
    fn claim(&self, task: &RowTask, customer: &Customer) -> Result<()> {
        self.journal.claim(customer, task.line)?.check(customer)
    }

    /// Writes the row to the output, then its end to the journal.
    async fn finish(&self, row: OutputRow) -> RowResult {
        match self.output.write(&row).await {
            Ok(()) => self.ended(row.line, row.outcome, row.exit_code).await,
            Err(error) => RowResult::Fatal(error),
        }
    }

    async fn ended(&self, line: u64, outcome: RowOutcome, exit_code: u8) -> RowResult {
        let written = self.journal.write(Change::Ended { line, outcome, exit_code }).await;
        self.journal.release(line);
        match written {
            Ok(()) => RowResult::Ended(outcome),
            Err(error) => RowResult::Fatal(error),
        }
    }
}

/// Whether the backend still has the delivered password, or a newer one of the customer or somebody else.
fn still_holds(now: &UserSnapshot, delivered: &Earlier) -> bool {
    !delivered.stamp.as_ref().is_some_and(|set| set.is_newer_than(now.stamp.as_ref()))
}

/// Whether the customer has chosen a password since the attempt that was cut short: such a customer is not reset again.
fn has_signed_in(now: &UserSnapshot, earlier: &Earlier) -> bool {
    let is_newer = now.stamp.as_ref().is_some_and(|stamp| stamp.is_newer_than(earlier.stamp.as_ref()));
    now.state.has_user && !now.state.change_required && is_newer
}
