//! Group commit: a thread takes all waiting jobs as one batch, so that writers share a sync.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::domain::{Error, Result};
use crate::platform::threads;

/// The most jobs of a batch, so that the jobs behind it do not wait long.
const MAX_BATCH: usize = 256;
/// How long the first job of a batch waits for others, at most.
const MAX_GATHER_TIME: Duration = Duration::from_millis(100);

type QueuedJob<J, R> = (J, oneshot::Sender<R>);

/// The jobs that wait for the thread.
struct Queue<J, R> {
    jobs: Vec<QueuedJob<J, R>>,
    closed: bool,
    gathering: bool,
}

/// The state that the thread shares with its callers.
struct Shared<J, R> {
    waiting: Mutex<Queue<J, R>>,
    changed: Condvar,
    longest: Duration,
}

impl<J, R> Shared<J, R> {
    fn lock(&self) -> MutexGuard<'_, Queue<J, R>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next batch. Returns an empty one after the queue was closed.
    fn next(&self) -> Vec<QueuedJob<J, R>> {
        let idle = |waiting: &mut Queue<J, R>| waiting.jobs.is_empty() && !waiting.closed;
        let gathers =
            |waiting: &mut Queue<J, R>| waiting.gathering && waiting.jobs.len() < MAX_BATCH && !waiting.closed;
        let waiting = self.changed.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        let (mut waiting, _) =
            self.changed.wait_timeout_while(waiting, self.longest, gathers).unwrap_or_else(PoisonError::into_inner);
        let many = waiting.jobs.len().min(MAX_BATCH);
        waiting.jobs.drain(..many).collect()
    }
}

/// A thread that does jobs in their order, in batches.
pub(crate) struct GroupCommit<J, R> {
    shared: Arc<Shared<J, R>>,
    thread: Option<JoinHandle<()>>,
}

impl<J: Send + 'static, R: Send + 'static> GroupCommit<J, R> {
    /// Starts the thread. `work` returns one result for each job of a batch, in their order.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub(crate) fn start(name: &str, work: impl FnMut(Vec<J>) -> Vec<R> + Send + 'static) -> io::Result<Self> {
        Self::start_for(MAX_GATHER_TIME, name, work)
    }

    fn start_for(
        longest: Duration,
        name: &str,
        work: impl FnMut(Vec<J>) -> Vec<R> + Send + 'static,
    ) -> io::Result<Self> {
        let waiting = Mutex::new(Queue { jobs: Vec::new(), closed: false, gathering: false });
        let shared = Arc::new(Shared { waiting, changed: Condvar::new(), longest });
        let theirs = CloseOnDrop(Arc::clone(&shared));
        let thread = threads::start(name, move || run(&theirs.0, work))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Queues a job. Its result is awaited separately.
    pub(crate) fn hand_over(&self, job: J) -> Promised<R> {
        let (done, promised) = oneshot::channel();
        let mut waiting = self.shared.lock();
        if !waiting.closed {
            waiting.jobs.push((job, done));
            if matches!(waiting.jobs.len(), 1 | MAX_BATCH) {
                self.shared.changed.notify_one();
            }
        }
        Promised(promised)
    }

    /// Sets whether a job waits for others to share a sync with.
    ///
    /// That is worth it while there is enough else to do, since a sync costs more than the wait. It is off at first.
    pub(crate) fn gather(&self, on: bool) {
        let mut waiting = self.shared.lock();
        waiting.gathering = on;
        if !on && !waiting.jobs.is_empty() {
            self.shared.changed.notify_one();
        }
    }
}

/// The result of a queued job, to be awaited.
pub(crate) struct Promised<R>(oneshot::Receiver<R>);

impl<R> Promised<R> {
    /// Waits for the result.
    ///
    /// # Errors
    /// Exit 1: the thread is gone.
    pub(crate) async fn get(self) -> Result<R> {
        self.0.await.map_err(|gone| Error::bug("A thread that writes ended early.").because(gone))
    }
}

fn run<J, R>(shared: &Shared<J, R>, mut work: impl FnMut(Vec<J>) -> Vec<R>) {
    loop {
        let batch = shared.next();
        if batch.is_empty() {
            return;
        }
        let (jobs, promises): (Vec<J>, Vec<_>) = batch.into_iter().unzip();
        for (result, done) in work(jobs).into_iter().zip(promises) {
            let _ = done.send(result); // nobody may be waiting for it any more
        }
    }
}

/// Closes the queue when the thread ends, by a panic too, so that nobody waits for it forever.
struct CloseOnDrop<J, R>(Arc<Shared<J, R>>);

impl<J, R> Drop for CloseOnDrop<J, R> {
    fn drop(&mut self) {
        let mut waiting = self.0.lock();
        waiting.closed = true;
        waiting.jobs.clear();
    }
}

impl<J, R> Drop for GroupCommit<J, R> {
    /// Waits until all queued jobs are done.
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // the panic hook reported a panic already
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
        let many: Vec<_> = (0..MAX_BATCH).map(|job| batcher.hand_over(job)).collect();
        assert_eq!(sizes.recv().unwrap(), MAX_BATCH);
        let few: Vec<_> = (0..3).map(|job| batcher.hand_over(job)).collect();
        batcher.gather(false);
        assert_eq!(sizes.recv().unwrap(), 3);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (job, promised) in (0..MAX_BATCH).chain(0..3).zip(many.into_iter().chain(few)) {
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
