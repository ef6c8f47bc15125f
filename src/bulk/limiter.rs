//! The concurrency limiter of a run: halves the limit when the backend is busy, and adds one call after a quiet time.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

use super::admission::BackendLoad;
use crate::domain::{Error, Kind, Reason};

/// After this time without a refusal the limit grows by one call.
const QUIET: Duration = Duration::from_secs(5);
/// The first wait after a refusal that names no wait; each refusal that follows doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(250);
/// The longest wait, even if the backend asks for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// How often a call is tried that changes nothing, or was refused before it changed anything.
const TRIES: u32 = 4;
/// The longest wait of a change for its turn, retries included: well below the time limit of a row.
const SENT_WITHIN: Duration = Duration::from_secs(45);

/// The concurrency limiter of one run.
pub(crate) struct Limiter {
    most: usize,
    /// How long to wait for a backend that accepts nothing, where giving up would leave a password that reaches nobody.
    wait: Duration,
    limit: Cell<usize>,
    in_use: Cell<usize>,
    /// The number of calls that wait for their turn.
    waiting: Cell<usize>,
    closed_until: Cell<Option<Instant>>,
    last_halved: Cell<Option<Instant>>,
    quiet_since: Cell<Instant>,
    down_since: Cell<Option<Instant>>,
    /// When the backend answered last, also with a refusal.
    answered: Cell<Instant>,
    /// Whether the call that ended last had no answer.
    unanswered: Cell<bool>,
    refusals: Cell<u32>,
    /// The number of calls that were refused because the backend was busy or gone.
    refused: Cell<u64>,
    calls: Cell<u64>,
    last_words: RefCell<Option<String>>,
    ending: Cell<bool>,
    freed: Notify,
}

/// The permit for one call.
struct Permit<'a> {
    limiter: &'a Limiter,
    since: Instant,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.limiter.in_use.set(self.limiter.in_use.get() - 1);
        self.limiter.freed.notify_one();
    }
}

