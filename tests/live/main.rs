//! The tool against real servers: Keycloak, slapd, Samba and Postfix, and against emulators of Amazon Cognito. Every
//! test is ignored unless it is asked for.
//!
//! `TELLONCE_LIVE=cognito,keycloak,openldap,active-directory,smtp cargo test --test live -- --ignored`. A server that a test needs
//! and that `TELLONCE_LIVE` does not name is a failure, never a skip. The tests share one Keycloak.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it does not expect"
)]
#![allow(unreachable_pub, reason = "`pub` marks what another file of this program uses")]

mod cognito;
mod conformance;
mod keycloak;
mod keycloak_bulk;
mod keycloak_chromium;
mod keycloak_facts;
mod keycloak_faults;
mod ldap;
mod smtp;
#[path = "../support/mod.rs"]
mod support;
mod verified_by_mail;
