//! The password reaches the reveal that was asked for, and nothing else: no other descriptor, no file, no argument, no
//! environment, no log, and after the dismissal no memory.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop at what it does not expect"
)]

mod default_build;
mod descriptors;
mod echoes;
mod echoing_directory;
#[path = "../support/fake_directory.rs"]
mod fake_directory;
#[path = "../support/fake_keycloak.rs"]
mod fake_keycloak;
mod files;
mod home;
mod keycloak;
mod ldaps;
mod memory;
#[path = "../support/home.rs"]
mod plain_home;
mod process;
mod pty;
#[path = "../support/keycloak/mod.rs"]
mod rig;
mod scan;
#[path = "../ldap/server.rs"]
mod server;
mod trace;
