//! The case that the agent works on, for the audit log.

use serde::Serialize;

/// The case that the agent works on: what the audit log keeps of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The ticket of the case, if the agent gave one.
    pub ticket: Option<String>,
    /// Why the password is reset or withdrawn.
    pub reason: Option<String>,
    /// How the caller was verified.
    pub verified: Option<String>,
}
