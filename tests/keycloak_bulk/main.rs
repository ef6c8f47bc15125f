//! Bulk resets on a real Keycloak: straight, through faults, through ends of sessions, servers and the tool itself.
//!
//! Live: `TELLONCE_LIVE=keycloak cargo test --test keycloak_bulk -- --ignored`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it does not expect"
)]

mod bench;
#[path = "../support/keycloak_desk.rs"]
mod desk;
mod ends;
#[path = "../support/fault_proxy.rs"]
mod fault_proxy;
mod faults;
#[path = "../support/home.rs"]
mod home;
#[path = "../support/keycloak/mod.rs"]
mod rig;