/// Counts a call for as long as it waits for its turn, until it begins or is dropped.
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
    /// Makes a limiter of at most `most` concurrent calls, which waits for a backend that accepts nothing for `wait`.
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

    /// Returns the concurrency limit at the moment.
    pub(crate) fn limit(&self) -> usize {
        self.limit.get()
    }

    /// Returns the number of calls that were refused because the backend was busy or gone, and of all calls.
    pub(crate) fn refused_of(&self) -> (u64, u64) {
        (self.refused.get(), self.calls.get())
    }

    /// Returns how long the backend has accepted no call, and its last message; `None` if it accepts calls.
    pub(crate) fn down(&self) -> Option<(Duration, String)> {
        let since = self.down_since.get()?;
        Some((since.elapsed(), self.last_words.borrow().clone().unwrap_or_default()))
    }

    /// Returns the load of the backend at the moment.
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

    /// Counts the rows in a call, and those that wait for their turn.
    pub(crate) fn at_backend(&self) -> usize {
        self.in_use.get() + self.waiting.get()
    }

    /// Whether the concurrency limit is reached, and enough calls wait to keep the backend busy.
    pub(crate) fn is_saturated(&self) -> bool {
        self.in_use.get() >= self.limit.get() && self.waiting.get() * 2 >= self.limit.get()
    }

    /// Ends all retries, because the run is ending.
    pub(crate) fn end(&self) {
        self.ending.set(true);
    }

    /// Makes a call, and repeats it a few times if it changed nothing.
    pub(super) async fn call<T, E: SignalsOverload>(&self, make: impl AsyncFnMut() -> Result<T, E>) -> Result<T, E> {
        self.repeat_call(make, |tries, _| tries < TRIES).await
    }

    /// Makes a call that changes a user. It is sent within [`SENT_WITHIN`] or not at all: a change that still waits for
    /// its turn when the row's time is over is known not to have been sent.
    pub(super) async fn change<T, E: SignalsOverload + From<Error>>(
        &self,
        mut make: impl AsyncFnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        let started = Instant::now();
        let mut tries = 0;
        loop {
            let Ok(permit) = timeout_at(started + SENT_WITHIN, self.acquire()).await else {
                let words = self.last_words.borrow().clone().unwrap_or_default();
                let error = Error::unavailable(format!("The backend took no further change for too long. {words}"));
                return Err(error.into());
            };
            tries += 1;
            if let Some(ended) = self.try_once(permit, &mut make, || tries < TRIES).await {
                return ended;
            }
        }
    }

    /// Makes a call that follows a set, and repeats it for as long as the run waits for the backend.
    pub(super) async fn insist<T, E: SignalsOverload>(&self, make: impl AsyncFnMut() -> Result<T, E>) -> Result<T, E> {
        self.repeat_call(make, |_, since| since.elapsed() < self.wait).await
    }

    async fn repeat_call<T, E: SignalsOverload>(
        &self,
        mut make: impl AsyncFnMut() -> Result<T, E>,
        may_repeat: impl Fn(u32, Instant) -> bool,
    ) -> Result<T, E> {
        let (mut tries, started) = (0, Instant::now());
        loop {
            let permit = self.acquire().await;
            tries += 1;
            if let Some(ended) = self.try_once(permit, &mut make, || may_repeat(tries, started)).await {
                return ended;
            }
        }
    }

    /// Makes the call once and learns from its answer. Returns `None` if the call has to be repeated.
    async fn try_once<T, E: SignalsOverload>(
        &self,
        permit: Permit<'_>,
        make: &mut impl AsyncFnMut() -> Result<T, E>,
        may_repeat: impl FnOnce() -> bool,
    ) -> Option<Result<T, E>> {
        let answer = make().await;
        self.learn(&permit, answer.as_ref().err().and_then(SignalsOverload::overload));
        drop(permit);
        let may_pass = answer.as_ref().err().and_then(SignalsOverload::overload).is_some_and(Error::is_passing);
        (!may_pass || !may_repeat() || self.ending.get()).then_some(answer)
    }

    async fn acquire(&self) -> Permit<'_> {
        loop {
            if let Some(until) = self.closed_until.get().filter(|until| *until > Instant::now()) {
                sleep_until(until).await;
                continue;
            }
            if self.in_use.get() < self.limit.get() {
                self.in_use.set(self.in_use.get() + 1);
                self.calls.set(self.calls.get() + 1);
                return Permit { limiter: self, since: Instant::now() };
            }
            let _waiting = Waiting::new(&self.waiting);
            self.freed.notified().await;
        }
    }

    /// Adapts the concurrency limit to a call's answer.
    fn learn(&self, permit: &Permit<'_>, refusal: Option<&Error>) {
        let now = Instant::now();
        self.unanswered.set(refusal.is_some_and(|error| error.reason == Reason::BackendUnavailable));
        if !self.unanswered.get() {
            self.answered.set(now);
        }
        let Some(error) = refusal else {
            self.down_since.set(None);
            self.refusals.set(0);
            let is_quiet = now.duration_since(self.quiet_since.get()) >= QUIET;
            if is_quiet && self.limit.get() < self.most {
                self.limit.set(self.limit.get() + 1);
                self.quiet_since.set(now);
                self.freed.notify_one();
            }
            return;
        };
        self.refused.set(self.refused.get() + u64::from(error.is_passing()));
        self.quiet_since.set(now);
        self.down_since.set(self.down_since.get().or(Some(now)));
        *self.last_words.borrow_mut() = Some(error.message.clone());
        // Calls that went out together are refused together: that is one refusal.
        if self.last_halved.get().is_none_or(|last| permit.since > last) {
            self.last_halved.set(Some(now));
            self.limit.set((self.limit.get() / 2).max(1));
            self.refusals.set(self.refusals.get() + 1);
        }
        let doubled = FIRST_WAIT * 2_u32.saturating_pow(self.refusals.get().saturating_sub(1).min(10));
        let wait = error.retry_after.unwrap_or(doubled).min(LONGEST_WAIT);
        let until = now + wait;
        self.closed_until.set(Some(self.closed_until.get().map_or(until, |earlier| earlier.max(until))));
    }
}

/// An error that may say that the backend is busy, or gone.
pub(super) trait SignalsOverload {
    /// Returns the error if it says so, whether or not the call may be repeated.
    fn overload(&self) -> Option<&Error>;
}

impl SignalsOverload for Error {
    fn overload(&self) -> Option<&Error> {
        let says_so =
            self.kind == Kind::Unavailable && matches!(self.reason, Reason::BackendUnavailable | Reason::Throttled);
        says_so.then_some(self)
    }
}

impl SignalsOverload for crate::domain::ports::SetFailed {
    fn overload(&self) -> Option<&Error> {
        match self {
            Self::Other(error) => error.overload(),
            Self::Policy(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
