//! The tool against a real Keycloak, seen from outside: rights, refusals, sign-in, faults.
//!
//! Live: `TELLONCE_LIVE=keycloak,openldap cargo test --test live -- --ignored keycloak::`.

mod bad_input;
mod calls;
mod contacts;
mod doctor;
mod faults;
mod federation;
mod guards;
mod outstanding;
mod page;
mod policy;
mod refusals;
mod required_action;
mod rights;
mod sessions;
mod setup;
mod setup_failing;
mod setup_faults;
mod setup_fine_grained;
mod setup_policy;
mod setup_self_test;
mod setup_sign_in;
mod setup_terminal;
mod sign_in;
mod sign_in_state;
mod withdrawal;
