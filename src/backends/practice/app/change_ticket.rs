//! The ticket of the app's "Update Password" page.

use crate::backends::practice::user_snapshot::UserRow;

/// The permission to choose a new password. It is valid for the temporary password that opened the page, and no later one.
pub struct ChangeTicket {
    pub(super) customer: i64,
    pub(super) version: i64,
}

impl ChangeTicket {
    /// Whether the password that opened the page is still the newest, and neither withdrawn nor expired.
    pub(super) fn is_valid_for(&self, row: &UserRow, now: i64) -> bool {
        row.version == self.version && row.change_required && !row.withdrawn && !row.has_expired(now) && !row.disabled
    }
}
