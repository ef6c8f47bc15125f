//! What a search found.

use super::entry::Entry;

/// What a search found.
#[derive(Clone)]
pub(super) struct Results {
    pub(super) entries: Vec<Entry>,
    /// There are no more.
    pub(super) complete: bool,
}
