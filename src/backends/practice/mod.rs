//! The practice directory: an embedded identity backend with sample customers and agents, and the whole lifecycle.
//!
//! One `SQLite` file, mode 0600. What the customer sees is in `app`; the agent's side implements the ports.

mod agents;
mod app;
mod backend;
mod crowd;
mod directory;
mod fold;
mod hash;
mod make;
mod policy;
mod samples;
mod schema;
mod search;
mod session;
mod standing;
mod store;
#[cfg(test)]
mod tests;

pub use agents::PracticeSignIn;
pub use app::{Change, ChangeTicket, Mail, Page, Redeem, SignIn};
pub use samples::INITIAL_PASSWORD;
pub use store::Practice;
