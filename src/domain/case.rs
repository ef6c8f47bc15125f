//! What the agent was told of the case, for the audit log.

use serde::Serialize;

/// What the agent was told of the case, for the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Case {
    /// The ticket of the case, if the agent gave one.
    pub ticket: Option<String>,
    /// Why the password is reset or withdrawn.
    pub reason: Option<String>,
    /// How the caller was verified.
    pub verified: Option<String>,
}
