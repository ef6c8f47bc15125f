//! The time limit of a change. From the intent on signals wait, so a server that never ends its answers must not be
//! able to keep the process, and the password in its memory, for ever.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};

use super::error::{Changed, Error, Reason};
use super::ports::{CHANGE_LIMIT, Clock, Interruptions};

/// How much more time the clean-up after a failure gets.
pub(crate) const CLEAN_UP_LIMIT: Duration = Duration::from_secs(10);

/// Returns how long the clean-up after a failure may take. A run that waits for a backend waits for it here as well.
pub(super) fn clean_up_limit(interruptions: &dyn Interruptions) -> Duration {
    interruptions.longest_hold().saturating_sub(CHANGE_LIMIT) + CLEAN_UP_LIMIT
}

/// Runs `work` for at most this long. Returns `None` if the time ran out; `work` is dropped then.
pub(super) async fn within<T>(clock: &dyn Clock, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), pin!(clock.sleep(limit))).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(((), _)) => None,
    }
}

/// How far a change had come when its time was over.
#[derive(Debug, Default)]
pub(super) struct Progress(Cell<Reached>);

/// The last step that was begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reached {
    /// Nothing was sent yet.
    #[default]
    Nothing,
    /// The change was sent, and its answer did not come.
    Sent,
    /// The change was answered with success; a step after it did not end.
    Changed,
}

impl Progress {
    /// Remembers the step that begins now.
    pub(super) fn reaches(&self, step: Reached) {
        self.0.set(step);
    }

    /// Returns the last step that was begun.
    pub(super) const fn reached(&self) -> Reached {
        self.0.get()
    }
}

/// Makes the error of a change that was given up, with what is known of the customer then.
pub(super) fn given_up(reached: Reached, limit: Duration) -> Error {
    let message = format!("The backend did not finish within {} seconds, and was not waited for.", limit.as_secs());
    let changed = match reached {
        Reached::Nothing => Changed::No,
        Reached::Sent => Changed::Unknown,
        Reached::Changed => Changed::Yes,
    };
    Error { changed, reason: Reason::BackendUnavailable, ..Error::unavailable(message) }
}
