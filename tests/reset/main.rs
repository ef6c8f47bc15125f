//! The reset against a backend that answers as a test has it: order of the calls, refusals, every failure after the intent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it does not expect"
)]

#[path = "../lifecycle/desk.rs"]
#[allow(dead_code, reason = "shared with the story, which uses all of it")]
mod desk;
mod failures;
mod misuse;
mod order;
mod script;
mod scripted;
