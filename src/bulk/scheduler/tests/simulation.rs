//! A simulated executor and backend: rows that take their time, a backend that is slow, throttles, fails, is gone for a
//! while or for good, and a stop. It does what the scheduler says, and writes down every step.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::plan::{Did, Fate, Plan, Step, Trace};
use crate::bulk::admission::BackendLoad;
use crate::bulk::outcome::RowOutcome;
use crate::bulk::row::Row;
use crate::bulk::row_task::{NextRow, RowResult, RowTask};
use crate::bulk::scheduler::{Action, Event, Moment, Scheduler};
use crate::bulk::stop_reasons::interrupted;
use crate::domain::{Error, Kind, Reason};

/// A run that takes more steps than this goes on for ever.
const MOST_STEPS: usize = 100_000;

struct Flying {
    task: Option<Box<RowTask>>,
    outcome: Option<RowOutcome>,
    leaves_backend: u64,
    lands: u64,
}

struct Simulation<'a> {
    plan: &'a Plan,
    now: u64,
    limit: usize,
    closed_until: u64,
    down_since: Option<u64>,
    answered: u64,
    unanswered: bool,
    /// The place in the input, from 0.
    next: usize,
    exhausted: bool,
    second_look: bool,
    begun: u64,
    next_start: Duration,
    starting: usize,
    flying: BTreeMap<u64, Flying>,
    held: BTreeSet<u64>,
    tries: BTreeMap<u64, u8>,
    started: BTreeMap<u64, u64>,
    in_doubt: BTreeSet<u64>,
    ends: BTreeMap<u64, (u32, RowOutcome)>,
    looks: BTreeMap<u64, u32>,
    stopping: Option<Duration>,
}

fn wall(at: u64) -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap() + Duration::from_millis(at)
}

/// Runs a plan to its end.
pub(super) fn run(plan: &Plan) -> Trace {
    let mut world = Simulation {
        plan,
        now: 0,
        limit: plan.limit,
        closed_until: 0,
        down_since: None,
        answered: 0,
        unanswered: false,
        next: 0,
        exhausted: false,
        second_look: false,
        begun: 0,
        next_start: Duration::ZERO,
        starting: 0,
        flying: BTreeMap::new(),
        held: BTreeSet::new(),
        tries: BTreeMap::new(),
        started: BTreeMap::new(),
        in_doubt: BTreeSet::new(),
        ends: BTreeMap::new(),
        looks: BTreeMap::new(),
        stopping: None,
    };
    let mut scheduler = Scheduler::new(plan.rules, 0);
    let (mut steps, mut event) = (Vec::new(), Event::Ready);
    while steps.len() < MOST_STEPS {
        let action = scheduler.step(world.moment(), event);
        if matches!(action, Action::CancelRetries) {
            world.stopping = Some(world.at());
        }
        steps.push(world.step(&action));
        event = match action {
            Action::End(ended) => {
                let (ends, looks) = (world.ends, world.looks);
                return Trace { steps, ended, ends, looks, done: scheduler.done(), failed: scheduler.failed() };
            }
            action => world.execute(action),
        };
    }
    panic!("the run does not end: {plan:?}");
}

