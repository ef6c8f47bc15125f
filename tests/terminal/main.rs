//! The real binary on real terminals: a pty read by vt100, tmux with and without its alternate screen, GNU screen.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it does not expect"
)]
#![allow(unreachable_pub, reason = "`pub` marks what another file of this program uses")]

mod bash;
mod bulk;
mod dumb;
mod jobs;
mod lists;
mod missing;
mod output;
mod pictures;
mod prompts;
mod reveal;
mod screens;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod unlock;
mod verify;
