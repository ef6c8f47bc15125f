//! The intent: the receipt of the audit record that was written before anything changes.

use jiff::Timestamp;

use super::attempt::AttemptId;
use super::user::Stamp;

/// The receipt of a synced audit line: this attempt was written down before anything changed.
#[derive(Debug)]
pub struct Intent {
    pub(super) attempt: AttemptId,
    pub(super) at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) stamp_before: Option<Stamp>,
}

impl Intent {
    /// The attempt's id, on all of its records.
    pub const fn attempt(&self) -> &AttemptId {
        &self.attempt
    }

    /// When the intent was written.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// When a password set under this intent is to run out.
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The stamp before.
    pub const fn stamp_before(&self) -> Option<&Stamp> {
        self.stamp_before.as_ref()
    }
}
