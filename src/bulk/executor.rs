//! The executor of a run: does what the scheduler decides, and reports to it what happened.

use std::fs::File;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, sleep_until};

use super::input::Rows;
use super::journal::Change;
use super::outcome::RowOutcome;
use super::row_task::RowResult;
use super::run::Run;
use super::scheduler::{Action, Ended, Event, Moment, Rules, Scheduler};
use super::stop_reasons::interrupted;
use super::work_queue::WorkQueue;
use crate::output::Progress;

/// After this time without an accepted call, the progress shows that the run waits for the backend.
const SHOWN_AFTER: Duration = Duration::from_secs(1);

/// A row in flight: a future of its line and its result.
type InFlight<'a> = Pin<Box<dyn Future<Output = (u64, RowResult)> + 'a>>;

/// The rows in flight.
type Flight<'a> = FuturesUnordered<InFlight<'a>>;

impl Run<'_> {
    /// Works until the input ends, or something stops the run. Calls `report` with the progress.
    pub(crate) async fn work(&self, rows: Rows<File>, report: &mut dyn FnMut(&Progress)) -> Ended {
        let began = Instant::now();
        let mut scheduler = Scheduler::new(self.rules(), self.failed_before());
        let (mut flight, mut rows) = (Flight::new(), WorkQueue::all(rows));
        let mut event = Event::Ready;
        loop {
            if flight.is_empty() {
                self.gather(false);
            }
            let action = scheduler.step(self.observe(began), event);
            event = match action {
                Action::ReadRow => self.next_row(&mut rows).unwrap_or_else(Event::Failed),
                Action::Start(task) => launch(&flight, self.work_at(*task)),
                Action::Reject { line, why } => launch(&flight, self.reject(line, why)),
                Action::GiveUp(task, error) => launch(&flight, self.give_up(*task, error)),
                Action::RecordDoubt { since } => {
                    self.journal.write(Change::Doubt { since }).await.map_or_else(Event::Failed, |()| Event::Ready)
                }
                Action::LookAgain => self.look_again(&mut rows).unwrap_or_else(Event::Failed),
                Action::CancelRetries => {
                    self.limiter.end();
                    Event::Ready
                }
                Action::Wait { until, room } => {
                    report(&self.progress(&scheduler));
                    tokio::select! {
                        event = self.landed(&mut flight, room) => event,
                        () = sleep_until(began + until) => Event::Ready,
                    }
                }
                Action::End(ended) => {
                    report(&self.progress(&scheduler));
                    return ended;
                }
            };
        }
    }

    fn rules(&self) -> Rules {
        let settings = self.settings;
        Rules { limit: settings.limit, rate: settings.rate, abort_after: settings.abort_after, wait: self.wait() }
    }

    /// Counts the rows of earlier invocations that somebody has to look at. Rows that are repeated now are counted later.
    fn failed_before(&self) -> u64 {
        let counts = self.journal.counts().unwrap_or_default(); // the first row reports a journal that cannot be read
        let is_over = |outcome: RowOutcome| outcome.is_failure() && outcome != RowOutcome::NotDelivered;
        counts.into_iter().filter(|(outcome, _)| is_over(*outcome)).map(|(_, count)| count).sum()
    }

    fn observe(&self, began: Instant) -> Moment {
        let stop = self.interruptions.caught().map(interrupted).or_else(|| self.output.check().err());
        Moment { now: began.elapsed(), wall: self.clock.now(), load: self.limiter.load(), stop }
    }

    fn progress(&self, scheduler: &Scheduler) -> Progress {
        Progress {
            rows: self.settings.rows,
            done: scheduler.done(),
            failed: scheduler.failed(),
            concurrency: self.limiter.limit(),
            waiting: self.limiter.down().filter(|(since, _)| *since > SHOWN_AFTER).map(|(_, words)| words),
            refused_of: self.limiter.refused_of(),
        }
    }

    /// Returns the next row that lands, or [`Event::Ready`] once fewer rows than `room` are at the backend. While the
    /// backend is saturated, writers gather records for one sync.
    async fn landed(&self, flight: &mut Flight<'_>, room: Option<usize>) -> Event {
        poll_fn(|context| match flight.poll_next_unpin(context) {
            Poll::Ready(Some((line, result))) => Poll::Ready(Event::Landed { line, result }),
            Poll::Ready(None) => Poll::Pending, // no row is in flight: the caller's timer ends the wait
            Poll::Pending => {
                self.gather(self.limiter.is_saturated());
                let has_room = room.is_some_and(|room| self.limiter.at_backend() < room);
                if has_room { Poll::Ready(Event::Ready) } else { Poll::Pending }
            }
        })
        .await
    }

    /// Sets whether writers gather records for one sync.
    fn gather(&self, on: bool) {
        self.ledger.gather(on);
        self.journal.gather(on);
        self.output.gather(on);
    }
}

/// Puts a row in flight.
fn launch<'a>(flight: &Flight<'a>, row: impl Future<Output = (u64, RowResult)> + 'a) -> Event {
    flight.push(Box::pin(row));
    Event::Ready
}
