//! The app's second page: the permission to choose a new password.

use crate::backends::practice::user_snapshot::UserRow;

/// The app's second page: it is good for the temporary password that opened it, and for no later one.
pub struct ChangeTicket {
    pub(super) customer: i64,
    pub(super) version: i64,
}

impl ChangeTicket {
    /// The password that opened the page is still the newest, and neither withdrawn nor run out.
    pub(super) fn is_good_for(&self, row: &UserRow, now: i64) -> bool {
        row.version == self.version && row.change_required && !row.withdrawn && !row.ran_out(now) && !row.disabled
    }
}
