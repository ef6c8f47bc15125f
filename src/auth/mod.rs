//! Sign-in: OAuth 2.0, unattended credentials, and the store that keeps a session between commands.

mod credential;
mod keyring;
pub(crate) mod oauth;
mod session_file;
mod session_store;

pub(crate) use credential::read_credential;
pub use session_store::SessionStore;
pub(crate) use session_store::{Choice, Kept};
