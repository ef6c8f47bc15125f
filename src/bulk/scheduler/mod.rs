//! The scheduler of a run: decides which row starts when, and when the run ends. It makes no call and reads no clock.
//!
//! [`Scheduler::step`] takes what happened and what the executor sees, and returns the one action that follows.

mod protocol;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

pub(crate) use protocol::Ended;
pub(super) use protocol::{Action, Event, Moment};

use super::admission::AdmissionWindow;
use super::outage::Outage;
use super::retry_budget::{RetryBudget, Verdict};
use super::row_task::{NextRow, RowResult, RowTask};
use super::stop_reasons::{too_many_failures, waited};
use crate::domain::{CHANGE_LIMIT, CLEAN_UP_LIMIT, Error};

/// How often the executor checks signals and the time while nothing else happens.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long a stopped run waits for its rows in flight. A resumed run settles the rows that are left.
const FINISH_WITHIN: Duration = CHANGE_LIMIT.saturating_add(CLEAN_UP_LIMIT);

/// The rules that the command line sets for a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// The most rows to begin (`--limit`).
    pub(super) limit: Option<u64>,
    /// The most rows in a second (`--rate`).
    pub(super) rate: Option<f64>,
    /// Failures one after the other that stop the run (`--abort-after`).
    pub(super) abort_after: u64,
    /// How long to wait for a backend that is gone (`--wait`).
    pub(super) wait: Duration,
}

/// Which rows of the input are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    /// All rows that are not done.
    First,
    /// The rows in doubt.
    SecondLook,
}

/// Whether the input has rows left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Open,
    Exhausted,
}

/// A row that was read and is not in flight.
#[derive(Debug)]
enum Queued {
    /// A row to work at, for the first time or again.
    Task(Box<RowTask>, RetryBudget),
    /// A row to report as unusable.
    Unusable { line: u64, why: String },
}

/// The stop of a run.
#[derive(Debug)]
struct Stop {
    /// Why the run stops; `None` once the action that ends the run was returned.
    reason: Option<Error>,
    at: Duration,
}

/// The whole state of a run.
#[derive(Debug)]
pub(super) struct Scheduler {
    rules: Rules,
    pass: Pass,
    input: Input,
    /// At most the row that was read last, and the rows that the backend did not accept.
    queue: VecDeque<Queued>,
    /// The retry budgets of the rows in flight, by line.
    in_flight: HashMap<u64, RetryBudget>,
    /// The number of rows started since the executor last waited, which the load does not count yet.
    starting: usize,
    /// The number of rows that `--limit` counts.
    begun: u64,
    /// The number of rows that ended in this invocation.
    ended: u64,
    failures_in_a_row: u64,
    /// The number of rows that have ended, also in earlier invocations.
    done: u64,
    /// The number of ended rows that somebody has to look at.
    failed: u64,
    /// The earliest start of the next row, by `--rate`.
    next_start: Duration,
    outage: Outage,
    stop: Option<Stop>,
    is_limited: bool,
}

impl Scheduler {
    /// Makes the scheduler of an invocation; `failed_before` rows failed in earlier invocations.
    pub(super) fn new(rules: Rules, failed_before: u64) -> Self {
        Self {
            rules,
            pass: Pass::First,
            input: Input::Open,
            queue: VecDeque::new(),
            in_flight: HashMap::new(),
            starting: 0,
            begun: 0,
            ended: 0,
            failures_in_a_row: 0,
            done: 0,
            failed: failed_before,
            next_start: Duration::ZERO,
            outage: Outage::default(),
            stop: None,
            is_limited: false,
        }
    }

    /// Returns the number of rows that have ended, also in earlier invocations.
    pub(super) const fn done(&self) -> u64 {
        self.done
    }

    /// Returns the number of ended rows that somebody has to look at.
    pub(super) const fn failed(&self) -> u64 {
        self.failed
    }

    /// Takes in what happened, and returns the next action.
    pub(super) fn step(&mut self, mut moment: Moment, event: Event) -> Action {
        let was_running = self.stop.is_none();
        if let Some(action) = self.take_in(moment.now, event) {
            return action;
        }
        self.stop_for(&mut moment);
        if was_running && self.stop.is_some() {
            return Action::CancelRetries;
        }
        if let Some(since) = self.outage.begins(moment.load.gone, moment.wall) {
            return Action::RecordDoubt { since };
        }
        let window = AdmissionWindow::new(&moment.load, self.starting);
        if self.stop.is_none() && self.has_work() && self.may_start(&moment, &window) {
            return self.start_next(moment.now);
        }
        self.end(moment.now).unwrap_or_else(|| self.wait(&moment, &window))
    }

    /// Takes in what happened. Returns an action if the event alone decides it.
    fn take_in(&mut self, now: Duration, event: Event) -> Option<Action> {
        match event {
            Event::Ready => {}
            Event::Read { next, passed_over } => {
                self.done += passed_over;
                self.enqueue(next);
            }
            Event::Landed { line, result } => return self.land(now, line, result),
            Event::NoneInDoubt => return Some(Action::End(Ended { stopped: None, limited: self.is_limited })),
            Event::SecondLook => (self.pass, self.input) = (Pass::SecondLook, Input::Open),
            Event::Failed(error) => self.stop(error, now),
        }
        None
    }

