//! The reset against a backend that answers as a test has it: order of the calls, refusals, every failure after the intent.

mod failures;
mod misuse;
mod order;
mod play;
mod proof;
mod script;
mod scripted;
mod sweep;
mod unlocking;
mod verification;
