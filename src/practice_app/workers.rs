//! Worker threads that call the practice directory, so that a slow call holds up no other page.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::backends::practice::Practice;
use crate::domain::{Error, Result};
use crate::platform::{SystemClock, threads};

/// How many calls run at once. A call takes a hash's time, or as long as another process locks the directory.
const THREADS: usize = 8;
/// How many calls wait for a thread at most.
const MAX_WAITING: usize = 64;

type Job = Box<dyn FnOnce() + Send>;

/// The threads, and the directory that they open for each call.
#[derive(Clone)]
pub(super) struct Workers {
    jobs: SyncSender<Job>,
    directory: Arc<Path>,
    timeout: Duration,
}

impl Workers {
    /// Starts the threads.
    ///
    /// # Errors
    /// Exit 1: no thread can be started.
    pub(super) fn start(directory: PathBuf, timeout: Duration) -> Result<Self> {
        let (jobs, received) = sync_channel::<Job>(MAX_WAITING);
        let received = Arc::new(Mutex::new(received));
        for _ in 0..THREADS {
            let received = Arc::clone(&received);
            threads::start("practice app", move || run_jobs(&received))
                .map_err(|error| Error::bug("A thread of the app could not be started.").because(error))?;
        }
        Ok(Self { jobs, directory: directory.into(), timeout })
    }

    /// Opens the directory and calls `work` with it, in a thread. Another process may have replaced the file meanwhile:
    /// that is why it is opened for each call.
    ///
    /// # Errors
    /// Exit 8: too many calls wait, or the directory cannot be opened. The errors of `work`.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Practice) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (directory, timeout) = (Arc::clone(&self.directory), self.timeout);
        let (done, result) = oneshot::channel();
        let job: Job = Box::new(move || {
            let opened = Practice::open(&directory, timeout, Arc::new(SystemClock));
            let _ = done.send(opened.and_then(|practice| work(&practice))); // the browser may have gone away
        });
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Error::unavailable("Too many requests wait for the practice directory."),
            TrySendError::Disconnected(_) => Error::bug("The app's threads have ended."),
        })?;
        result.await.map_err(|gone| Error::bug("A thread of the app ended early.").because(gone))?
    }
}

/// Runs one job after the other until the app ends.
fn run_jobs(received: &Mutex<Receiver<Job>>) {
    loop {
        let next = received.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = next else { return };
        job();
    }
}