impl Simulation<'_> {
    fn at(&self) -> Duration {
        Duration::from_millis(self.now)
    }

    fn moment(&self) -> Moment {
        let stop = self.plan.signal.filter(|signal| self.now >= *signal).map(|_| interrupted(15));
        Moment { now: self.at(), wall: wall(self.now), load: self.load(), stop }
    }

    fn at_backend(&self) -> usize {
        self.flying.values().filter(|row| row.leaves_backend > self.now).count() - self.starting
    }

    fn load(&self) -> BackendLoad {
        let since = |at: u64| Duration::from_millis(self.now - at);
        BackendLoad {
            limit: self.limit,
            at_backend: self.at_backend(),
            is_saturated: self.at_backend() * 2 >= self.limit * 3,
            closed_for: Duration::from_millis(self.closed_until.saturating_sub(self.now)),
            down: self.down_since.map(|at| (since(at), "No.".to_owned())),
            gone: self.unanswered.then(|| since(self.answered)),
        }
    }

    fn is_gone(&self) -> bool {
        self.plan.outages.iter().any(|(from, to)| (*from..*to).contains(&self.now))
    }

    fn has_input(&self) -> bool {
        let limited = !self.second_look && self.plan.rules.limit.is_some_and(|limit| self.begun >= limit);
        !self.exhausted && !limited
    }

    fn step(&self, action: &Action) -> Step {
        let did = match action {
            Action::ReadRow => Did::Read,
            Action::Start(task) => Did::Start(task.line),
            Action::Reject { line, .. } => Did::Reject(*line),
            Action::GiveUp(task, _) => Did::GiveUp(task.line),
            Action::RecordDoubt { .. } => Did::Doubt,
            Action::LookAgain => Did::LookAgain,
            Action::CancelRetries => Did::Cancel,
            Action::Wait { until, .. } => Did::Wait(*until),
            Action::End(_) => Did::End,
        };
        Step {
            now: self.at(),
            did,
            in_flight: self.flying.len(),
            held: self.held.len(),
            load: self.load(),
            starting: self.starting,
            next_start: self.next_start,
            has_input: self.has_input(),
            stopping: self.stopping,
        }
    }

    fn execute(&mut self, action: Action) -> Event {
        match action {
            Action::ReadRow => return self.read(),
            Action::Start(task) => {
                let (_, backend, disk) = self.row(task.line);
                self.started.insert(task.line, self.now);
                self.starting += 1;
                if let Some(rate) = self.plan.rules.rate {
                    self.next_start = self.next_start.max(self.at()) + Duration::from_secs_f64(1.0 / rate);
                }
                self.launch(task.line, Some(task), None, (backend, disk));
            }
            Action::Reject { line, .. } => self.launch(line, None, Some(RowOutcome::Unusable), (0, 3)),
            Action::GiveUp(task, _) => self.launch(task.line, None, Some(RowOutcome::Failed), (0, 3)),
            Action::RecordDoubt { since } => {
                let delivered = self.ends.iter().filter(|(_, (_, outcome))| *outcome == RowOutcome::Delivered);
                let lines: Vec<u64> = delivered.map(|(line, _)| *line).collect();
                self.in_doubt.extend(lines.into_iter().filter(|line| wall(self.started[line]) >= since));
            }
            Action::LookAgain => {
                if self.in_doubt.is_empty() {
                    return Event::NoneInDoubt;
                }
                (self.next, self.exhausted, self.second_look) = (0, false, true);
                return Event::SecondLook;
            }
            Action::Wait { until, room } => {
                return self.wait(u64::try_from(until.as_nanos().div_ceil(1_000_000)).unwrap(), room);
            }
            Action::CancelRetries | Action::End(_) => {}
        }
        Event::Ready
    }

    fn row(&self, line: u64) -> (Fate, u64, u64) {
        self.plan.rows[usize::try_from(line).unwrap()]
    }

    fn launch(&mut self, line: u64, task: Option<Box<RowTask>>, outcome: Option<RowOutcome>, takes: (u64, u64)) {
        self.held.remove(&line);
        let leaves_backend = self.now + takes.0;
        let flying = Flying { task, outcome, leaves_backend, lands: leaves_backend + takes.1 };
        assert!(self.flying.insert(line, flying).is_none(), "line {line} is in flight twice");
    }

    fn read(&mut self) -> Event {
        let mut passed_over = 0;
        loop {
            if self.plan.unreadable == Some(self.next) {
                return Event::Failed(Error::usage("The input cannot be read."));
            }
            let Some((fate, ..)) = self.plan.rows.get(self.next) else {
                self.exhausted = true;
                return Event::Read { next: NextRow::End, passed_over };
            };
            let line = self.next as u64;
            self.next += 1;
            let in_doubt = self.second_look;
            if in_doubt && !self.in_doubt.remove(&line) {
                continue;
            }
            if *fate == Fate::DoneBefore {
                passed_over += 1;
                continue;
            }
            if in_doubt {
                *self.looks.entry(line).or_default() += 1;
            } else {
                self.begun += 1;
            }
            self.held.insert(line);
            let next = if *fate == Fate::Unusable {
                NextRow::Unusable { line, why: "it names no customer".to_owned() }
            } else {
                NextRow::Task(Box::new(RowTask { line, row: Row::default(), earlier: None, in_doubt }))
            };
            return Event::Read { next, passed_over };
        }
    }

    /// Time goes on until a row lands, there is room at the backend, or the wait is over.
    fn wait(&mut self, until: u64, room: Option<usize>) -> Event {
        self.starting = 0;
        loop {
            if let Some(line) = self.flying.iter().find(|(_, row)| row.lands <= self.now).map(|(line, _)| *line) {
                return self.land(line);
            }
            if self.now >= until || room.is_some_and(|room| self.at_backend() < room) {
                return Event::Ready;
            }
            let changes = self.flying.values().flat_map(|row| [row.leaves_backend, row.lands]);
            self.now = changes.filter(|at| *at > self.now).chain([until]).min().unwrap();
        }
    }

    fn land(&mut self, line: u64) -> Event {
        let flying = self.flying.remove(&line).unwrap();
        let result = match flying.task {
            None => RowResult::Ended(flying.outcome.unwrap()),
            Some(task) => self.answer(task),
        };
        if let RowResult::Ended(outcome) = result {
            let (ends, last) = self.ends.entry(line).or_insert((0, outcome));
            (*ends, *last) = (*ends + 1, outcome);
        }
        if matches!(result, RowResult::Ended(_) | RowResult::Fatal(_)) {
            self.held.remove(&line);
        }
        Event::Landed { line, result }
    }

    fn answer(&mut self, task: Box<RowTask>) -> RowResult {
        let line = task.line;
        let tries = self.tries.entry(line).or_default();
        *tries = tries.saturating_add(1);
        let tries = *tries;
        let gone = || Error::unavailable("No answer.");
        let not_taken = match self.row(line).0 {
            _ if self.is_gone() => Some(gone()),
            Fate::NeverTaken => Some(gone()),
            Fate::BusyFirst(times) if tries <= times => {
                Some(Error::new(Kind::Unavailable, Reason::Throttled, "Too many requests."))
            }
            _ => None,
        };
        self.unanswered = not_taken.as_ref().is_some_and(|failure| failure.reason == Reason::BackendUnavailable);
        if !self.unanswered {
            self.answered = self.now;
        }
        if let Some(failure) = not_taken {
            self.down_since = self.down_since.or(Some(self.now));
            self.limit = (self.limit / 2).max(1);
            self.closed_until = self.closed_until.max(self.now + 250);
            self.held.insert(line);
            return RowResult::NotTaken(task, failure);
        }
        self.down_since = None;
        self.limit = (self.limit + 1).min(self.plan.limit);
        match self.row(line).0 {
            Fate::Refused => RowResult::Ended(RowOutcome::Refused),
            Fate::Duplicate => RowResult::Ended(RowOutcome::Duplicate),
            Fate::Fatal => RowResult::Fatal(Error::new(Kind::Unavailable, Reason::AuditUnavailable, "It is full.")),
            _ => RowResult::Ended(RowOutcome::Delivered),
        }
    }
}
