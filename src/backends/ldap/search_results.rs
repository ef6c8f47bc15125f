//! The results of a search.

use super::entry::Entry;

/// The entries that a search found.
#[derive(Clone)]
pub(super) struct Results {
    pub(super) entries: Vec<Entry>,
    /// Whether these are all that match.
    pub(super) complete: bool,
}
