//! Work that is handed over to a thread of its own, which takes at once whatever waits: writers share one sync so.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::domain::{Error, Result};
use crate::platform::threads;

/// So much is taken at once, at most: what waits behind it must not wait long.
const AT_ONCE: usize = 256;
/// The first of a batch waits for others at most so long.
const LONGEST: Duration = Duration::from_millis(100);

type Handed<J, R> = (J, oneshot::Sender<R>);

/// What waits for the thread.
struct Waiting<J, R> {
    jobs: Vec<Handed<J, R>>,
    closed: bool,
    gathering: bool,
}

/// What the thread and those who hand over share.
struct Shared<J, R> {
    waiting: Mutex<Waiting<J, R>>,
    changed: Condvar,
    longest: Duration,
}

impl<J, R> Shared<J, R> {
    fn lock(&self) -> MutexGuard<'_, Waiting<J, R>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What waits, once its time has come; nothing: it is closed, and there will be no more.
    fn next(&self) -> Vec<Handed<J, R>> {
        let idle = |waiting: &mut Waiting<J, R>| waiting.jobs.is_empty() && !waiting.closed;
        let gathers =
            |waiting: &mut Waiting<J, R>| waiting.gathering && waiting.jobs.len() < AT_ONCE && !waiting.closed;
        let waiting = self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        let (mut waiting, _) =
            self.changed.wait_timeout_while(waiting, self.longest, gathers).unwrap_or_else(PoisonError::into_inner);
        let many = waiting.jobs.len().min(AT_ONCE);
        waiting.jobs.drain(..many).collect()
    }
}

/// A thread that does jobs in the order in which they are handed over, several at once.
pub struct GroupCommit<J, R> {
    shared: Arc<Shared<J, R>>,
    thread: Option<JoinHandle<()>>,
}

impl<J: Send + 'static, R: Send + 'static> GroupCommit<J, R> {
    /// Starts the thread; `work` gives one result for each job, in their order.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(name: &str, work: impl FnMut(Vec<J>) -> Vec<R> + Send + 'static) -> io::Result<Self> {
        Self::start_for(LONGEST, name, work)
    }

    fn start_for(
        longest: Duration,
        name: &str,
        work: impl FnMut(Vec<J>) -> Vec<R> + Send + 'static,
    ) -> io::Result<Self> {
        let waiting = Mutex::new(Waiting { jobs: Vec::new(), closed: false, gathering: false });
        let shared = Arc::new(Shared { waiting, changed: Condvar::new(), longest });
        let theirs = Gone(Arc::clone(&shared));
        let thread = threads::start(name, move || run(&theirs.0, work))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Hands a job over at once; what it gives is waited for separately.
    pub fn hand_over(&self, job: J) -> Promised<R> {
        let (done, promised) = oneshot::channel();
        let mut waiting = self.shared.lock();
        if !waiting.closed {
            waiting.jobs.push((job, done));
            if matches!(waiting.jobs.len(), 1 | AT_ONCE) {
                self.shared.changed.notify_one();
            }
        }
        Promised(promised)
    }

    /// Whether jobs wait for others to share a sync with, which costs a disk, and a processor that hashes, more than
    /// the wait costs a row: as long as there is enough else to do. Until it is said, each is done at once.
    pub fn gather(&self, on: bool) {
        let mut waiting = self.shared.lock();
        waiting.gathering = on;
        if !on && !waiting.jobs.is_empty() {
            self.shared.changed.notify_one();
        }
    }
}

/// The result of a job that was handed over.
pub struct Promised<R>(oneshot::Receiver<R>);

impl<R> Promised<R> {
    /// Waits for it.
    ///
    /// # Errors
    /// Exit 1: the thread is gone.
    pub async fn get(self) -> Result<R> {
        self.0.await.map_err(|gone| Error::bug("A thread that writes ended early.").because(gone))
    }
}

fn run<J, R>(shared: &Shared<J, R>, mut work: impl FnMut(Vec<J>) -> Vec<R>) {
    loop {
        let handed = shared.next();
        if handed.is_empty() {
            return;
        }
        let (jobs, promises): (Vec<J>, Vec<_>) = handed.into_iter().unzip();
        for (result, done) in work(jobs).into_iter().zip(promises) {
            let _ = done.send(result); // nobody may be waiting for it any more
        }
    }
}

/// Held by the thread: when it ends, by a panic too, whoever waits for it is told.
struct Gone<J, R>(Arc<Shared<J, R>>);

impl<J, R> Drop for Gone<J, R> {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        waiting.closed = true;
        waiting.jobs.clear();
    }
}

impl<J, R> Drop for GroupCommit<J, R> {
    /// What was handed over is done before the thread ends.
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // a panic in it was told when it came
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop at what it does not expect")]

    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn what_waits_is_done_at_once_and_in_order() {
        let (go, gate) = channel::<()>();
        let (told, sizes) = channel();
        let batcher = GroupCommit::start("test", move |jobs: Vec<u32>| {
            told.send(jobs.clone()).unwrap();
            gate.recv().unwrap();
            jobs
        })
        .unwrap();
        let first = batcher.hand_over(0);
        assert_eq!(sizes.recv().unwrap(), [0]);
        let rest: Vec<_> = (1..4).map(|job| batcher.hand_over(job)).collect();
        go.send(()).unwrap();
        go.send(()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(first.get()).unwrap(), 0);
        for (job, promised) in (1..4).zip(rest) {
            assert_eq!(runtime.block_on(promised.get()).unwrap(), job);
        }
        assert_eq!(sizes.recv().unwrap(), [1, 2, 3]);
    }

    #[test]
    fn while_it_gathers_jobs_wait_for_others_until_they_are_many_or_it_is_told_not_to() {
        let (told, sizes) = channel();
        let work = move |jobs: Vec<usize>| {
            told.send(jobs.len()).unwrap();
            jobs
        };
        let batcher = GroupCommit::start_for(Duration::from_hours(1), "test", work).unwrap();
        batcher.gather(true);
        let many: Vec<_> = (0..AT_ONCE).map(|job| batcher.hand_over(job)).collect();
        assert_eq!(sizes.recv().unwrap(), AT_ONCE);
        let few: Vec<_> = (0..3).map(|job| batcher.hand_over(job)).collect();
        batcher.gather(false);
        assert_eq!(sizes.recv().unwrap(), 3);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (job, promised) in (0..AT_ONCE).chain(0..3).zip(many.into_iter().chain(few)) {
            assert_eq!(runtime.block_on(promised.get()).unwrap(), job);
        }
    }

    #[test]
    fn nobody_waits_for_company_for_ever() {
        let batcher = GroupCommit::start("test", |jobs: Vec<u32>| jobs).unwrap();
        batcher.gather(true);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(batcher.hand_over(7).get()).unwrap(), 7);
    }

    #[test]
    fn whoever_waits_for_a_thread_that_is_gone_is_told() {
        let batcher =
            GroupCommit::start("test", |_: Vec<u32>| -> Vec<u32> { std::panic::resume_unwind(Box::new(())) }).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for job in 0..3 {
            assert!(runtime.block_on(batcher.hand_over(job).get()).is_err());
        }
    }
}
