//! The tool against a real Keycloak, seen from outside: rights, refusals, sign-in, faults.
//!
//! Live: `TELLONCE_LIVE=keycloak,openldap cargo test --test keycloak -- --ignored`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it does not expect"
)]

mod bad_input;
mod calls;
#[path = "../support/keycloak_desk.rs"]
mod desk;
mod doctor;
#[path = "../support/fault_proxy.rs"]
mod fault_proxy;
mod faults;
mod federation;
mod guards;
#[path = "../support/home.rs"]
mod home;
mod page;
mod policy;
#[path = "../terminal/pty.rs"]
#[allow(dead_code, reason = "each test program uses its part")]
mod pty;
mod refusals;
#[path = "../support/keycloak/mod.rs"]
mod rig;
mod rights;
mod setup;
mod setup_failing;
mod setup_faults;
mod setup_fine_grained;
mod setup_policy;
mod setup_sign_in;
mod setup_terminal;
mod sign_in;
mod sign_in_state;
