//! Faults between any two steps of a reset: what was told, what the directory holds and what the audit log says agree.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test may stop at what it does not expect"
)]
#![allow(unreachable_pub, reason = "`pub` marks what another file of this program uses")]

mod concurrent_resets;
mod fail_point;
mod failing;
mod killed;
mod outstanding;
mod session_over;
mod signals;
#[path = "../support/mod.rs"]
mod support;
mod unlock;
mod withdrawal;
