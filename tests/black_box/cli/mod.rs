//! The built binary as a black box: exit codes, JSON schemas, bad input.

mod backends;
mod bad_input;
mod causes;
mod configuration;
mod directories;
mod doctor;
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
