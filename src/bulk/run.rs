//! Everything a run works with, its rows in flight, and when its writers wait for more.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use futures_util::stream::{FuturesUnordered, StreamExt};

use super::journal::{Earlier, Journal};
use super::limiter::Limiter;
use super::outcome::RowOutcome;
use super::output_writer::OutputWriter;
use super::retry_budget::RetryBudget;
use super::row::Row;
use super::settings::RunSettings;
use crate::domain::ports::{Clock, Interruptions};
use crate::domain::{Error, Guards, Session};
use crate::ledger::RunAuditLog;

/// Everything a run works with.
pub struct Run<'a> {
    /// The session, at the run's pace.
    pub session: &'a Session,
    /// The pace.
    pub limiter: Rc<Limiter>,
    /// The journal.
    pub journal: Rc<Journal>,
    /// The audit log.
    pub audit: RunAuditLog,
    /// The output.
    pub sink: Rc<OutputWriter>,
    /// The profile's rules.
    pub guards: &'a Guards,
    /// The time.
    pub clock: &'a dyn Clock,
    /// Signals.
    pub interruptions: &'a dyn Interruptions,
    /// What was asked for.
    pub settings: &'a RunSettings,
}

/// A row to be worked at.
pub(super) struct Item {
    pub(super) line: u64,
    pub(super) row: Row,
    /// The attempt before this one.
    pub(super) earlier: Option<Earlier>,
    /// That one was delivered, and what it set may be lost.
    pub(super) in_doubt: bool,
    pub(super) retry_budget: RetryBudget,
}

/// The rows in flight.
pub(super) type Flight<'a> = FuturesUnordered<Pin<Box<dyn Future<Output = Landed> + 'a>>>;

/// What became of a row in flight.
pub(super) enum Landed {
    /// It is at its end, and that is written.
    Done(RowOutcome),
    /// The backend did not take it: once more, later.
    Again(Box<Item>, Error),
    /// The run cannot go on.
    Stop(Error),
    /// None is at its end, and there is room at the backend for another.
    Room,
}

impl Run<'_> {
    /// The next row that landed, or `room`: fewer rows than so many are at the backend. While the backend has all that it
    /// takes at once, what is written waits for company.
    pub(super) async fn landed(&self, flight: &mut Flight<'_>, room: Option<usize>) -> Landed {
        poll_fn(|context| match flight.poll_next_unpin(context) {
            Poll::Ready(Some(landed)) => Poll::Ready(landed),
            Poll::Ready(None) => Poll::Pending, // none is in flight: the caller has a clock besides
            Poll::Pending => {
                self.gather(self.limiter.has_more());
                let has_room = room.is_some_and(|room| self.limiter.at_backend() < room);
                if has_room { Poll::Ready(Landed::Room) } else { Poll::Pending }
            }
        })
        .await
    }

    /// Whether what is written waits for company.
    pub(super) fn gather(&self, on: bool) {
        self.audit.gather(on);
        self.journal.gather(on);
        self.sink.gather(on);
    }
}
