//! A live slapd or Samba for tests, and agents who are signed in to it.

mod agent;
mod server;

pub use agent::AgentEnvironment;
pub use server::{Kind, LOGIN, Server};
