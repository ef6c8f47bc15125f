//! The library of `tellonce`, which issues a customer a temporary password from the terminal.

pub mod auth;
pub mod backends;
pub mod bulk;
mod cli;
pub mod commands;
pub mod config;
mod delimited;
pub mod domain;
#[cfg(feature = "fail-points")]
pub mod fail_points;
pub mod ledger;
pub mod messages;
mod net;
pub mod output;
pub mod platform;
#[cfg(feature = "practice-app")]
mod practice_app;
pub mod terminal;
pub mod texts;
