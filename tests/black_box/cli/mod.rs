//! The built binary as a black box: exit codes, JSON schemas, bad input.

mod backends;
mod bad_input;
mod causes;
mod concurrency;
mod configuration;
mod directories;
mod doctor;
mod input_text;
mod json;
mod ledger;
mod pending;
mod practice;
mod proof;
mod refusals;
mod report;
mod reveal_ways;
mod secret_keys;
mod sessions;
mod streams;
mod texts;
mod unlock;
mod views;
mod watch;
mod withdraw;
