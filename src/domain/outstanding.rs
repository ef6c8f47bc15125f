//! What the ledger says was issued and is still outstanding.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::attempt::AttemptId;
use super::customer::CustomerId;
use super::user_id::UserId;

/// A temporary password that this tool issued and that is outstanding, as records say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outstanding {
    /// The customer's id. An address is masked.
    pub customer: Option<CustomerId>,
    /// The user's id in records: the immutable one, or the backend's own where that could not be read.
    pub user: UserId,
    /// When it was issued, by this machine's clock.
    pub issued_at: Timestamp,
    /// The agent who issued it.
    pub issued_by: String,
    /// The attempt that issued it.
    pub attempt: AttemptId,
}

/// Some of what is outstanding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutstandingPage {
    /// The passwords, in the order of issue.
    pub passwords: Vec<Outstanding>,
    /// The number after which the next page begins; `None` if this is the last page.
    pub next: Option<u64>,
}

/// Why a temporary password is outstanding no more, although this tool did not withdraw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settlement {
    /// The customer chose a password of their own, or somebody set another: nothing of this tool is pending.
    Finished,
    /// The user is not found any more.
    NotFound,
}
