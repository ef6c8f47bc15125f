//! How many calls at once: halved when the backend is busy, one more after a quiet while.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::admission::BackendLoad;
use crate::domain::{Error, Kind, Reason};

/// After so long without a refusal one call more is tried.
const QUIET: Duration = Duration::from_secs(5);
/// The first wait after a refusal that names none; each that follows doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait, whatever the backend asks for: it is asked again then.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// A call that changes nothing, or was refused before it did, is tried so often.
const TRIES: u32 = 4;
/// A change of a row is sent within this time from its intent, well before the row's own time is over.
const SENT_WITHIN: Duration = Duration::from_secs(45);

/// The pace of one run.
pub(crate) struct Limiter {
    most: usize,
    /// How long a backend that takes nothing is waited for, where giving up would leave a password that nobody is told.
    wait: Duration,
    limit: Cell<usize>,
    in_use: Cell<usize>,
    /// Calls that wait for their turn.
    waiting: Cell<usize>,
    closed_until: Cell<Option<Instant>>,
    last_halved: Cell<Option<Instant>>,
    quiet_since: Cell<Instant>,
    down_since: Cell<Option<Instant>>,
    /// When the backend answered last, whatever it said.
    answered: Cell<Instant>,
    /// Whether the call that ended last had no answer.
    unanswered: Cell<bool>,
    refusals: Cell<u32>,
    /// Calls refused for pace, and calls in all.
    refused: Cell<u64>,
    calls: Cell<u64>,
    last_words: RefCell<Option<String>>,
    ending: Cell<bool>,
    freed: Notify,
}

/// Leave for one call.
struct Leave<'a> {
    limiter: &'a Limiter,
    since: Instant,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.limiter.in_use.set(self.limiter.in_use.get() - 1);
        self.limiter.freed.notify_one();
    }
}

/// One call that waits for its turn; given up or not, it is counted as long as it waits.
struct Waiting<'a>(&'a Cell<usize>);

