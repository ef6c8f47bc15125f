//! How far a bulk run has come, for whoever shows it.

/// How far a run has come.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Rows in all.
    pub rows: u64,
    /// Rows at their end, those of earlier sittings included.
    pub done: u64,
    /// Of these, how many somebody has to look at.
    pub failed: u64,
    /// Calls at once, now.
    pub concurrency: usize,
    /// Waiting for a backend that takes nothing: its words.
    pub waiting: Option<String>,
    /// Calls that the backend refused for pace, and calls in all, in this sitting.
    pub refused_of: (u64, u64),
}
