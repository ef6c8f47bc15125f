//! Which profile, and which kind of backend, an agent works in.

/// The profile, and its kind of backend, that an agent works in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileRef {
    /// The profile's name.
    pub profile: String,
    /// The backend's kind (`practice`, `keycloak`, …).
    pub backend: String,
    /// The id of the server with its realm or base: the same in every profile of it, however it is written.
    ///
    /// It is made from the profile alone. It is empty where no backend is opened.
    pub backend_id: String,
}
