//! The project keeps its own rules: the shape of the source, the commands in its pages, what is generated from the code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop at what it does not expect"
)]
#![allow(unreachable_pub, reason = "`pub` marks what another file of this program uses")]

mod docs;
mod generated;
mod house;
mod imports;
mod release;
mod snapshots;
mod sources;
#[path = "../support/mod.rs"]
mod support;
mod types;