impl<'a> Waiting<'a> {
    fn new(waiting: &'a Cell<usize>) -> Self {
        waiting.set(waiting.get() + 1);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Limiter {
    /// At most so many calls at once; a backend that takes nothing is waited for so long.
    pub(crate) fn new(most: usize, wait: Duration) -> Self {
        let now = Instant::now();
        let most = most.max(1);
        Self {
            most,
            wait,
            limit: Cell::new(most),
            in_use: Cell::new(0),
            waiting: Cell::new(0),
            closed_until: Cell::new(None),
            last_halved: Cell::new(None),
            quiet_since: Cell::new(now),
            down_since: Cell::new(None),
            answered: Cell::new(now),
            unanswered: Cell::new(false),
            refusals: Cell::new(0),
            refused: Cell::new(0),
            calls: Cell::new(0),
            last_words: RefCell::default(),
            ending: Cell::new(false),
            freed: Notify::new(),
        }
    }

    /// Calls at once, now.
    pub(crate) fn limit(&self) -> usize {
        self.limit.get()
    }

    /// Calls that were refused for pace, and calls in all.
    pub(crate) fn refused_of(&self) -> (u64, u64) {
        (self.refused.get(), self.calls.get())
    }

    /// How long the backend has not taken anything, and what it said last; none: it is there.
    pub(crate) fn down(&self) -> Option<(Duration, String)> {
        let since = self.down_since.get()?;
        Some((since.elapsed(), self.last_words.borrow().clone().unwrap_or_default()))
    }

    /// What a scheduler has to know of the backend now.
    pub(super) fn load(&self) -> BackendLoad {
        BackendLoad {
            limit: self.limit.get(),
            at_backend: self.at_backend(),
            is_saturated: self.is_saturated(),
            closed_for: self
                .closed_until
                .get()
                .map(|until| until.saturating_duration_since(Instant::now()))
                .unwrap_or_default(),
            down: self.down(),
            gone: self.unanswered.get().then(|| self.answered.get().elapsed()),
        }
    }

    /// Rows in a call, or waiting for their turn.
    pub(crate) fn at_backend(&self) -> usize {
        self.in_use.get() + self.waiting.get()
    }

    /// Whether the backend has all the calls that it takes at once, and enough follow to keep it busy.
    pub(crate) fn is_saturated(&self) -> bool {
        self.in_use.get() >= self.limit.get() && self.waiting.get() * 2 >= self.limit.get()
    }

    /// From now on nothing is tried again: the run is ending.
    pub(crate) fn end(&self) {
        self.ending.set(true);
    }

    /// Makes a call that may be tried again where it changed nothing.
    pub(super) async fn call<T, E: Paced>(&self, make: impl AsyncFnMut() -> Result<T, E>) -> Result<T, E> {
        self.calling(make, |tries, _| tries < TRIES).await
    }

    /// The same for a change: it is sent within [`SENT_WITHIN`] or not at all, so that one that waits for its turn when the
    /// row's time is over is known not to have been sent.
    pub(super) async fn change<T, E: Paced + From<Error>>(
        &self,
        mut make: impl AsyncFnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        let started = Instant::now();
        let mut tries = 0;
        loop {
            let Ok(leave) = timeout_at(started + SENT_WITHIN, self.leave()).await else {
                let words = self.last_words.borrow().clone().unwrap_or_default();
                let failure = Error::unavailable(format!("The backend took no further change for too long. {words}"));
                return Err(failure.into());
            };
            tries += 1;
            if let Some(ended) = self.tried(leave, &mut make, || tries < TRIES).await {
                return ended;
            }
        }
    }

    /// The same after a set: it is tried again for as long as the backend is waited for.
    pub(super) async fn insist<T, E: Paced>(&self, make: impl AsyncFnMut() -> Result<T, E>) -> Result<T, E> {
        self.calling(make, |_, since| since.elapsed() < self.wait).await
    }

    async fn calling<T, E: Paced>(
        &self,
        mut make: impl AsyncFnMut() -> Result<T, E>,
        once_more: impl Fn(u32, Instant) -> bool,
    ) -> Result<T, E> {
        let (mut tries, started) = (0, Instant::now());
        loop {
            let leave = self.leave().await;
            tries += 1;
            if let Some(ended) = self.tried(leave, &mut make, || once_more(tries, started)).await {
                return ended;
            }
        }
    }

    /// Makes the call once and learns from its answer; returns `None` if it is to be made once more.
    async fn tried<T, E: Paced>(
        &self,
        leave: Leave<'_>,
        make: &mut impl AsyncFnMut() -> Result<T, E>,
        once_more: impl FnOnce() -> bool,
    ) -> Option<Result<T, E>> {
        let answer = make().await;
        self.learn(&leave, answer.as_ref().err().and_then(Paced::strain));
        drop(leave);
        let again = answer.as_ref().err().and_then(Paced::strain).is_some_and(Error::is_passing);
        (!again || !once_more() || self.ending.get()).then_some(answer)
    }

    async fn leave(&self) -> Leave<'_> {
        loop {
            if let Some(until) = self.closed_until.get().filter(|until| *until > Instant::now()) {
                sleep_until(until).await;
                continue;
            }
            if self.in_use.get() < self.limit.get() {
                self.in_use.set(self.in_use.get() + 1);
                self.calls.set(self.calls.get() + 1);
                return Leave { limiter: self, since: Instant::now() };
            }
            let _waiting = Waiting::new(&self.waiting);
            self.freed.notified().await;
        }
    }

    /// What a call's answer says of the pace.
    fn learn(&self, leave: &Leave<'_>, refusal: Option<&Error>) {
        let now = Instant::now();
        self.unanswered.set(refusal.is_some_and(|failure| failure.reason == Reason::BackendUnavailable));
        if !self.unanswered.get() {
            self.answered.set(now);
        }
        let Some(failure) = refusal else {
            self.down_since.set(None);
            self.refusals.set(0);
            let quiet = now.duration_since(self.quiet_since.get()) >= QUIET;
            if quiet && self.limit.get() < self.most {
                self.limit.set(self.limit.get() + 1);
                self.quiet_since.set(now);
                self.freed.notify_one();
            }
            return;
        };
        self.refused.set(self.refused.get() + u64::from(failure.is_passing()));
        self.quiet_since.set(now);
        self.down_since.set(self.down_since.get().or(Some(now)));
        *self.last_words.borrow_mut() = Some(failure.message.clone());
        // Calls that went out together are refused together: that is one refusal.
        if self.last_halved.get().is_none_or(|last| leave.since > last) {
            self.last_halved.set(Some(now));
            self.limit.set((self.limit.get() / 2).max(1));
            self.refusals.set(self.refusals.get() + 1);
        }
        let doubled = FIRST_WAIT * 2_u32.saturating_pow(self.refusals.get().saturating_sub(1).min(10));
        let wait = failure.retry_after.unwrap_or(doubled).min(LONGEST_WAIT);
        let until = now + wait;
        self.closed_until.set(Some(self.closed_until.get().map_or(until, |earlier| earlier.max(until))));
    }
}

/// A failure that may say that the backend is busy, or gone.
pub(super) trait Paced {
    /// The failure, if it says so; whether it may be tried again is another question.
    fn strain(&self) -> Option<&Error>;
}

impl Paced for Error {
    fn strain(&self) -> Option<&Error> {
        let says_so =
            self.kind == Kind::Unavailable && matches!(self.reason, Reason::BackendUnavailable | Reason::Throttled);
        says_so.then_some(self)
    }
}

impl Paced for crate::domain::ports::SetFailed {
    fn strain(&self) -> Option<&Error> {
        match self {
            Self::Other(failure) => failure.strain(),
            Self::Policy(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
