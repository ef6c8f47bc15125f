//! The run: rows in flight at once, each through the same reset as a single one.

use std::collections::VecDeque;
use std::fs::File;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::admission::AdmissionWindow;
use super::input::Rows;
use super::journal::{Change, Earlier};
use super::outage::Outage;
use super::outcome::{RowOutcome, stops_the_run, unusable};
use super::output_row::OutputRow;
use super::retry_budget::Verdict;
use super::row::Row;
use super::row_services::{Beforehand, LeftToTheRun, RowLog, RowReveal, RowWay};
use super::run::{Flight, Item, Landed, Run};
use super::sealing;
use super::work_queue::{Next, WorkQueue};
use crate::domain::{
    CHANGE_LIMIT, CLEAN_UP_LIMIT, Case, Changed, Error, Result, Services, gather_facts, identify, reset,
};
use crate::output::Progress;
use crate::platform::SystemRandom;

/// How often signals and the time are looked at while nothing else happens.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How a sitting ended.
pub struct Ended {
    /// Why it stopped early; none: the input is at its end.
    pub stopped: Option<Error>,
    /// It stopped because `--limit` was reached.
    pub limited: bool,
}

impl Run<'_> {
    /// Works until the input is at its end, or something stops it. `tell` hears how far it has come.
    pub async fn work(&self, rows: Rows<File>, tell: &mut dyn FnMut(&Progress)) -> Ended {
        let (mut flight, mut left, mut outage) = (Flight::new(), WorkQueue::all(rows), Outage::default());
        let mut again: VecDeque<Item> = VecDeque::new();
        let mut ended = Ended { stopped: None, limited: false };
        let mut progress = Progress { rows: self.settings.rows, failed: self.failed_before(), ..Progress::default() };
        let (mut begun, mut in_a_row, mut at_end) = (0_u64, 0_u64, false);
        let mut next_start = Instant::now();
        let mut stopped_at = None;
        loop {
            if ended.stopped.is_none() {
                ended.stopped = self.reason_to_stop(in_a_row);
            }
            let stopping = ended.stopped.is_some();
            if stopping {
                self.limiter.end();
                let given_up = *stopped_at.get_or_insert_with(Instant::now) + CHANGE_LIMIT + CLEAN_UP_LIMIT;
                if Instant::now() >= given_up {
                    return ended; // what is in flight is dropped, and settled when the run is resumed
                }
            }
            let mut room = AdmissionWindow::of(&self.limiter);
            while !stopping && room.is_left(flight.len()) && self.limiter.is_open() && Instant::now() >= next_start {
                let limited = self.is_limited(begun) && !left.is_second_look();
                let item = match again.pop_front() {
                    Some(item) => item,
                    None if at_end || limited => break,
                    None => match self.next(&mut left, &mut progress) {
                        Ok(Next::Item(item)) => {
                            begun += u64::from(!item.in_doubt);
                            *item
                        }
                        Ok(Next::Unusable(line, why)) => {
                            begun += 1;
                            flight.push(Box::pin(self.unusable(line, why)));
                            continue;
                        }
                        Ok(Next::End) => {
                            at_end = true;
                            break;
                        }
                        Err(failure) => {
                            ended.stopped = Some(failure);
                            break;
                        }
                    },
                };
                flight.push(Box::pin(self.one(item)));
                room.take();
                if let Some(rate) = self.settings.rate {
                    next_start = next_start.max(Instant::now()) + Duration::from_secs_f64(1.0 / rate);
                }
            }
            (progress.concurrency, progress.refused_of) = (self.limiter.limit(), self.limiter.refused_of());
            progress.waiting =
                self.limiter.down().filter(|(since, _)| *since > Duration::from_secs(1)).map(|(_, words)| words);
            tell(&progress);
            if let Err(failure) = self.note(&mut outage).await {
                ended.stopped.get_or_insert(failure);
            }
            if flight.is_empty() {
                self.gather(false);
            }
            if flight.is_empty() && (ended.stopped.is_some() || again.is_empty()) {
                let limited = self.is_limited(begun) && !at_end && !left.is_second_look();
                if ended.stopped.is_some() {
                    return ended;
                }
                if at_end || limited {
                    ended.limited |= limited;
                    match self.second_look(&mut progress) {
                        Ok(None) => return ended,
                        Ok(Some(in_doubt)) => (left, at_end) = (in_doubt, false),
                        Err(failure) => ended.stopped = Some(failure),
                    }
                    continue;
                }
            }
            let until = if next_start > Instant::now() { next_start } else { Instant::now() + LOOK_EVERY };
            let awaited = room.awaited(flight.len());
            tokio::select! {
                landed = self.landed(&mut flight, awaited) => match landed {
                    Landed::Room => {}
                    Landed::Done(outcome) => {
                        progress.done += 1;
                        progress.failed += u64::from(outcome.is_failure());
                        in_a_row = if outcome.is_failure() { in_a_row + 1 } else { 0 };
                    }
                    Landed::Again(mut item, failure) => match item.retry_budget.after(&failure, progress.done, self.wait()) {
                        Verdict::Again => again.push_back(*item),
                        Verdict::GiveUp => flight.push(Box::pin(self.given_up(*item, failure))),
                        Verdict::Stop => { ended.stopped.get_or_insert_with(|| self.waited(&failure.message)); }
                    },
                    Landed::Stop(failure) => { ended.stopped.get_or_insert(failure); }
                },
                () = sleep_until(until) => {}
                () = sleep(LOOK_EVERY) => {}
            }
        }
    }

    fn is_limited(&self, begun: u64) -> bool {
        self.settings.limit.is_some_and(|limit| begun >= limit)
    }

    async fn unusable(&self, line: u64, why: String) -> Landed {
        let failure = unusable(line, &why);
        let (outcome, exit_code) = RowOutcome::of(&failure);
        let row = self.blank(line, &Row::default());
        self.finish(OutputRow { outcome, exit_code, message: Some(failure.message), ..row }).await
    }

    /// The backend takes other rows and not this one. An earlier attempt that nobody was told of stays to be settled.
    async fn given_up(&self, item: Item, failure: Error) -> Landed {
        let row = self.blank(item.line, &item.row);
        let (outcome, exit_code, changed) = match &item.earlier {
            None => (RowOutcome::Failed, failure.exit_code().number(), Changed::No),
            Some(_) => (RowOutcome::NotDelivered, crate::domain::ExitCode::NOT_DELIVERED.number(), Changed::Unknown),
        };
        let supersedes = item.earlier.map(|earlier| earlier.attempt);
        self.finish(OutputRow { outcome, exit_code, changed, supersedes, message: Some(failure.message), ..row }).await
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
            outcome: RowOutcome::Failed,
            exit_code: 0,
            ticket: row.ticket.clone().or_else(|| self.settings.ticket.clone()),
            at: self.clock.now(),
            expires_at: None,
            attempt: None,
            supersedes: None,
            changed: Changed::No,
            message: None,
        }
    }

    /// One row: looked up first where an earlier attempt was cut short, then reset.
    async fn one(&self, item: Item) -> Landed {
        let mut log = RowLog::new(self.audit.row(item.line), &self.journal, item.line);
        let supersedes = item.earlier.as_ref().map(|earlier| earlier.attempt.clone());
        let lost = supersedes.as_ref().filter(|_| item.in_doubt);
        let message =
            lost.map(|attempt| format!("The backend has lost what attempt {attempt} had set: this replaces it."));
        let blank = OutputRow { supersedes, message, ..self.blank(item.line, &item.row) };
        let answer = self.reset(&item, &mut log, &blank).await;
        let seen = log.into_seen();
        let row = OutputRow { at: self.clock.now(), customer: seen.customer, attempt: seen.attempt, ..blank };
        match answer {
            Ok(RowOutcome::Delivered) => self.ended(item.line, RowOutcome::Delivered, 0).await,
            Ok(outcome) => self.finish(OutputRow { outcome, ..row }).await,
            Err(failure) if failure.is_passing() => Landed::Again(Box::new(item), failure),
            Err(failure) if failure.changed == Changed::No && stops_the_run(&failure) => Landed::Stop(failure),
            Err(failure) => {
                let (outcome, exit_code) = RowOutcome::of(&failure);
                let (changed, message) = (failure.changed, Some(failure.message));
                self.finish(OutputRow { outcome, exit_code, changed, message, ..row }).await
            }
        }
    }

    async fn reset(&self, item: &Item, log: &mut RowLog, row: &OutputRow) -> Result<RowOutcome> {
        let unusable = |why: String| unusable(item.line, &why);
        let own = item.row.recipient.as_ref().map(std::slice::from_ref);
        let keys = own.unwrap_or(&self.settings.recipients);
        let recipients =
            keys.iter().map(|key| sealing::recipient(key)).collect::<Result<Vec<_>, _>>().map_err(unusable)?;
        if recipients.is_empty() && !self.sink.is_clear() {
            return Err(unusable("it has no recipient to seal to".to_owned()));
        }
        let (mut prompter, mut random) = (Beforehand, SystemRandom);
        let mut services = Services {
            audit: log,
            prompter: &mut prompter,
            clock: self.clock,
            random: &mut random,
            interruptions: &LeftToTheRun { wait: self.wait() },
            guards: self.guards,
        };
        match &item.earlier {
            Some(delivered) if item.in_doubt && self.still_holds(&mut services, delivered).await? => {
                return Ok(RowOutcome::Delivered);
            }
            Some(earlier) if !item.in_doubt && self.has_signed_in(&mut services, earlier).await? => {
                return Ok(RowOutcome::SignedInSince);
            }
            _ => {}
        }
        let request = item.row.request(&self.case(), self.settings.create);
        let reveal = RowReveal { sink: Rc::clone(&self.sink), recipients, row: row.clone() };
        reset(&mut services, self.session, &mut RowWay(Some(reveal)), request).await?;
        Ok(RowOutcome::Delivered)
    }

    /// Whether the customer has chosen a password since the attempt that was cut short: they are not locked out again.
    async fn has_signed_in(&self, services: &mut Services<'_>, earlier: &Earlier) -> Result<bool> {
        let customer = identify(earlier.customer.as_str(), self.session, services.prompter).await?;
        let facts = gather_facts(services.audit, self.session, &customer).await?;
        let snapshot = facts.snapshot;
        let newer = snapshot.stamp.as_ref().is_some_and(|stamp| stamp.is_newer_than(earlier.stamp.as_ref()));
        Ok(snapshot.state.has_user && !snapshot.state.change_required && newer)
    }

    /// Writes the row, then that it is at its end.
    async fn finish(&self, row: OutputRow) -> Landed {
        match self.sink.write(&row).await {
            Ok(()) => self.ended(row.line, row.outcome, row.exit_code).await,
            Err(failure) => Landed::Stop(failure),
        }
    }

    async fn ended(&self, line: u64, outcome: RowOutcome, exit_code: u8) -> Landed {
        let written = self.journal.write(Change::Ended { line, outcome, exit_code }).await;
        self.journal.release(line);
        match written {
            Ok(()) => Landed::Done(outcome),
            Err(failure) => Landed::Stop(failure),
        }
    }
}
