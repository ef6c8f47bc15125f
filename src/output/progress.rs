//! The progress of a bulk run.

/// The progress of a bulk run, for whoever shows it.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// The number of rows.
    pub rows: u64,
    /// The rows that are done, with those of earlier processes of this run.
    pub done: u64,
    /// The rows that failed.
    pub failed: u64,
    /// The current number of calls at once.
    pub concurrency: usize,
    /// The backend's message while the run waits for one that takes nothing.
    pub waiting: Option<String>,
    /// The calls that the backend refused for pace, and all calls, of this process.
    pub refused_of: (u64, u64),
}
