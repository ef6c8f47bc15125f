//! What the Keycloak backend leans on, seen on a real server; and the tools that these tests are made with.
//!
//! Live ones: `TELLONCE_LIVE=keycloak cargo test --test keycloak -- --ignored`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it does not expect"
)]

mod customers_side;
#[path = "../support/keycloak/mod.rs"]
mod rig;
