//! Signing in: the session, and where it is kept between commands.

mod credential;
mod keyring;
pub mod oauth;
mod session_file;
mod session_store;

pub(crate) use credential::read_credential;
pub use session_store::{Choice, Kept, SessionStore};
