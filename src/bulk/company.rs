//! Writers that wait for company: rows share the syncs of audit log, journal and output while that keeps nobody waiting.

use std::future::poll_fn;

use futures_util::stream::StreamExt;

use super::runner::{Flight, Landed, Run};

impl Run<'_> {
    /// The next row that landed. While the backend has all that it takes at once, what is written waits for company.
    pub(super) async fn landed(&self, flight: &mut Flight<'_>) -> Option<Landed> {
        poll_fn(|context| {
            let landed = flight.poll_next_unpin(context);
            if landed.is_pending() {
                self.gather(self.pace.has_more());
            }
            landed
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
