//! Active Directory and `OpenLDAP` from the outside: what is refused, and what a server or a network can do wrong.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

mod active_directory;
mod both;
mod bulk;
mod certificates;
mod copies;
mod domain;
#[path = "../support/fake_directory.rs"]
mod fake_directory;
mod faults;
mod frames;
mod grace;
mod guards;
mod hardened;
#[path = "../support/home.rs"]
mod home;
mod hostile;
mod identity;
mod ids;
mod limits;
mod lost;
mod many;
mod names;
mod openldap;
mod pages;
mod profiles;
mod proxy;
#[path = "../terminal/pty.rs"]
#[allow(dead_code, reason = "each test program uses its part")]
mod pty;
mod readability;
mod server;
mod start_tls;
mod unattended;
mod validity;
mod withdrawals;
