//! The built binary as a black box: exit codes, JSON schemas, bad input.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it does not expect"
)]

mod backends;
mod bad_input;
mod configuration;
mod directories;
mod doctor;
#[path = "../support/home.rs"]
mod home;
mod json;
mod practice;
mod refusals;
mod reveal_ways;
mod secret_keys;
mod sessions;
mod texts;
mod together;
mod watch;
mod withdraw;
