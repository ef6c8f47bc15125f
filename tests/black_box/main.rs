//! The built binary as a black box, and the library's reset with scripted ports. No test here needs a server or a terminal.
//!
//! Servers that misbehave are stand-ins that each test starts for itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it does not expect"
)]
#![allow(unreachable_pub, reason = "`pub` marks what another file of this program uses")]

mod bulk;
mod cli;
#[cfg(feature = "cognito")]
mod cognito;
mod completions;
mod conformance;
mod fault_proxy;
mod keycloak;
mod keyring;
mod ldap;
mod ledger;
mod outbox;
#[cfg(feature = "practice-app")]
mod outstanding;
mod practice_app;
mod reset;
mod senders;
#[path = "../support/mod.rs"]
mod support;
mod verify;
