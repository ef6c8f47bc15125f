//! What the tests share: the environment of one test, terminals, servers, and stand-ins for servers.
//!
//! Each test program includes this folder.
#![allow(dead_code, unused_imports, unused_macros, reason = "each test program uses its part")]

pub mod chromium;
pub mod cognito;
mod command_output;
mod concurrently;
pub mod conformance;
mod environment;
pub mod fake_cognito;
pub mod fake_directory;
pub mod fake_keycloak;
pub mod fake_smtp;
pub mod fault_proxy;
pub mod keycloak;
pub mod ldap;
pub mod ledger;
pub mod memory_store;
mod multiplexer;
mod practice;
pub mod practice_app;
pub mod record_store;
mod seeded_home;
mod snapshots;
mod tell_nobody;
mod terminal;
pub mod test_certificates;
pub mod verification;

pub use command_output::CommandOutput;
pub use concurrently::for_each_concurrently;
pub use environment::{BINARY, TestEnvironment, feed};
pub use multiplexer::{GnuScreen, Multiplexer, Tmux, wait_until};
pub use practice::PRACTICE;
pub(crate) use snapshots::{assert_object, assert_screen};
pub use terminal::{Terminal, password_in};
