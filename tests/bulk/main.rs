//! Bulk as a black box: delivery, refusals, killed and resumed, full disks, closed pipes, hostile input.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

mod failing;
mod fixture;
#[path = "../support/home.rs"]
mod home;
mod hostile;
mod killed;
mod runs;
mod signals;
mod unseal;
