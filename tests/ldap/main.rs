//! Active Directory and `OpenLDAP` from the outside: what is refused, and what a server or a network can do wrong.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

mod active_directory;
mod both;
mod bulk;
mod faults;
mod frames;
mod many;
mod openldap;
mod pages;
mod proxy;
mod server;
mod unattended;
mod withdrawals;
