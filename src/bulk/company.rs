//! Writers that wait for company: rows share the syncs of audit log, journal and output while that keeps nobody waiting.

use std::future::poll_fn;
use std::task::Poll;

use futures_util::stream::StreamExt;

use super::runner::{Flight, Landed, Run};

impl Run<'_> {
    /// The next row that landed, or `room`: fewer rows than so many are at the backend. While the backend has all that it
    /// takes at once, what is written waits for company.
    pub(super) async fn landed(&self, flight: &mut Flight<'_>, room: Option<usize>) -> Landed {
        poll_fn(|context| match flight.poll_next_unpin(context) {
            Poll::Ready(Some(landed)) => Poll::Ready(landed),
            Poll::Ready(None) => Poll::Pending, // none is in flight: the caller has a clock besides
            Poll::Pending => {
                self.gather(self.pace.has_more());
                let has_room = room.is_some_and(|room| self.pace.at_backend() < room);
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
