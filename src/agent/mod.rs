//! Signing in: the session, and where it is kept between commands.

mod keyring;
mod session_file;
mod store;

pub use store::{Choice, Kept, SessionStore};