    fn enqueue(&mut self, next: NextRow) {
        match next {
            NextRow::Task(task) => {
                self.begun += u64::from(!task.in_doubt);
                if self.pass == Pass::SecondLook {
                    self.done = self.done.saturating_sub(1); // the row was counted when it was delivered
                }
                self.queue.push_back(Queued::Task(task, RetryBudget::default()));
            }
            NextRow::Unusable { line, why } => {
                self.begun += 1;
                self.queue.push_back(Queued::Unusable { line, why });
            }
            NextRow::End => self.input = Input::Exhausted,
        }
    }

    /// Takes a row out of flight. Returns the action for a row that is given up, which stays in flight until then.
    fn land(&mut self, now: Duration, line: u64, result: RowResult) -> Option<Action> {
        let mut budget = self.in_flight.remove(&line)?;
        match result {
            RowResult::Ended(outcome) => {
                (self.ended, self.done) = (self.ended + 1, self.done + 1);
                self.failed += u64::from(outcome.is_failure());
                self.failures_in_a_row = if outcome.is_failure() { self.failures_in_a_row + 1 } else { 0 };
            }
            RowResult::NotTaken(task, error) => match budget.after(&error, self.ended, now, self.rules.wait) {
                Verdict::Again => self.queue.push_back(Queued::Task(task, budget)),
                Verdict::GiveUp => {
                    self.in_flight.insert(line, budget);
                    return Some(Action::GiveUp(task, error));
                }
                Verdict::Stop => self.stop(waited(self.rules.wait, &error.message), now),
            },
            RowResult::Fatal(error) => self.stop(error, now),
        }
        None
    }

    /// Stops the run. Only the first reason counts.
    fn stop(&mut self, reason: Error, at: Duration) {
        self.stop.get_or_insert(Stop { reason: Some(reason), at });
    }

    fn stop_for(&mut self, moment: &mut Moment) {
        let Rules { abort_after, wait, .. } = self.rules;
        let reason = if let Some(reason) = moment.stop.take() {
            Some(reason)
        } else if self.failures_in_a_row >= abort_after.max(1) {
            Some(too_many_failures(self.failures_in_a_row))
        } else {
            moment.load.down.as_ref().filter(|(down, _)| *down > wait).map(|(_, words)| waited(wait, words))
        };
        if let Some(reason) = reason {
            self.stop(reason, moment.now);
        }
    }

    fn is_limit_reached(&self) -> bool {
        self.pass == Pass::First && self.rules.limit.is_some_and(|limit| self.begun >= limit)
    }

    /// Whether a row is left that may be begun, now or later.
    fn has_work(&self) -> bool {
        !self.queue.is_empty() || (self.input == Input::Open && !self.is_limit_reached())
    }

    /// Whether a row may be begun now.
    fn may_start(&self, moment: &Moment, window: &AdmissionWindow) -> bool {
        window.is_left(self.in_flight.len()) && moment.load.closed_for.is_zero() && moment.now >= self.next_start
    }

    fn start_next(&mut self, now: Duration) -> Action {
        match self.queue.pop_front() {
            None => Action::ReadRow,
            Some(Queued::Unusable { line, why }) => {
                self.in_flight.insert(line, RetryBudget::default());
                Action::Reject { line, why }
            }
            Some(Queued::Task(task, budget)) => {
                self.in_flight.insert(task.line, budget);
                self.starting += 1;
                if let Some(rate) = self.rules.rate {
                    self.next_start = self.next_start.max(now) + Duration::from_secs_f64(1.0 / rate);
                }
                Action::Start(task)
            }
        }
    }

    /// Returns the action that ends the run, or its first pass; `None` while there is work.
    fn end(&mut self, now: Duration) -> Option<Action> {
        if let Some(stop) = &mut self.stop {
            let is_over = self.in_flight.is_empty() || now >= stop.at + FINISH_WITHIN;
            return is_over.then(|| Action::End(Ended { stopped: stop.reason.take(), limited: self.is_limited }));
        }
        if !self.in_flight.is_empty() || self.has_work() {
            return None;
        }
        self.is_limited |= self.input == Input::Open;
        Some(Action::LookAgain)
    }

    fn wait(&mut self, moment: &Moment, window: &AdmissionWindow) -> Action {
        self.starting = 0;
        let look = moment.now + LOOK_EVERY;
        if let Some(stop) = &self.stop {
            return Action::Wait { until: look.min(stop.at + FINISH_WITHIN), room: None };
        }
        if !self.has_work() {
            return Action::Wait { until: look, room: None };
        }
        let opens = moment.now + moment.load.closed_for;
        let until = [opens, self.next_start].into_iter().filter(|at| *at > moment.now).fold(look, Duration::min);
        Action::Wait { until, room: window.awaited(self.in_flight.len()) }
    }
}

#[cfg(test)]
mod tests;
