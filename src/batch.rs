//! Work that is handed over to a thread of its own, which takes at once whatever waits: writers share one sync so.

use std::io;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle, sleep};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::domain::{Answer, Failure};

/// So much is taken at once, at most: what waits behind it must not wait long.
const AT_ONCE: usize = 256;
/// From the beginning of one batch to the next there is at least so much time: what comes within it shares a sync,
/// which costs a disk, and a processor that hashes, more than this wait costs a row. What comes to an idle thread is
/// done at once.
const APART: Duration = Duration::from_millis(10);

type Handed<J, R> = (J, oneshot::Sender<R>);

/// A thread that does jobs in the order in which they are handed over, several at once.
pub struct Batcher<J, R> {
    jobs: Option<Sender<Handed<J, R>>>,
    thread: Option<JoinHandle<()>>,
}

impl<J: Send + 'static, R: Send + 'static> Batcher<J, R> {
    /// Starts the thread; `work` gives one result for each job, in their order.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub fn start(name: &str, work: impl FnMut(Vec<J>) -> Vec<R> + Send + 'static) -> io::Result<Self> {
        let (jobs, handed) = channel();
        let thread = Builder::new().name(name.to_owned()).spawn(move || run(&handed, work))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Hands a job over at once; what it gives is waited for separately.
    pub fn hand_over(&self, job: J) -> Promised<R> {
        let (done, promised) = oneshot::channel();
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send((job, done)); // a thread that is gone is found by whoever waits
        }
        Promised(promised)
    }
}

/// The result of a job that was handed over.
pub struct Promised<R>(oneshot::Receiver<R>);

impl<R> Promised<R> {
    /// Waits for it.
    ///
    /// # Errors
    /// Exit 1: the thread is gone.
    pub async fn get(self) -> Answer<R> {
        self.0.await.map_err(|gone| Failure::bug("A thread that writes ended early.").because(gone))
    }
}

fn run<J, R>(handed: &Receiver<Handed<J, R>>, mut work: impl FnMut(Vec<J>) -> Vec<R>) {
    let mut not_before = Instant::now();
    while let Ok(first) = handed.recv() {
        sleep(not_before.saturating_duration_since(Instant::now()));
        not_before = Instant::now() + APART;
        let (mut jobs, mut waiting) = (vec![first.0], vec![first.1]);
        while let (true, Ok((job, done))) = (jobs.len() < AT_ONCE, handed.try_recv()) {
            jobs.push(job);
            waiting.push(done);
        }
        for (result, done) in work(jobs).into_iter().zip(waiting) {
            let _ = done.send(result); // nobody may be waiting for it any more
        }
    }
}

impl<J, R> Drop for Batcher<J, R> {
    /// What was handed over is done before the thread ends.
    fn drop(&mut self) {
        drop(self.jobs.take());
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
        let batcher = Batcher::start("test", move |jobs: Vec<u32>| {
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
}
