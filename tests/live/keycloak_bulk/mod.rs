//! Bulk resets on a real Keycloak: straight, through faults, through ends of sessions, servers and the tool itself.
//!
//! Live: `TELLONCE_LIVE=keycloak cargo test --test live -- --ignored keycloak_bulk::`.

mod bench;
mod faults;
mod interruptions;
