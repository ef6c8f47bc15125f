//! Which profile, and which kind of backend, an agent works in.

/// Where the agent is working: which profile, which kind of backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileRef {
    /// The profile's name.
    pub profile: String,
    /// The backend's kind (`practice`, `keycloak`, …).
    pub backend: String,
}
