//! The queue of sets that share transactions.

use crate::domain::{Issued, ResetTarget, Result};
use crate::platform::GroupCommit;

/// The thread that makes the sets.
pub(super) type Sets = GroupCommit<Set, Result<Issued>>;

/// One customer's new hash.
pub(super) struct Set {
    pub(super) token_hash: [u8; 32],
    pub(super) attempt: String,
    /// In milliseconds since 1970.
    pub(super) expires_at: i64,
    pub(super) target: ResetTarget,
    pub(super) hash: String,
}
