//! Signing in: the session, and where it is kept between commands.

mod certificate;
mod credential;
pub mod https;
mod keyring;
pub mod oauth;
pub mod retry;
mod session_file;
mod store;
pub mod trust;

pub use certificate::{certificate_check, certificate_told};
pub use credential::read_credential;
pub use store::{Choice, Kept, SessionStore};
