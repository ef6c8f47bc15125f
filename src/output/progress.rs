//! The progress of a bulk run.

/// The progress of a bulk run, for whoever shows it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    /// The number of rows.
    pub(crate) rows: u64,
    /// The rows that are done, with those of earlier processes of this run.
    pub(crate) done: u64,
    /// The rows that failed.
    pub(crate) failed: u64,
    /// The current number of calls at once.
    pub(crate) concurrency: usize,
    /// The backend's message while the run waits for one that takes nothing.
    pub(crate) waiting: Option<String>,
    /// The calls that the backend refused for pace, and all calls, of this process.
    pub(crate) refused_of: (u64, u64),
}
