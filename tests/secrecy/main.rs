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
#![allow(unreachable_pub, reason = "`pub` marks what another file of this program uses")]

mod codes;
#[cfg(feature = "cognito")]
mod cognito;
mod default_build;
mod descriptors;
mod echoes;
mod echoing_directory;
#[cfg(feature = "cognito")]
mod echoing_pool;
mod files;
mod keycloak;
mod ldaps;
mod memory;
mod process;
mod release;
mod scan;
#[path = "../support/mod.rs"]
mod support;
mod trace;
